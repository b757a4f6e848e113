package eventstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// longest is how many members a list has at most; longer ones take several statements.
const longest = 500

// each runs a query whose text has one list, written %s, and calls scan for every row.
func each(ctx context.Context, q querier, text string, args []any, scan func(*sql.Rows) error) error {
	for len(args) > 0 {
		n := min(len(args), longest)
		rows, err := q.QueryContext(ctx, fmt.Sprintf(text, sqldb.List(1, n)), args[:n]...)
		if err != nil {
			return err
		}
		if err := every(rows, scan); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

func every(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// insert runs an INSERT for all of args, width to a row. after stands behind the rows.
func insert(ctx context.Context, tx *sql.Tx, db *sqldb.DB, into, after string, width int, args []any) error {
	for len(args) > 0 {
		n := min(len(args)/width, longest)
		if _, err := tx.ExecContext(ctx, "INSERT INTO "+into+" VALUES "+db.Rows(n, width)+after, args[:n*width]...); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

// remove runs a DELETE whose text has one list.
func remove(ctx context.Context, tx *sql.Tx, text string, args []any) error {
	for len(args) > 0 {
		n := min(len(args), longest)
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(text, sqldb.List(1, n)), args[:n]...); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// claim is the key of the claims table, as in the SQL engine: the event's id, then 8 bytes of SHA-256
// of the stream.
type claim [16 + 8]byte

func claimOf(id domain.ID, stream []byte) (c claim) {
	sum := sha256.Sum256(stream)
	copy(c[:], id[:])
	copy(c[len(id):], sum[:])
	return c
}

// attempt is the key of the intents table: two attempts at the same claim differ in their bytes,
// because encryption is random, and maybe in what they claim.
type attempt [len(claim{}) + 8]byte

func attemptOf(c claim, envelope, payload []byte) (a attempt) {
	h := sha256.New()
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(envelope)))
	h.Write(size[:])
	h.Write(envelope)
	h.Write(payload)
	copy(a[:], c[:])
	copy(a[len(c):], h.Sum(nil))
	return a
}

// streamColumn is noun, '-' and the raw id.
func streamColumn(s domain.Stream) []byte {
	b := make([]byte, 0, len(s.Noun)+1+len(s.ID))
	b = append(append(b, s.Noun...), '-')
	return append(b, s.ID[:]...)
}

// parseColumn reads a stream column; ok is false for a damaged one.
func parseColumn(b []byte) (s domain.Stream, ok bool) {
	n := len(b) - 1 - len(s.ID)
	if n < 1 || b[n] != '-' {
		return s, false
	}
	return domain.Stream{Noun: string(b[:n]), ID: domain.ID(b[n+1:])}, true
}
