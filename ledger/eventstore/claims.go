package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

const placedColumns = `c.key, c.seq, c.digest, e.revision, e.logtime`

func scanPlaced(r *sql.Rows, found map[claim]ledger.Placed) error {
	var key []byte
	p := ledger.Placed{Prior: true}
	err := r.Scan(&key, &p.Seq, &p.Claim, &p.Revision, &p.LogTime)
	if err == nil {
		found[claim(key)] = p
	}
	return err
}

// Prior implements [ledger.Log]. It waits for batches under way that hold one of the keys; while
// their outcome can't be had, it fails with [ledger.ErrUnknown].
func (l *Log) Prior(ctx context.Context, keys []ledger.Key) ([]ledger.Placed, error) {
	if err := l.enter(); err != nil {
		return nil, fmt.Errorf("look up claims: %w", err)
	}
	defer l.calls.Done()
	waiting, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	uncertain := false
	for _, p := range l.pending.of(keys) { // first: what ends after this is in the map
		select {
		case <-p.final:
		case <-waiting.Done():
			uncertain = true
		}
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("look up claims: %w", ctx.Err())
	}
	placed, err := l.lookUp(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("look up claims: %w", sqldb.Explain(err))
	}
	for _, p := range placed {
		if p.Seq < 0 && uncertain {
			return nil, fmt.Errorf("look up claims: the engine gives no answer to an append of these: %w", ledger.ErrUnknown)
		}
	}
	return placed, nil
}

func (l *Log) lookUp(ctx context.Context, keys []ledger.Key) ([]ledger.Placed, error) {
	var claims []any
	for _, k := range keys {
		if !k.Stream.IsZero() {
			c := claimOf(k.ID, streamColumn(k.Stream))
			claims = append(claims, c[:])
		}
	}
	found, err := l.keptBefore(ctx, claims)
	if err != nil {
		return nil, err
	}
	placed := make([]ledger.Placed, len(keys))
	for i, k := range keys {
		placed[i] = ledger.Placed{Seq: -1}
		if k.Stream.IsZero() {
			if placed[i], err = l.byID(ctx, k.ID); err != nil {
				return nil, err
			}
		} else if p, ok := found[claimOf(k.ID, streamColumn(k.Stream))]; ok {
			placed[i] = p
		}
	}
	return placed, nil
}

// span is all keys of a table that begin with an event's id.
func span(id domain.ID, length int) (first, last []byte) {
	first, last = make([]byte, length), make([]byte, length)
	copy(first, id[:])
	copy(last, id[:])
	for i := len(id); i < length; i++ {
		last[i] = 255
	}
	return first, last
}

// byID finds the claim of an id in whatever stream: the ids lead the keys, so it is one probe.
func (l *Log) byID(ctx context.Context, id domain.ID) (p ledger.Placed, err error) {
	first, last := span(id, len(claim{}))
	p.Prior = true
	var key []byte
	err = l.db.Reader().QueryRowContext(ctx, `SELECT `+placedColumns+` FROM claims c JOIN events e ON e.seq = c.seq
		WHERE c.key >= $1 AND c.key <= $2 ORDER BY c.key LIMIT 1`, first, last).Scan(&key, &p.Seq, &p.Claim, &p.Revision, &p.LogTime)
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.Placed{Seq: -1}, nil
	}
	return p, err
}

// Blank erases the claim digests of these keys, also of attempts that didn't come to be. The keys
// stay: an import can't bring the events back. It may be repeated after an error.
func (l *Log) Blank(ctx context.Context, keys []ledger.Key) error {
	if err := l.enter(); err != nil {
		return fmt.Errorf("blank claims: %w", err)
	}
	defer l.calls.Done()
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, k := range keys {
			c := claimOf(k.ID, streamColumn(k.Stream))
			if _, err := tx.ExecContext(ctx, `UPDATE claims SET digest = NULL WHERE key = $1`, c[:]); err != nil {
				return err
			}
			first, last := span(k.ID, len(attempt{}))
			copy(first, c[:])
			copy(last, c[:])
			if _, err := tx.ExecContext(ctx, `UPDATE intents SET digest = NULL WHERE key >= $1 AND key <= $2`, first, last); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("blank claims: %w", sqldb.Explain(err))
	}
	return nil
}

// BlankBefore erases all claim digests that keys of earlier epochs made: nobody has those keys any more, so
// nothing can be compared. It may be repeated, and goes on beside appends.
func (l *Log) BlankBefore(ctx context.Context, epoch int64) error {
	if err := l.enter(); err != nil {
		return fmt.Errorf("blank claims: %w", err)
	}
	defer l.calls.Done()
	if err := l.db.BlankBefore(ctx, uint32(epoch), "claims", "intents"); err != nil {
		return fmt.Errorf("blank claims: %w", sqldb.Explain(err))
	}
	return nil
}
