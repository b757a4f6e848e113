package eventstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

// statements are what the map is asked and told, prepared for 1, 2, 4 … 512 rows: parsing took a
// quarter of an append's time.
type statements struct {
	kept, heads, all                                            lists // for readers
	inHeads, inClaims, inIntents                                lists // for the scribe, inside its transaction
	addEvents, addStreams, addClaims, addIntents, removeIntents lists
}

const longest = 512

// lists is one statement for several numbers of rows, the largest first.
type lists []sized

type sized struct {
	rows int
	stmt *sql.Stmt
}

const (
	keptText  = `SELECT ` + placedColumns + ` FROM claims c JOIN events e ON e.seq = c.seq WHERE c.key IN `
	headsText = `SELECT stream, revision, engine_rev FROM streams WHERE stream IN `
)

func prepareStatements(ctx context.Context, db *sqldb.DB) (s statements, err error) {
	reader := db.Reader().PrepareContext
	writer := func(ctx context.Context, text string) (*sql.Stmt, error) { return db.Prepare(ctx, text) }
	for _, p := range []struct {
		into    *lists
		prepare func(context.Context, string) (*sql.Stmt, error)
		text    func(rows int) string
	}{
		{&s.kept, reader, func(n int) string { return keptText + db.Rows(1, n) }},
		{&s.heads, reader, func(n int) string { return headsText + db.Rows(1, n) }},
		{&s.all, reader, func(n int) string {
			return `SELECT ` + placeColumns + ` FROM events WHERE seq IN ` + db.Rows(1, n)
		}},
		{&s.inHeads, writer, func(n int) string { return headsText + db.Rows(1, n) }},
		{&s.inClaims, writer, func(n int) string { return `SELECT key FROM claims WHERE key IN ` + db.Rows(1, n) }},
		{&s.inIntents, writer, func(n int) string {
			return `SELECT key, digest, recorded, mac FROM intents WHERE key IN ` + db.Rows(1, n)
		}},
		{&s.addEvents, writer, func(n int) string {
			return `INSERT INTO events (seq, revision, logtime, stream, id, engine_rev, pos_commit, pos_prepare, mac) VALUES ` + db.Rows(n, 9)
		}},
		{&s.addStreams, writer, func(n int) string {
			return `INSERT INTO streams (stream, revision, engine_rev) VALUES ` + db.Rows(n, 3) +
				` ON CONFLICT (stream) DO UPDATE SET revision = excluded.revision, engine_rev = excluded.engine_rev`
		}},
		{&s.addClaims, writer, func(n int) string { return `INSERT INTO claims (key, seq, digest) VALUES ` + db.Rows(n, 3) }},
		{&s.addIntents, writer, func(n int) string {
			return `INSERT INTO intents (key, digest, recorded, mac) VALUES ` + db.Rows(n, 4) +
				` ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, recorded = excluded.recorded, mac = excluded.mac`
		}},
		{&s.removeIntents, writer, func(n int) string { return `DELETE FROM intents WHERE key IN ` + db.Rows(1, n) }},
	} {
		for n := longest; n > 0; n /= 2 {
			stmt, err := p.prepare(ctx, p.text(n))
			if err != nil {
				return s, err
			}
			*p.into = append(*p.into, sized{n, stmt})
		}
	}
	return s, nil
}

// each runs a query with a list for all of args and calls scan for every row. A rest shorter than a
// list is filled up with its last member, which changes nothing. tx is nil for readers.
func (l lists) each(ctx context.Context, tx *sql.Tx, args []any, scan func(*sql.Rows) error) error {
	for len(args) > 0 {
		n := min(len(args), longest)
		fit := l[0]
		for _, s := range l[1:] {
			if s.rows >= n {
				fit = s
			}
		}
		list := args[:n:n]
		for len(list) < fit.rows {
			list = append(list, list[n-1])
		}
		stmt := fit.stmt
		if tx != nil {
			stmt = tx.StmtContext(ctx, stmt)
		}
		rows, err := stmt.QueryContext(ctx, list...)
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

// run runs a statement that changes something for all of args, width to a row.
func (l lists) run(ctx context.Context, tx *sql.Tx, width int, args []any) error {
	for _, s := range l {
		for n := s.rows * width; len(args) >= n; args = args[n:] {
			if _, err := tx.StmtContext(ctx, s.stmt).ExecContext(ctx, args[:n]...); err != nil {
				return err
			}
		}
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
