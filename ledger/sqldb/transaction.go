package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/cockroach-go/v2/crdb"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// patience is how long a transaction waits for a server that went away; attemptTime how long one
// attempt may take, so that a server which holds the line and says nothing counts as gone.
const (
	patience    = 30 * time.Second
	attemptTime = 2 * time.Minute
	// lastWordTime is how long a caller without time waits to hear what its commit came to.
	lastWordTime = 5 * time.Second
)

// marks tell after a lost connection whether a transaction was committed: each writes its number into
// this writer's row, last of all. Whoever then changes the row waits until that transaction has ended,
// and reads in it how.
type marks struct {
	mu       sync.Mutex // one transaction at a time, as on SQLite
	writer   []byte
	number   int64
	patience time.Duration

	committing func() // a test's: what happens just before a COMMIT
}

func newMarks(ctx context.Context, db *DB) (*marks, error) {
	m := &marks{writer: []byte(rand.Text()), patience: patience}
	if _, err := db.write.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS writers (writer BYTEA NOT NULL PRIMARY KEY, number BIGINT NOT NULL, began BIGINT NOT NULL)`); err != nil {
		return nil, err
	}
	now := time.Now()
	if _, err := db.write.ExecContext(ctx, `DELETE FROM writers WHERE began < $1`, now.AddDate(0, -1, 0).UnixMicro()); err != nil {
		return nil, err
	}
	_, err := db.write.ExecContext(ctx, `INSERT INTO writers (writer, number, began) VALUES ($1, 0, $2)`, m.writer, now.UnixMicro())
	return m, err
}

// onServer runs fn in a transaction until one attempt is committed, or fn refuses, or patience ends.
func (db *DB) onServer(ctx context.Context, fn func(*sql.Tx) error) error {
	m := db.marks
	m.mu.Lock()
	defer m.mu.Unlock()
	unknown := false // whether the last attempt's commit took effect
	var since time.Time
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := db.once(ctx, fn, &unknown)
		if err == nil || !unknown && !lost(err) {
			return err
		}
		if errors.Is(err, ErrOtherHistory) { // what it came to can't be asked any more
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) > m.patience || ctx.Err() != nil {
			if !unknown {
				return err
			}
			return db.lastWord(ctx, err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// lastWord finds out what a commit came to whose caller has no more time. The server may still be about
// to carry it out: a caller that is told less, and reads, would find the rows change afterwards.
func (db *DB) lastWord(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWordTime)
	defer cancel()
	switch number, err := db.marks.read(ctx, db); {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnknown, cause)
	case number != db.marks.number:
		return cause
	}
	return nil
}

// once finds out what an earlier attempt came to, or makes one.
func (db *DB) once(ctx context.Context, fn func(*sql.Tx) error, unknown *bool) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	m := db.marks
	if *unknown {
		number, err := m.read(ctx, db)
		if err != nil {
			return err
		}
		*unknown = false
		if number == m.number {
			return nil
		}
	}
	m.number++
	err := db.attempt(ctx, func(tx *sql.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return m.write(ctx, tx)
	}, unknown)
	if err == nil || certain(err) {
		*unknown = false
	}
	return err
}

// attempt runs a transaction as its server wants it. CockroachDB has a protocol for repeating within
// one transaction. PostgreSQL has not: crdb.ExecuteTx passes over errors of its COMMIT and would keep a
// stale snapshot, so there the whole transaction is repeated.
func (db *DB) attempt(ctx context.Context, fn func(*sql.Tx) error, unknown *bool) error {
	serializable := &sql.TxOptions{Isolation: sql.LevelSerializable}
	if db.kind == CockroachDB {
		err := crdb.ExecuteTx(ctx, db.write, serializable, fn)
		var ambiguous *crdb.AmbiguousCommitError
		*unknown = errors.As(err, &ambiguous)
		return err
	}
	tries := 0
	return crdb.ExecuteCtx(ctx, func(ctx context.Context, _ ...any) error {
		if tries++; tries > 1 {
			select {
			case <-time.After(min(time.Millisecond<<min(tries, 10), time.Second)):
			case <-ctx.Done():
			}
		}
		*unknown = false
		return transact(ctx, db.write, serializable, fn, func() {
			*unknown = true
			if db.marks.committing != nil {
				db.marks.committing()
			}
		})
	})
}

func (m *marks) write(ctx context.Context, tx *sql.Tx) error {
	r, err := tx.ExecContext(ctx, `UPDATE writers SET number = $1 WHERE writer = $2`, m.number, m.writer)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errors.New("this process's row of the table writers is gone: was a backup restored into the running database? Start again")
}

// read returns the number of the last transaction that was committed, once none is under way.
func (m *marks) read(ctx context.Context, db *DB) (number int64, err error) {
	var nothing bool
	err = db.attempt(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `UPDATE writers SET number = number WHERE writer = $1 RETURNING number`, m.writer).Scan(&number)
	}, &nothing)
	return number, err
}

// certain reports whether an error of COMMIT says that nothing was committed.
func certain(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) != 5 {
		return false
	}
	switch e.Code[:2] {
	case "23", "25", "53": // broken constraint, wrong state, no room
		return true
	case "40": // rolled back; but 40003 is "completion unknown"
		return e.Code != "40003"
	}
	return false
}

// lost reports whether the connection or the server went away: both may come back.
func lost(err error) bool {
	if err == nil {
		return false
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code {
		case "57P01", "57P02", "57P03", "53300", "25P03", // shut down, crashed, starting; too many connections; idle too long
			"58C00", "58C01": // CockroachDB: a range unavailable, a connection between its nodes
			return true
		case "08P01": // a protocol violation passes by itself only where a pooler means something else by it
			return poolerLost(e.Message)
		}
		return len(e.Code) == 5 && e.Code[:2] == "08"
	}
	var network net.Error
	var connecting *pgconn.ConnectError // not even connected, without an answer that says why
	return errors.As(err, &network) || errors.As(err, &connecting) || errors.Is(err, errStandby) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)
}

// poolerLost reports whether a pooler says that its server is away or has no place: PgBouncer gives its
// own errors the code of a protocol violation.
func poolerLost(message string) bool {
	for _, part := range []string{"server_login_retry", "server conn crashed", "server connection closed", "cannot connect", "query_wait_timeout",
		"client_login_timeout", "max_client_conn", "shutting down"} {
		if strings.Contains(message, part) {
			return true
		}
	}
	return false
}

// IsAway reports whether the database can't be reached at the moment: try again later.
func IsAway(err error) bool {
	return !errors.Is(err, ErrOtherHistory) && (errors.Is(err, ErrUnknown) || lost(err))
}
