package sqlstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// claim is the key of the claims table: the event's id, then 8 bytes of SHA-256 of the stream. The
// id leads because ids are time-ordered: new claims lie side by side. Two streams that share an id
// and 8 bytes of hash would be taken for one; ids and streams are random or MACs, so nobody can
// bring that about.
type claim [16 + 8]byte

func streamHash(stream []byte) (h [8]byte) {
	sum := sha256.Sum256(stream)
	copy(h[:], sum[:])
	return h
}

func claimOf(id domain.ID, hash [8]byte) (c claim) {
	copy(c[:], id[:])
	copy(c[len(id):], hash[:])
	return c
}

// placedColumns are what scanPlaced reads.
const placedColumns = `c.key, c.seq, c.digest, e.revision, e.logtime`

// scanPlaced adds every claim of rows to found.
func scanPlaced(rows *sql.Rows, found map[claim]ledger.Placed) error {
	defer rows.Close()
	for rows.Next() {
		var key []byte
		p := ledger.Placed{Prior: true}
		if err := rows.Scan(&key, &p.Seq, &p.Claim, &p.Revision, &p.LogTime); err != nil {
			return err
		}
		found[claim(key)] = p
	}
	return rows.Err()
}

// Prior implements [ledger.Log]. After an append whose outcome was unknown it waits until the
// outcome is settled; while it can't be, a key that isn't found is answered with
// [ledger.ErrUnknown].
func (l *Log) Prior(ctx context.Context, keys []ledger.Key) ([]ledger.Placed, error) {
	if err := l.enter(); err != nil {
		return nil, fmt.Errorf("look up claims: %w", err)
	}
	defer l.calls.Done()
	certain, err := l.unsure.wait(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up claims: %w", err)
	}
	claims := make([]claim, len(keys))
	var exact, spans []any
	for i, k := range keys {
		if k.Stream.IsZero() {
			first, last := claimOf(k.ID, [8]byte{}), claimOf(k.ID, [8]byte{255, 255, 255, 255, 255, 255, 255, 255})
			spans = append(spans, first[:], last[:])
			continue
		}
		claims[i] = claimOf(k.ID, streamHash(streamColumn(k.Stream)))
		exact = append(exact, claims[i][:])
	}
	found := make(map[claim]ledger.Placed)
	scan := func(rows *sql.Rows) error { return scanPlaced(rows, found) }
	if err = l.queries.prior.Look(ctx, nil, exact, scan); err == nil {
		err = l.queries.byID.Look(ctx, nil, spans, scan)
	}
	if err != nil {
		return nil, fmt.Errorf("look up claims: %w", sqldb.Explain(err))
	}
	anywhere := firstOfEach(found)
	placed := make([]ledger.Placed, len(keys))
	for i, k := range keys {
		c := claims[i]
		if k.Stream.IsZero() {
			c = anywhere[k.ID]
		}
		p, ok := found[c]
		if !ok && !certain {
			return nil, fmt.Errorf("look up claims: a commit failed and can't be settled yet: %w", ledger.ErrUnknown)
		}
		if !ok {
			p = ledger.Placed{Seq: -1}
		}
		placed[i] = p
	}
	return placed, nil
}

// firstOfEach is each id's first claim: for who asks for an id in whatever stream.
func firstOfEach(found map[claim]ledger.Placed) map[domain.ID]claim {
	first := make(map[domain.ID]claim, len(found))
	for c := range found {
		id := domain.ID(c[:])
		if before, ok := first[id]; !ok || bytes.Compare(c[:], before[:]) < 0 {
			first[id] = c
		}
	}
	return first
}

// Blank erases the claim digests of these keys, so that nobody can test a guess of what was
// claimed. The keys stay: an import can't bring the events back. It may be repeated after an error.
// The bytes are gone from the file when the database was opened with SecureDelete.
func (l *Log) Blank(ctx context.Context, keys []ledger.Key) error {
	if err := l.enter(); err != nil {
		return fmt.Errorf("blank claims: %w", err)
	}
	defer l.calls.Done()
	err := l.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, k := range keys {
			c := claimOf(k.ID, streamHash(streamColumn(k.Stream)))
			if _, err := tx.ExecContext(ctx, `UPDATE claims SET digest = NULL WHERE key = ?`, c[:]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("blank claims: %w", sqldb.Explain(err))
	}
	if l.db.Kind() != sqldb.SQLite {
		return nil
	}
	if err := l.db.TruncateSoon(ctx); err != nil {
		return fmt.Errorf("blank claims: %w", err)
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
	if err := l.db.BlankBefore(ctx, uint32(epoch), "claims"); err != nil {
		return fmt.Errorf("blank claims: %w", sqldb.Explain(err))
	}
	return nil
}
