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
	return openServer(ctx, url, schema, `CREATE SCHEMA IF NOT EXISTS `)
}

func openServer(ctx context.Context, url, schema, create string) (*DB, error) {
	if !schemaRule.MatchString(schema) {
		return nil, fmt.Errorf("open schema %q: use lower-case letters, digits and underscores", schema)
	}
	config, settings, err := serverConfig(url)
	if err != nil {
		return nil, err
	}
	s := &sessions{schema: schema, settings: settings, config: config}
	db := &DB{sessions: s, write: pool(s, 1, false), read: pool(s, max(2, runtime.NumCPU()), true)}
	if err := db.begin(ctx, create); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database at %s: %w", Where(url), Explain(oneLine{err}))
	}
	return db, nil
}

// serverConfig reads the URL. What it says of settings is set after connecting: poolers refuse most
// settings that come with the connection, or pass over them.
func serverConfig(url string) (*pgx.ConnConfig, map[string]string, error) {
	if !IsServer(url) {
		return nil, nil, fmt.Errorf("expected postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx quotes the whole URL where it can't read it.
		return nil, nil, fmt.Errorf("the URL can't be read: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, with characters such as / or @ of the password written as %%2F and %%40")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	settings := config.RuntimeParams
	config.RuntimeParams = map[string]string{"application_name": "muniment"}
	if options, ok := settings["options"]; ok { // can't be said afterwards
		config.RuntimeParams["options"] = options
	}
	delete(settings, "options")
	delete(settings, "application_name")
	delete(settings, "client_encoding")
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {} // "already exists, skipping" and the like
	return config, settings, nil
}

// oneLine is the last line of what pgx says in one for each address that it tried.
type oneLine struct{ error }

func (e oneLine) Error() string {
	text := e.error.Error()
	return text[strings.LastIndexByte(text, '\t')+1:]
}

func (e oneLine) Unwrap() error { return e.error }

// pool doesn't ping a connection that lay idle: where it was cut, the next call finds out and is made
// again, and a ping would cost every append of a quiet ledger a round trip.
func pool(s *sessions, conns int, reads bool) *sql.DB {
	db := sql.OpenDB(connector{stdlib.GetConnector(*s.config, stdlib.OptionAfterConnect(s.begin),
		stdlib.OptionShouldPing(func(context.Context, stdlib.ShouldPingParams) bool { return false })), reads})
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

// begin makes what every schema has, once it is sure that it lands there.
func (db *DB) begin(ctx context.Context, create string) error {
	if _, err := db.write.ExecContext(ctx, create+db.sessions.schema); err != nil {
		return err
	}
	db.kind = db.sessions.kind()
	if err := db.sessions.inPlace(ctx, db.write); err != nil {
		return err
	}
	var err error
	db.marks, err = newMarks(ctx, db)
	return err
}
