package sqldb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Scratch is a schema made for a trial and removed after it. It has a random name and a table with a
// random word in it; what is removed is what was made, by its full name, and only where that word is.
type Scratch struct {
	Schema string
	db     *DB
	word   string
}

// mark is the table that says whose the schema is.
const mark = "muniment_made_this"

// MakeScratch makes the schema. It fails if there is one of that name.
func MakeScratch(ctx context.Context, url string) (*Scratch, error) {
	s := &Scratch{Schema: "muniment_check_" + strings.ToLower(rand.Text()[:12]), word: rand.Text()}
	var err error
	if s.db, err = openServer(ctx, url, s.Schema, `CREATE SCHEMA `); err != nil {
		return nil, err
	}
	if _, err = s.db.write.ExecContext(ctx, `CREATE TABLE `+s.Schema+`.`+mark+` (word TEXT NOT NULL)`); err == nil {
		err = s.db.Tx(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO `+s.Schema+`.`+mark+` (word) VALUES ($1)`, s.word)
			return err
		})
	}
	if err != nil {
		s.db.Close()
		return nil, fmt.Errorf("make the schema %s: %w", s.Schema, Explain(err))
	}
	return s, nil
}

// Kind is what kind of server it is on.
func (s *Scratch) Kind() Kind { return s.db.kind }

// Durability is [DB.Durability].
func (s *Scratch) Durability(ctx context.Context) ([]string, error) { return s.db.Durability(ctx) }

// ErrNotOurs: something that Muniment didn't make would have been removed. Nothing was.
var ErrNotOurs = errors.New("there is something that Muniment didn't make: nothing was removed")

// Remove removes the tables, which the trial made, then the schema, and closes. It refuses as soon as
// anything else is there.
func (s *Scratch) Remove(ctx context.Context, tables []string) error {
	err := s.remove(ctx, append([]string{mark, "writers", "goose_db_version"}, tables...))
	if err != nil {
		err = fmt.Errorf("the schema %s is left: %w", s.Schema, Explain(err))
	}
	return errors.Join(err, s.db.Close())
}

func (s *Scratch) remove(ctx context.Context, made []string) error {
	// No transaction of ours: CockroachDB changes its schema one statement at a time.
	conn, err := s.db.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := s.isOurs(ctx, conn); err != nil {
		return err
	}
	there, err := tablesOf(ctx, conn, s.Schema)
	if err != nil {
		return err
	}
	for _, name := range there {
		if !slices.Contains(made, name) {
			return fmt.Errorf("%w: %s.%s", ErrNotOurs, s.Schema, name)
		}
	}
	slices.SortFunc(there, func(a, b string) int { // the mark last: until then a second try knows the schema
		return strings.Compare(last(a), last(b))
	})
	for _, name := range there {
		if err := s.isOurs(ctx, conn); err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, `DROP TABLE `+s.Schema+`.`+name); err != nil { // never CASCADE
			return err
		}
	}
	if err := s.db.sessions.inPlace(ctx, conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `DROP SCHEMA `+s.Schema+` RESTRICT`) // fails where anything is left
	return err
}

func last(name string) string {
	if name == mark {
		return "~"
	}
	return name
}

// isOurs makes sure that this connection is in the schema that was made, and that it was made here.
func (s *Scratch) isOurs(ctx context.Context, conn *sql.Conn) error {
	if err := s.db.sessions.inPlace(ctx, conn); err != nil {
		return err
	}
	var word string
	err := conn.QueryRowContext(ctx, `SELECT word FROM `+s.Schema+`.`+mark).Scan(&word)
	if err == nil && word != s.word {
		err = fmt.Errorf("%w: its mark is another's", ErrNotOurs)
	}
	return err
}

func tablesOf(ctx context.Context, conn *sql.Conn, schema string) (names []string, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT table_name FROM information_schema.tables WHERE table_schema = $1 ORDER BY table_name`, schema)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
