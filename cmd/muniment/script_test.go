package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"muniment/ledger/eventstore/esdbtest"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

// TestMain lets the tests run this very binary as the command muniment, in processes of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"muniment": func() { os.Exit(Main()) }})
}

// TestScripts runs the stories in testdata/script: what a DPO, a customer or a regulator does, and
// what a newcomer does wrong. README.md there explains their words.
func TestScripts(t *testing.T) { runStories(t, nil, nil) }

// TestStoriesRunToTheirEnd: testscript's own word stop ends a story and passes it, so nothing after it
// would be told.
func TestStoriesRunToTheirEnd(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		if m := regexp.MustCompile(`(?m)^(stop|skip)\b.*$`).Find(text); m != nil {
			t.Errorf("%s: %q ends it: the service is ended by halt", file, m)
		}
	}
}

// TestStoriesOnOtherEngines runs some of them with the log in EventStoreDB (its protocol double) or
// everything in PostgreSQL, or both. Only the environment differs.
func TestStoriesOnOtherEngines(t *testing.T) {
	var files []string
	for _, name := range []string{"who-sub-processed", "kept-once", "notices-told", "rebuilt", "values-withheld"} {
		files = append(files, filepath.Join("testdata", "script", name+".txtar"))
	}
	for name, engine := range map[string]struct{ esdb, postgres bool }{
		"EventStoreDB": {esdb: true}, "PostgreSQL": {postgres: true}, "both": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			var server *pgtest.Server
			if engine.postgres {
				server = pgtest.Start(t, "fsync=off", "max_connections=300")
			}
			runStories(t, files, func(e *testscript.Env) error {
				if engine.postgres {
					e.Setenv("MUNIMENT_STORE", server.Database())
				}
				if engine.esdb {
					e.Setenv("MUNIMENT_LEDGER", esdbtest.Start(t, esdbtest.Options{}).URL())
				}
				return nil
			})
		})
	}
}

// runStories runs some stories, or all, in an environment of its own.
func runStories(t *testing.T, files []string, engine func(*testscript.Env) error) {
	t.Helper()
	dir := ""
	if files == nil {
		dir = "testdata/script"
	}
	// The path of a control socket may have 100 characters, and t.TempDir makes longer ones.
	root, err := os.MkdirTemp("", "mun")
	must(t, err)
	must(t, os.Chmod(root, 0o755)) // another user is tried, too
	t.Cleanup(func() { os.RemoveAll(root) })
	testscript.Run(t, testscript.Params{
		Dir:                dir,
		Files:              files,
		WorkdirRoot:        root,
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			if err := settle(e); err != nil || engine == nil {
				return err
			}
			return engine(e)
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": cmdServe, "halt": cmdHalt, "kill9": cmdKill9,
			"exits": cmdExits, "token": cmdToken, "facts": cmdFacts,
			"ask": cmdAsk, "says": cmdSays, "lists": cmdLists, "comes": cmdComes, "keep": cmdKeep, "content": cmdContent,
			"get": cmdGet, "post": cmdPost, "letter": cmdLetter,
			"find": cmdFind, "nowhere": cmdNowhere, "proves": cmdProves, "flip": cmdFlip, "hide": cmdHide, "forge": cmdForge,
			"witness": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 1 {
					ts.Fatalf("usage: witness POLICY")
				}
				cmdWitness(t, ts, args[0])
			},
		},
	})
}

// settle gives each story a ledger of its own.
func settle(e *testscript.Env) error {
	e.Setenv("MUNIMENT_DATA", filepath.Join(e.WorkDir, "ledger"))
	e.Setenv("TODAY", time.Now().UTC().Format(time.DateOnly))
	e.Setenv("SHOP", "c0ffee00000000000000000000000001")
	e.Setenv("CLINIC", "c0ffee00000000000000000000000002")
	e.Setenv("AGENCY", "c0ffee00000000000000000000000003")
	e.Values[storyKey{}] = &story{fail: e.T().(interface{ Errorf(string, ...any) }).Errorf}
	return nil
}

// condition: [root] when another user's files can be tried, [mounts] when a small disk can be mounted,
// [omniwitness] when that program can be had.
func condition(word string) (bool, error) {
	switch word {
	case "omniwitness":
		_, err := sealtest.OmniwitnessProgram()
		return err == nil, nil
	case "root":
		return os.Geteuid() == 0, nil
	case "mounts":
		return exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt").Run() == nil, nil
	}
	return false, errors.New("unknown condition")
}

// story is what the commands of one script remember.
type story struct {
	fail    func(format string, args ...any) // for the end of a script, where Fatalf can't be used
	serving *serving
	last    question
	answer  any
}

type storyKey struct{}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// cmdExits: exits CODE COMMAND … runs a command and demands its exit code, where "! muniment" would
// take any failure.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGUMENT…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// cmdToken: token NAME FLAGS… makes a token and keeps it as $NAME.
func cmdToken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: token NAME --role … FLAGS…")
	}
	ts.Check(ts.Exec("muniment", append([]string{"token", "create"}, args[1:]...)...))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// cmdFacts: facts FILE… takes in native events, all of which must be good.
func cmdFacts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: facts FILE…")
	}
	ts.Check(ts.Exec("muniment", append([]string{"import", "--as", "events"}, args...)...))
}

// cmdWitness: witness POLICY starts a witness for the log of a policy, which then demands it.
func cmdWitness(t *testing.T, ts *testscript.TestScript, policy string) {
	text := ts.ReadFile(policy)
	m := regexp.MustCompile(`(?m)^log (([^+]+)\+\S+)$`).FindStringSubmatch(text)
	if m == nil {
		ts.Fatalf("%s names no log", policy)
	}
	line := sealtest.Omniwitness(t, m[2], m[1])
	ts.Check(os.WriteFile(ts.MkAbs(policy), []byte(m[0]+"\n"+line+"\nquorum omni\n"), 0o600))
}

// cmdHide: hide DIRECTORY takes one head out of what a stopped ledger commits to: an operator that lies.
func cmdHide(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hide DIRECTORY")
	}
	db, err := sqldb.OpenSQLite(context.Background(), filepath.Join(ts.MkAbs(args[0]), "heads.db"), sqldb.Options{})
	ts.Check(err)
	defer db.Close()
	ts.Check(db.Tx(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM buckets WHERE bucket = (SELECT bucket FROM buckets ORDER BY LENGTH(heads) LIMIT 1)`)
		if err == nil {
			_, err = tx.Exec(`UPDATE state SET heads = heads - 1`)
		}
		return err
	}))
}

// cmdForge: forge DIRECTORY writes a copy of the first event into a stopped ledger's log, as somebody does who
// has the database and no key.
func cmdForge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: forge DIRECTORY")
	}
	db, err := sqldb.OpenSQLite(context.Background(), filepath.Join(ts.MkAbs(args[0]), "log.db"), sqldb.Options{})
	ts.Check(err)
	defer db.Close()
	ts.Check(db.Tx(context.Background(), func(tx *sql.Tx) error {
		for _, text := range []string{
			`INSERT INTO events (seq, revision, logtime, stream, envelope, payload, mac)
				SELECT (SELECT next FROM head), (SELECT MAX(revision) + 1 FROM events e WHERE e.stream = f.stream), (SELECT logtime FROM head), stream, envelope, payload, mac FROM events f WHERE seq = 0`,
			`INSERT INTO claims (key, seq, digest) SELECT randomblob(24), next, randomblob(32) FROM head`,
			`UPDATE head SET next = next + 1`,
		} {
			if _, err := tx.Exec(text); err != nil {
				return err
			}
		}
		return nil
	}))
}

// cmdFind: find NAME REGEXP keeps what a group of the expression matches in the last standard output
// as $NAME.
func cmdFind(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: find NAME REGEXP")
	}
	m := regexp.MustCompile(`(?m)` + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(m) != 2 {
		ts.Fatalf("nothing, or no group, for %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
