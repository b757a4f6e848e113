package crashtest

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fault is what the nth call of a name by the child's main thread meets.
type fault struct {
	Call string
	Nth  int
	What string // as strace writes it: error=EIO, signal=KILL
}

func (f fault) String() string { return fmt.Sprintf("%s:%s:when=%d", f.Call, f.What, f.Nth) }

// killing: the child doesn't see the fault, it ends with it.
func (f fault) killing() bool { return f.What == "signal=KILL" }

// Traced is how calls of a role are counted and made to fail: only those on the files of a database,
// and only those of the main thread. strace counts each thread for itself, so with several threads
// the nth call would be another one in every run, or several at once.
type Traced struct {
	Role string
	File string // the database's name in the role's directory
	// Also names other files in the directory, whose calls count, too; a database's companions needn't be named.
	Also []string
	But  []string // calls that aren't made to fail
	From string   // the directory as the role is to find it, copied for every run; "" for an empty one
	// Commits is how many transactions a clean run makes durable at least: kill -9 keeps what the
	// kernel holds, so that a sync is missing shows nowhere else.
	Commits int
}

// Sweep lets each call of a clean run fail in each way, one in a run, and has every end checked;
// check returns how many events had been acknowledged. Among the tests, and in a short torture, only
// some calls fail, spread over all; the seed of their choice is told.
func (x Traced) Sweep(t *testing.T, few int, check func(t *testing.T, dir string, e Ended) (acknowledged int)) {
	t.Helper()
	traceable(t)
	tally := Tally{}
	defer tally.Tell(t)
	faults := x.faults(t)
	if few = Faults(few); few < len(faults) {
		seed := rand.Uint64()
		t.Logf("%d of %d faults, chosen by the seed %d", few, len(faults), seed)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
		faults = faults[:few]
	}
	for _, f := range faults {
		dir := x.directory(t)
		e, log := x.run(t, dir, "--inject="+f.String())
		// Random ids make trees of other shapes: towards its end a run may have a call less.
		met := strings.Contains(log, "(INJECTED)") || e.Killed
		if e.Killed && !f.killing() {
			t.Error("an error killed it")
		}
		tally.Rounds++
		if met {
			tally.Faults++
		}
		if e.Killed {
			tally.Kills++
		}
		tally.Acknowledged += check(t, dir, e)
		if t.Failed() {
			t.Fatalf("after %s. The child told:\n%s\n%s", f, strings.Join(e.Told, "\n"), e.Errors)
		}
		os.RemoveAll(dir)
	}
	if tally.Faults < tally.Rounds*9/10 {
		t.Errorf("only %d of %d faults were met", tally.Faults, tally.Rounds)
	}
}

// directory is a new copy of the one to begin with.
func (x Traced) directory(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if x.From == "" {
		return dir
	}
	err := filepath.WalkDir(x.From, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == x.From {
			return err
		}
		to := filepath.Join(dir, strings.TrimPrefix(path, x.From))
		if d.IsDir() {
			return os.Mkdir(to, 0o700)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// faults are all that can be injected into a run that goes well without.
func (x Traced) faults(t testing.TB) (all []fault) {
	t.Helper()
	e, log := x.run(t, x.directory(t))
	if e.Killed || e.Failed {
		t.Fatalf("without a fault the child fails: %s", e.Errors)
	}
	calls := map[string]int{}
	for _, m := range callName.FindAllStringSubmatch(log, -1) {
		if m[1] == "fcntl" || m[1] == "epoll_ctl" || slices.Contains(x.But, m[1]) {
			continue // locks and polling: nothing that a disk can refuse
		}
		calls[m[1]]++
		all = append(all, fault{m[1], calls[m[1]], "error=EIO"})
		if changes[m[1]] {
			all = append(all, fault{m[1], calls[m[1]], "signal=KILL"})
		}
		if takesRoom[m[1]] {
			all = append(all, fault{m[1], calls[m[1]], "error=ENOSPC"})
		}
	}
	t.Logf("a run of %q makes %d calls on %s: %v", x.Role, sum(calls), x.File, calls)
	if n := len(journalSync.FindAllString(log, -1)); n < x.Commits {
		t.Fatalf("the journal is synced %d times, for %d transactions", n, x.Commits)
	}
	return all
}

var (
	callName    = regexp.MustCompile(`(?m)^(\w+)\(`)
	journalSync = regexp.MustCompile(`(?m)^fdatasync\(\d+<[^>]*-wal>\)`)
)

// changes are calls that change what lies on the disk. To be killed at another one is to be killed
// after the last of these.
var changes = map[string]bool{"pwrite64": true, "write": true, "ftruncate": true, "fallocate": true, "openat": true, "open": true,
	"fdatasync": true, "fsync": true, "unlink": true, "unlinkat": true, "rename": true, "renameat": true}

// takesRoom are calls that a full disk refuses.
var takesRoom = map[string]bool{"pwrite64": true, "write": true, "ftruncate": true, "fallocate": true, "openat": true, "open": true, "fdatasync": true, "fsync": true}

func (x Traced) run(t testing.TB, dir string, more ...string) (Ended, string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "strace")
	// No -f: the other threads go on untouched. The directory is synced, too, when a file is new.
	args := []string{"strace", "-o", log, "-y", "-e", "signal=none", "-P", dir}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		args = append(args, "-P", filepath.Join(dir, x.File+suffix))
	}
	for _, name := range x.Also {
		args = append(args, "-P", filepath.Join(dir, name))
	}
	e := start(t, command(x.Role, dir, append(args, more...)...), func(int, func()) {})
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatalf("strace wrote no log (%v): %s", err, e.Errors)
	}
	return e, string(text)
}

// traceable skips a test, loudly, where no process can be traced.
func traceable(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("SKIPPED: strace is missing (make tools installs it where it may), so no file-system call was made to fail")
	}
	if out, err := exec.Command("strace", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: this machine forbids ptrace, so no file-system call was made to fail: %s (%v)", out, err)
	}
}

func sum(calls map[string]int) (n int) {
	for _, k := range calls {
		n += k
	}
	return n
}

// Trace plays a role in dir and lists its main thread's calls of the given names, as strace writes them, with the
// files' paths.
func Trace(t *testing.T, role, dir string, names ...string) []string {
	t.Helper()
	traceable(t)
	log := filepath.Join(t.TempDir(), "strace")
	e := start(t, command(role, dir, "strace", "-o", log, "-y", "-e", "signal=none", "-e", "trace="+strings.Join(names, ",")), func(int, func()) {})
	text, err := os.ReadFile(log)
	if err != nil || e.Failed || e.Killed {
		t.Fatalf("strace (%v): %s", err, e.Errors)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
