package sqldb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/pressly/goose/v3"
)

// Migrate brings the schema to the newest of the numbered SQL files in dir.
func (db *DB) Migrate(ctx context.Context, dir fs.FS) error {
	dialect := goose.DialectSQLite3
	if db.kind != SQLite {
		dialect = goose.DialectPostgres
		dir = adapted{dir, db.kind}
	}
	p, err := goose.NewProvider(dialect, db.write, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

// adapted is a directory of migrations for a server.
type adapted struct {
	fs.FS
	kind Kind
}

// Open adapts what it opens. Text must sort by its bytes on every store, whatever the database's
// locale, so that lists, pages and cursors are the same. CockroachDB gets each statement by itself,
// because it takes back no schema change that fails in the middle of others; all of them say IF NOT
// EXISTS, so a second attempt goes on where the first one ended.
func (a adapted) Open(name string) (fs.File, error) {
	f, err := a.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	if a.kind == CockroachDB {
		text = append([]byte("-- +goose NO TRANSACTION\n"), text...)
	} else {
		text = textColumn.ReplaceAll(text, []byte(`TEXT COLLATE "C"`))
	}
	return &file{f, bytes.NewReader(text)}, nil
}

var textColumn = regexp.MustCompile(`\bTEXT\b`)

// file reads an adapted text instead of its own.
type file struct {
	fs.File
	text *bytes.Reader
}

func (f *file) Read(p []byte) (int, error) { return f.text.Read(p) }
