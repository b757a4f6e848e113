// Package pgtest starts a real PostgreSQL for tests: in a private directory, on a free loopback port,
// as a user who isn't root, ended at the test's end. It never links into the binary.
package pgtest

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Server is a running PostgreSQL.
type Server struct {
	Addr     string // host:port
	Password string
	t        testing.TB
	bin      string
	dir      string
	settings []string
	guardian *exec.Cmd
	word     io.WriteCloser // to the guardian
}

const superuser = "muniment"

// Start starts a server with the given settings, such as "fsync=off", for one test. Without
// PostgreSQL's programs the test is skipped, unless it runs in CI, where it fails: make test installs
// them.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := begin(t, settings)
	t.Cleanup(func() {
		s.Stop()
		os.RemoveAll(s.dir)
	})
	return s
}

var shared struct {
	sync.Once
	server *Server
}

// Shared is a server for all tests of a process, and those that it starts. It ends with the process.
func Shared(t testing.TB) string {
	t.Helper()
	if url := os.Getenv(SharedVariable); url != "" {
		return url
	}
	shared.Do(func() {
		shared.server = begin(t, []string{"fsync=off", "max_connections=500"})
		os.Setenv(SharedVariable, shared.server.URL("postgres"))
	})
	return os.Getenv(SharedVariable)
}

// SharedVariable holds the shared server's URL, for processes that a test starts.
const SharedVariable = "MUNIMENT_TEST_POSTGRES"

func begin(t testing.TB, settings []string) *Server {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED, nothing was shown on PostgreSQL: %v", err)
	}
	dir, err := os.MkdirTemp("", "muniment-pg-*")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, bin: bin, dir: dir, Password: rand.Text(), Addr: "127.0.0.1:" + strconv.Itoa(freePort(t)),
		settings: append([]string{"unix_socket_directories=", "listen_addresses=127.0.0.1"}, settings...)}
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(s.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, password} {
		if a := attributes(); a.Credential != nil {
			if err := os.Chown(path, int(a.Credential.Uid), int(a.Credential.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--no-sync", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
		"--username="+superuser, "--pwfile="+password, "--pgdata="+filepath.Join(dir, "data"))
	initdb.SysProcAttr = attributes()
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.Resume()
	return s
}

// guardian ends the server on a word from us, or when we are gone, however that came about; then it
// removes the directory too.
const guardian = `"$@" & p=$!
if read -r how; then kill -s "$how" $p; wait $p; else kill -s INT $p; wait $p; rm -rf "$DIR"; fi`

// Resume starts the server again, on the same port with the same data, and waits until it answers.
func (s *Server) Resume() {
	s.t.Helper()
	args := []string{"-c", guardian, "guardian", filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.dir, "data"), "-p", s.Addr[strings.LastIndexByte(s.Addr, ':')+1:]}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.guardian = exec.Command("/bin/sh", args...)
	s.guardian.SysProcAttr, s.guardian.Dir, s.guardian.Stdout, s.guardian.Stderr = attributes(), "/", log, log
	s.guardian.SysProcAttr.Setpgid = true // a Ctrl-C at the test is not for the server
	s.guardian.Env = append(os.Environ(), "DIR="+s.dir)
	if s.word, err = s.guardian.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.guardian.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.await()
}

func (s *Server) await() {
	s.t.Helper()
	answers(s.t, s.URL("postgres"), filepath.Join(s.dir, "log"))
}

// Stop ends the server in order. Connections are cut.
func (s *Server) Stop() { s.end("INT") }

// Crash ends the server without any order: the next start recovers.
func (s *Server) Crash() { s.end("QUIT") }

func (s *Server) end(how string) {
	s.t.Helper()
	if s.guardian == nil {
		return
	}
	if _, err := io.WriteString(s.word, how+"\n"); err != nil {
		s.t.Errorf("end PostgreSQL: %v", err)
	}
	s.guardian.Wait() // the server's own exit code says nothing
	s.guardian = nil
}

// URL is where a database of the server is.
func (s *Server) URL(database string) string { return s.URLAt(s.Addr, database) }

// URLAt is the URL of a database as seen through a proxy at addr.
func (s *Server) URLAt(addr, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, s.Password), Host: addr, Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Database makes an empty database and returns its URL.
func (s *Server) Database() string {
	s.t.Helper()
	name := "d" + strings.ToLower(rand.Text()[:12])
	s.Exec("postgres", "CREATE DATABASE "+name)
	return s.URL(name)
}

// Exec runs a statement as the superuser.
func (s *Server) Exec(database, text string) {
	s.t.Helper()
	db, err := sql.Open("pgx", s.URL(database))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
}

// Ask returns the one value that a query gives.
func (s *Server) Ask(database, text string) (value string) {
	s.t.Helper()
	db, err := sql.Open("pgx", s.URL(database))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(text).Scan(&value); err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
	return value
}

// binaries is where Debian and others put the server's programs.
func binaries() (string, error) {
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(all, func(a, b string) int { return version(b) - version(a) })
	for _, path := range all {
		return filepath.Dir(path), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", fmt.Errorf("PostgreSQL's programs are not here: install Debian's postgresql, or run make test as root, which does")
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// attributes makes a process run as postgres or nobody when we are root, because the server refuses to
// run as root.
func attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{}
	if os.Getuid() != 0 {
		return a
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return a
		}
	}
	return a
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
