package sqldb

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// leaseBeat is how often the holder of a store shows that it lives; one who shows nothing for
// leaseBeats of them is taken for gone. No clock is compared with another machine's.
const (
	leaseBeat  = 5 * time.Second
	leaseBeats = 3
)

// Lease is the right of one process to work on a server's schemas. A process that was cut off may
// still believe in it for a while: what it then appends is refused by the log, what it tells somebody
// a second time carries the same Message-ID.
type Lease struct {
	db    *DB
	token []byte // of this start: nobody else has it, whatever was copied
	term  int64  // how many times the lease had been taken, with this one
	beat  int64  // the last sign of life
	lost  chan struct{}
	err   error // valid when lost is closed
	end   context.CancelFunc
	beats sync.WaitGroup
}

// Claim says who wants a lease.
type Claim struct {
	Ledger   string        // the ledger's id: a database holds one ledger
	Instance string        // the data directory's own id; a copy of the directory has it too
	Place    string        // where that directory lies and is locked, on a machine since its start; "": not known
	Beat     time.Duration // 0: the usual five seconds
}

var (
	// ErrHeld: another process works on the store.
	ErrHeld = errors.New("another instance of Muniment works on this database: stop it first; " +
		"one that was cut off is waited for 15 seconds, so try again then")
	// ErrTaken: another process has taken the lease.
	ErrTaken = errors.New("another instance of Muniment has taken over the database while this one was cut off from it: this one ends; " +
		"nothing that it acknowledged is lost")
)

// TakeLease takes the lease kept in db's schema, or fails with [ErrHeld] after having watched its
// holder for three beats. Who comes from the holder's own place has locked it, so the holder is gone
// and nobody is watched. The lease then owns db.
func TakeLease(ctx context.Context, db *DB, c Claim) (*Lease, error) {
	if c.Beat == 0 {
		c.Beat = leaseBeat
	}
	if _, err := db.write.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS lease (one BIGINT NOT NULL PRIMARY KEY, ledger TEXT NOT NULL,
		instance TEXT NOT NULL, place TEXT NOT NULL, token BYTEA NOT NULL, term BIGINT NOT NULL, beat BIGINT NOT NULL)`); err != nil {
		return nil, Explain(err)
	}
	l := &Lease{db: db, token: []byte(rand.Text()), lost: make(chan struct{})}
	seen, err := l.take(ctx, c, nil)
	if err == nil && seen != nil {
		select {
		case <-time.After(leaseBeats * c.Beat):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if seen, err = l.take(ctx, c, seen); err == nil && seen != nil {
			err = ErrHeld
			if seen.instance == c.Instance {
				err = fmt.Errorf("%w. Its data directory and this one are copies of each other (both have the same file INSTANCE): "+
					"a copy can't work beside its original", ErrHeld)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	ctx, l.end = context.WithCancel(context.WithoutCancel(ctx))
	l.beats.Go(func() { l.keep(ctx, c.Beat) })
	return l, nil
}

// holder is a sign of life.
type holder struct {
	instance, place string
	token           string
	beat            int64
}

// take takes the lease, unless somebody holds it who was not seen as dead before: whom it returns.
func (l *Lease) take(ctx context.Context, c Claim, dead *holder) (alive *holder, err error) {
	err = l.db.Tx(ctx, func(tx *sql.Tx) error {
		alive = nil
		var h holder
		var ledger string
		err := tx.QueryRowContext(ctx, `SELECT ledger, instance, place, token, beat FROM lease WHERE one = 1`).
			Scan(&ledger, &h.instance, &h.place, &h.token, &h.beat)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			l.term, l.beat = 1, 0
			_, err = tx.ExecContext(ctx, `INSERT INTO lease (one, ledger, instance, place, token, term, beat) VALUES (1, $1, $2, $3, $4, 1, 0)`,
				c.Ledger, c.Instance, c.Place, l.token)
			return err
		case err != nil:
			return err
		case ledger != c.Ledger:
			return fmt.Errorf("this database holds another ledger (%s; the data directory's is %s): name the right database, or an empty one for a new ledger", ledger, c.Ledger)
		}
		free := h.instance == ""
		samePlace := c.Place != "" && h.place == c.Place && h.instance == c.Instance
		if !free && !samePlace && (dead == nil || h != *dead) {
			alive = &h
			return nil
		}
		return tx.QueryRowContext(ctx, `UPDATE lease SET instance = $1, place = $2, token = $3, term = term + 1, beat = beat + 1
			WHERE one = 1 RETURNING term, beat`, c.Instance, c.Place, l.token).Scan(&l.term, &l.beat)
	})
	return alive, err
}

// keep shows signs of life until the lease is given up or lost.
func (l *Lease) keep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.show(ctx); errors.Is(err, ErrTaken) || errors.Is(err, ErrOtherHistory) {
			l.err = err
			close(l.lost)
			return
		}
	}
}

// show shows one sign of life. Where the row isn't ours any more, its term tells whether somebody has
// taken it after us, or whether it is from before us.
func (l *Lease) show(ctx context.Context) error {
	var beat int64
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `UPDATE lease SET beat = beat + 1 WHERE token = $1 RETURNING beat`, l.token).Scan(&beat)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var term int64
		err = tx.QueryRowContext(ctx, `SELECT term FROM lease WHERE one = 1`).Scan(&term)
		if errors.Is(err, sql.ErrNoRows) || err == nil && term < l.term {
			return fmt.Errorf("%w: the lease is from before this process took it", ErrOtherHistory)
		}
		return cmp.Or(err, ErrTaken)
	})
	if err == nil && beat <= l.beat {
		return fmt.Errorf("%w: the lease has gone back", ErrOtherHistory)
	}
	if err == nil {
		l.beat = beat
	}
	return err
}

// Lost is closed when the lease is lost; Err then says how.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Err is [ErrTaken] or [ErrOtherHistory], once Lost is closed.
func (l *Lease) Err() error { return l.err }

// Durability is [DB.Durability] of the database that the lease is on.
func (l *Lease) Durability(ctx context.Context) ([]string, error) { return l.db.Durability(ctx) }

// Close gives the lease up, so that the next process need not wait, and closes the database.
func (l *Lease) Close() error {
	l.end()
	l.beats.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE lease SET instance = '', place = '' WHERE token = $1`, l.token)
		return err
	})
	return errors.Join(err, l.db.Close())
}
