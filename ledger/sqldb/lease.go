package sqldb

import (
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
	token []byte
	lost  chan struct{}
	end   context.CancelFunc
	beats sync.WaitGroup
}

// Claim says who wants a lease.
type Claim struct {
	Ledger   string        // the ledger's id: a database holds one ledger
	Instance string        // the data directory's own id: whoever has locked it may take its lease again
	Beat     time.Duration // 0: the usual five seconds
}

// ErrHeld: another process works on the store.
var ErrHeld = errors.New("another instance of Muniment works on this database: stop it first; one that was cut off is waited for 15 seconds, so try again then")

// TakeLease takes the lease kept in db's schema, or fails with [ErrHeld] after having watched its
// holder for three beats. The lease then owns db.
func TakeLease(ctx context.Context, db *DB, c Claim) (*Lease, error) {
	if c.Beat == 0 {
		c.Beat = leaseBeat
	}
	if _, err := db.write.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS lease (one BIGINT NOT NULL PRIMARY KEY, ledger TEXT NOT NULL, instance TEXT NOT NULL, token BYTEA NOT NULL, beat BIGINT NOT NULL)`); err != nil {
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
	token string
	beat  int64
}

// take takes the lease, unless somebody holds it who was not seen as dead before: whom it returns.
func (l *Lease) take(ctx context.Context, c Claim, dead *holder) (alive *holder, err error) {
	err = l.db.Tx(ctx, func(tx *sql.Tx) error {
		alive = nil
		var h holder
		var ledger, instance string
		err := tx.QueryRowContext(ctx, `SELECT ledger, instance, token, beat FROM lease WHERE one = 1`).Scan(&ledger, &instance, &h.token, &h.beat)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			_, err = tx.ExecContext(ctx, `INSERT INTO lease (one, ledger, instance, token, beat) VALUES (1, $1, $2, $3, 0)`, c.Ledger, c.Instance, l.token)
			return err
		case err != nil:
			return err
		case ledger != c.Ledger:
			return fmt.Errorf("this database holds another ledger (%s; the data directory's is %s): name the right database, or an empty one for a new ledger", ledger, c.Ledger)
		case instance != "" && instance != c.Instance && (dead == nil || h != *dead):
			alive = &h
			return nil
		}
		_, err = tx.ExecContext(ctx, `UPDATE lease SET instance = $1, token = $2, beat = beat + 1 WHERE one = 1`, c.Instance, l.token)
		return err
	})
	return alive, err
}

// keep shows signs of life until the lease is given up, or was taken by another.
func (l *Lease) keep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		held := true
		err := l.db.Tx(ctx, func(tx *sql.Tx) error {
			r, err := tx.ExecContext(ctx, `UPDATE lease SET beat = beat + 1 WHERE token = $1`, l.token)
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			held = n == 1
			return err
		})
		if err == nil && !held {
			close(l.lost)
			return
		}
	}
}

// Lost is closed when another process has taken the lease.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Close gives the lease up, so that the next process need not wait, and closes the database.
func (l *Lease) Close() error {
	l.end()
	l.beats.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE lease SET instance = '' WHERE token = $1`, l.token)
		return err
	})
	return errors.Join(err, l.db.Close())
}
