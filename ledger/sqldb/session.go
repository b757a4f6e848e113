package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// sessions begins every connection to one schema in the same way, and remembers which server it was
// that this process began with. All pools of a [DB] share it.
type sessions struct {
	schema   string
	settings map[string]string // the URL's
	config   *pgx.ConnConfig

	mu      sync.Mutex // guards what follows
	first   *server    // nil until the first connection stands
	session bool       // it was found out that a connection keeps its session
}

// server is what one end of a connection says of itself.
type server struct {
	kind    Kind
	history string // "" where it can't be asked
	standby bool
	pid     uint32
}

// ErrOtherHistory: the server isn't the one that this process began with, or has gone back: a standby
// was promoted, or a backup restored. What this process knows may not be there. It must start again.
var ErrOtherHistory = errors.New("the database has another history than the one this process began with: " +
	"a standby was promoted, or a backup was restored")

// ErrTransactionPooler: a pooler hands every transaction to another session.
var ErrTransactionPooler = errors.New("a pooler in transaction mode stands before this database: it hands each transaction to another " +
	"session, and Muniment needs one that keeps its schema: set pool_mode=session for this database in PgBouncer (or what corresponds in " +
	"another pooler), or name the server itself in the URL")

// errStandby may pass by itself: in a moment it may be promoted.
var errStandby = errors.New("the server is a standby, which takes no writes: name the primary in the URL, " +
	"or all of them with target_session_attrs=read-write")

// begin is run on every new connection, before anybody uses it.
func (s *sessions) begin(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.ConnectTimeout)
	defer cancel()
	err := s.prepare(ctx, conn)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("connected, and then no answer in %v: a pooler before the server may have no connection left: "+
			"Muniment needs a pool of 8 × (1 + the number of cores, at least 2): %w", s.config.ConnectTimeout, err)
	}
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
	}
	return err
}

func (s *sessions) prepare(ctx context.Context, conn *pgx.Conn) error {
	there, err := ask(ctx, conn)
	if err != nil {
		return err
	}
	first, session := s.known()
	if there.standby {
		return errStandby
	}
	if first != nil && first.history != there.history {
		return fmt.Errorf("%w (it was %s, it is %s): this process ends; start it again, and the start tells what is missing",
			ErrOtherHistory, first.history, there.history)
	}
	if !session && there.kind == PostgreSQL && there.pid != conn.PgConn().PID() {
		if err := s.keepsSession(ctx, conn); err != nil {
			return err
		}
	}
	if err := s.set(ctx, conn, there.kind); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session = true
	if s.first == nil {
		s.first = there
	}
	return nil
}

func (s *sessions) known() (first *server, session bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first, s.session
}

func (s *sessions) kind() Kind {
	first, _ := s.known()
	return first.kind
}

// The history of a PostgreSQL is its cluster's identifier and its timeline: a standby that is promoted,
// and a backup that is recovered, begin a new timeline. In a standby there is none to ask.
const (
	askPlain   = `SELECT version(), pg_backend_pid()`
	askHistory = `SELECT version(), pg_backend_pid(), pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() THEN '' ELSE
		(SELECT system_identifier FROM pg_control_system()) || ', timeline ' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END`
)

// ask asks the server what it is. Where it has no history that can be asked (CockroachDB, which has one
// only, and services that hide it), it says the rest.
func ask(ctx context.Context, conn *pgx.Conn) (*server, error) {
	var there server
	var version string
	err := conn.QueryRow(ctx, askHistory, pgx.QueryExecModeSimpleProtocol).Scan(&version, &there.pid, &there.standby, &there.history)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && !lost(err) {
		err = conn.QueryRow(ctx, askPlain, pgx.QueryExecModeSimpleProtocol).Scan(&version, &there.pid)
	}
	if err != nil {
		return nil, err
	}
	there.kind = PostgreSQL
	if strings.HasPrefix(version, "CockroachDB") {
		there.kind, there.history = CockroachDB, ""
	}
	return &there, nil
}

// keepsSession finds out whether the pooler before the server leaves a connection its session. Nothing
// is set meanwhile: in transaction mode that would be set for other people. While conn lies idle a
// second connection holds a transaction open: if it holds it where conn was, or conn is then elsewhere,
// they share their sessions. Other clients may come in between, so it is tried several times.
func (s *sessions) keepsSession(ctx context.Context, conn *pgx.Conn) error {
	other, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return err
	}
	defer other.Close(context.WithoutCancel(ctx))
	for range 3 {
		before, err := pid(ctx, conn)
		if err != nil {
			return err
		}
		if _, err := other.PgConn().Exec(ctx, `BEGIN`).ReadAll(); err != nil {
			return fmt.Errorf("%w (%w)", ErrTransactionPooler, err) // statement mode takes none
		}
		held, err := pid(ctx, other)
		if err != nil {
			return err
		}
		if held == before {
			return ErrTransactionPooler
		}
		after, err := pid(ctx, conn)
		if err != nil {
			return err
		}
		if after != before {
			return ErrTransactionPooler
		}
		if _, err := other.PgConn().Exec(ctx, `ROLLBACK`).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

func pid(ctx context.Context, conn *pgx.Conn) (pid uint32, err error) {
	err = conn.QueryRow(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	return pid, err
}

// set tells the session its schema and its settings, and asks whether it has understood: the server
// ends a transaction that its client left, because it would hold back the next owner's rows, and a
// commit waits for the disk and for synchronous standbys, whatever the server's default is.
func (s *sessions) set(ctx context.Context, conn *pgx.Conn, kind Kind) error {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.settings)) {
		fmt.Fprintf(&text, "SELECT set_config(%s, %s, false);", quoted(name), quoted(s.settings[name]))
	}
	text.WriteString(`SET idle_in_transaction_session_timeout = 60000;`)
	if kind == PostgreSQL {
		text.WriteString(`SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply';`)
	}
	text.WriteString(`SET search_path = ` + s.schema + `;SELECT current_setting('search_path'), coalesce(current_schema(), '')`)
	results, err := conn.PgConn().Exec(ctx, text.String()).ReadAll()
	if err != nil {
		return err
	}
	answer := results[len(results)-1].Rows
	if len(answer) != 1 || string(answer[0][0]) != s.schema {
		return s.misplaced(string(answer[0][1]))
	}
	if at := string(answer[0][1]); at != "" && at != s.schema { // "": the schema isn't there yet
		return s.misplaced(at)
	}
	return nil
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// inPlace makes sure that what is written next lands in the schema that was asked for.
func (s *sessions) inPlace(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) error {
	var at sql.NullString
	if err := q.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&at); err != nil {
		return err
	}
	if at.String != s.schema {
		return s.misplaced(at.String)
	}
	return nil
}

func (s *sessions) misplaced(at string) error {
	if at == "" {
		return fmt.Errorf("the schema %s was asked for, and this connection is in none: this user needs USAGE on it", s.schema)
	}
	return fmt.Errorf("the schema %s was asked for, and this connection is in %q: a pooler or the server sets search_path; nothing was written", s.schema, at)
}
