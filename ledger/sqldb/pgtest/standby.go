package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Standby is a copy of a server that follows it, asynchronously.
type Standby struct {
	*Server
	of *Server
}

// Standby copies the server while it runs and starts the copy, which follows it, for one test.
func (s *Server) Standby(t testing.TB) *Standby {
	t.Helper()
	dir, err := os.MkdirTemp("", "muniment-pg-*")
	if err != nil {
		t.Fatal(err)
	}
	a := attributes()
	if a.Credential != nil {
		if err := os.Chown(dir, int(a.Credential.Uid), int(a.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	host, port, _ := strings.Cut(s.Addr, ":")
	copying := exec.Command(filepath.Join(s.bin, "pg_basebackup"), "--host="+host, "--port="+port, "--username="+superuser, "--no-password",
		"--pgdata="+filepath.Join(dir, "data"), "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	copying.SysProcAttr, copying.Dir = a, dir
	copying.Env = append(os.Environ(), "PGPASSWORD="+s.Password)
	if out, err := copying.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	standby := &Standby{of: s, Server: &Server{t: t, bin: s.bin, dir: dir, Password: s.Password,
		Addr: "127.0.0.1:" + strconv.Itoa(freePort(t)), settings: s.settings}}
	t.Cleanup(func() {
		standby.Stop()
		os.RemoveAll(dir)
	})
	standby.Resume()
	standby.CatchUp()
	return standby
}

// URLOfBoth names both servers: a client finds the one that takes writes.
func (s *Standby) URLOfBoth(database string) string {
	return s.URLAt(s.of.Addr+","+s.Addr, database) + "&target_session_attrs=read-write&connect_timeout=2"
}

// CatchUp waits until the standby has what its primary has now.
func (s *Standby) CatchUp() {
	s.t.Helper()
	at := s.of.Ask("postgres", `SELECT pg_current_wal_lsn()`)
	s.until(fmt.Sprintf(`SELECT coalesce(pg_last_wal_replay_lsn() >= '%s'::pg_lsn, false)`, at))
}

// Lag cuts the standby off from what its primary writes from now on. (To pause its replay wouldn't do:
// a promotion replays what was received.)
func (s *Standby) Lag() {
	s.t.Helper()
	s.Exec("postgres", `ALTER SYSTEM SET primary_conninfo = ''`)
	s.Exec("postgres", `SELECT pg_reload_conf()`)
	s.until(`SELECT count(*) = 0 FROM pg_stat_wal_receiver`)
}

// Promote makes the standby a primary, with a timeline of its own. The old primary should be stopped.
func (s *Standby) Promote() {
	s.t.Helper()
	s.Exec("postgres", `SELECT pg_promote(true, 60)`)
	s.until(`SELECT NOT pg_is_in_recovery()`)
}

func (s *Standby) until(question string) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); s.Ask("postgres", question) != "true"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("never true: %s", question)
		}
	}
}
