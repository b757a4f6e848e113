package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Pooler starts a PgBouncer before the server for one test and returns its address: mode is "session",
// "transaction" or "statement", and it passes over the startup parameters named in ignored, such as
// "search_path,idle_in_transaction_session_timeout". Without PgBouncer the test is skipped, unless it
// runs in CI, where it fails.
func (s *Server) Pooler(t testing.TB, mode, ignored string) string {
	t.Helper()
	return s.SmallPooler(t, mode, ignored, 60)
}

// SmallPooler is Pooler with so many connections to the server.
func (s *Server) SmallPooler(t testing.TB, mode, ignored string, size int) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was shown behind a pooler: PgBouncer isn't here: install Debian's pgbouncer, or run make test as root, which does")
	}
	dir, err := os.MkdirTemp("", "muniment-pgbouncer-*")
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	host, at, _ := strings.Cut(s.Addr, ":")
	settings := fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = plain
auth_file = %s/users
pool_mode = %s
default_pool_size = %d
max_client_conn = 200
server_login_retry = 1
ignore_startup_parameters = %s
`, host, at, port, dir, mode, size, ignored)
	for name, text := range map[string]string{"users": fmt.Sprintf("%q %q\n", superuser, s.Password), "ini": settings} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if a := attributes(); a.Credential != nil {
		for _, name := range []string{"", "users", "ini"} {
			if err := os.Chown(filepath.Join(dir, name), int(a.Credential.Uid), int(a.Credential.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	// Like the server's: a guardian ends it when we are gone, however that came about.
	c := exec.Command("/bin/sh", "-c", `"$@" & p=$!; read -r how; kill -s INT $p; wait $p; rm -rf "$DIR"`, "guardian", program, filepath.Join(dir, "ini"))
	c.SysProcAttr, c.Dir, c.Stdout, c.Stderr = attributes(), "/", log, log
	c.SysProcAttr.Setpgid = true
	c.Env = append(os.Environ(), "DIR="+dir)
	word, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		word.Close()
		c.Wait()
		os.RemoveAll(dir)
	})
	addr := "127.0.0.1:" + strconv.Itoa(port)
	answers(t, s.URLAt(addr, "postgres"), filepath.Join(dir, "log"))
	return addr
}

// answers waits until a server answers at url.
func answers(t testing.TB, url, log string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
			continue
		}
		out, _ := os.ReadFile(log)
		t.Fatalf("nobody answers: %v\n%s", err, out)
	}
}
