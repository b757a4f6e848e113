package sqldb_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

// TestDurability: given a server's settings, then what they don't promise is said, and nothing else; what
// a session can ask for it asks for.
func TestDurability(t *testing.T) {
	server := pgtest.Start(t, "synchronous_commit=off") // a session says otherwise
	db := openServer(t, server.URL("postgres"), "durability")
	if got := column(t, db, `SELECT current_setting('synchronous_commit')`); got != "on" {
		t.Errorf("synchronous_commit is %s", got)
	}
	for name, c := range map[string]struct {
		settings string
		want     []string
	}{
		"as PostgreSQL comes":    {"", []string{"no synchronous standby"}},
		"not synced":             {"fsync=off", []string{"fsync is off", "no synchronous standby"}},
		"pages may be torn":      {"full_page_writes=off", []string{"full_page_writes is off", "no synchronous standby"}},
		"with a standby named":   {"synchronous_standby_names=other", nil},
		"all that can be wrong":  {"fsync=off full_page_writes=off", []string{"fsync is off", "full_page_writes is off", "no synchronous standby"}},
		"a standby, and no sync": {"synchronous_standby_names=other fsync=off", []string{"fsync is off"}},
	} {
		for _, setting := range strings.Fields(c.settings) {
			name, value, _ := strings.Cut(setting, "=")
			server.Exec("postgres", `ALTER SYSTEM SET `+name+` = '`+value+`'`)
		}
		server.Exec("postgres", `SELECT pg_reload_conf()`)
		for end := time.Now().Add(10 * time.Second); ; { // the reload takes a moment
			got, err := db.Durability(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if slices.EqualFunc(got, c.want, strings.HasPrefix) {
				break
			}
			if time.Now().After(end) {
				t.Errorf("%s: %q instead of %q", name, got, c.want)
				break
			}
		}
		server.Exec("postgres", `ALTER SYSTEM RESET ALL`)
		server.Exec("postgres", `SELECT pg_reload_conf()`)
	}
	file, err := sqldb.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "a.db"), sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, err := file.Durability(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("a file: %q, %v", got, err)
	}
}

// TestErrorClasses: given a server's code, whether it may be back in a moment, and whether it is full.
func TestErrorClasses(t *testing.T) {
	for _, c := range []struct {
		code, message string
		away, full    bool
	}{
		{"08006", "connection failure", true, false},
		{"08P01", "protocol violation", false, false},
		{"08P01", "unsupported startup parameter: search_path", false, false},
		{"08P01", "server login has been failing, try again later (server_login_retry)", true, false},
		{"08P01", "server conn crashed?", true, false},
		{"58C00", "range unavailable", true, false},
		{"58C01", "connection between nodes failed", true, false},
		{"58030", "could not read block", false, false},
		{"57P01", "terminating connection due to administrator command", true, false},
		{"57P03", "the database system is starting up", true, false},
		{"53100", "could not extend file", false, true},
		{"25006", "cannot execute INSERT in a read-only transaction", false, true},
		{"53300", "too many clients", true, false},
		{"42P05", "prepared statement already exists", false, false},
		{"40001", "could not serialize access", false, false},
		{"23505", "duplicate key", false, false},
	} {
		err := error(&pgconn.PgError{Code: c.code, Message: c.message})
		if sqldb.IsAway(err) != c.away || sqldb.IsFull(err) != c.full {
			t.Errorf("%s %s: away %v, full %v", c.code, c.message, sqldb.IsAway(err), sqldb.IsFull(err))
		}
	}
}
