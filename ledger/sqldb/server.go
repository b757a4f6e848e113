package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// IsServer reports whether a URL names a PostgreSQL or CockroachDB server.
func IsServer(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// connectTime is how long a server may take to answer a new connection, unless the URL says
// connect_timeout.
const connectTime = 10 * time.Second

var schemaRule = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)

// OpenServer opens a schema of its own in the database that a postgres:// URL names, and begins the
// schema when it isn't there. The URL's password is in no error.
func OpenServer(ctx context.Context, url, schema string) (*DB, error) {
	if !schemaRule.MatchString(schema) {
		return nil, fmt.Errorf("open schema %q: use lower-case letters, digits and underscores", schema)
	}
	config, err := serverConfig(url, schema)
	if err != nil {
		return nil, err
	}
	db := &DB{write: pool(config, 1, false), read: pool(config, max(2, runtime.NumCPU()), true)}
	if err := db.begin(ctx, schema); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database at %s: %w", Where(url), Explain(oneLine{err}))
	}
	return db, nil
}

// serverConfig reads the URL. Every connection speaks of the one schema, and the server ends a
// transaction that its client left: it would hold back the next owner's rows.
func serverConfig(url, schema string) (*pgx.ConnConfig, error) {
	if !IsServer(url) {
		return nil, fmt.Errorf("expected postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx quotes the whole URL where it can't read it.
		return nil, fmt.Errorf("the URL can't be read: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, with characters such as / or @ of the password written as %%2F and %%40")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	config.RuntimeParams["search_path"] = schema
	config.RuntimeParams["application_name"] = "muniment"
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "60000"
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {} // "already exists, skipping" and the like
	return config, nil
}

// oneLine is the last line of what pgx says in one for each address that it tried.
type oneLine struct{ error }

func (e oneLine) Error() string {
	text := e.error.Error()
	return text[strings.LastIndexByte(text, '\t')+1:]
}

func (e oneLine) Unwrap() error { return e.error }

func pool(config *pgx.ConnConfig, conns int, reads bool) *sql.DB {
	db := sql.OpenDB(connector{stdlib.GetConnector(*config), reads})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db
}

// Where is host, port and database of a server's URL: what may be shown.
func Where(url string) string {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return "an unreadable URL"
	}
	return fmt.Sprintf("%s/%s", net.JoinHostPort(config.Host, fmt.Sprint(config.Port)), config.Database)
}

// begin asks the server what it is and makes what every schema has.
func (db *DB) begin(ctx context.Context, schema string) error {
	var version string
	if err := db.write.QueryRowContext(ctx, `SELECT version()`).Scan(&version); err != nil {
		return err
	}
	db.kind = PostgreSQL
	if strings.HasPrefix(version, "CockroachDB") {
		db.kind = CockroachDB
	}
	if _, err := db.write.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS `+schema); err != nil {
		return err
	}
	var err error
	db.marks, err = newMarks(ctx, db)
	return err
}

// Drop removes the schema with all that is in it.
func (db *DB) Drop(ctx context.Context) error {
	var schema string
	if err := db.write.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
		return err
	}
	_, err := db.write.ExecContext(ctx, `DROP SCHEMA `+schema+` CASCADE`)
	return err
}
