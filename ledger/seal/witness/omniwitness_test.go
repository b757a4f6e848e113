package witness

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/sealtest"
)

// omniVersion is the witness that others run for public logs.
const omniVersion = "v0.0.0-20260720115447-2e1c6971d19e"

// omniwitness builds the program once for this user, and skips the test, loudly, where it can't be had.
func omniwitness(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "muniment-tests", omniVersion)
	program := filepath.Join(dir, "omniwitness")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	build := exec.Command("go", "install", "github.com/transparency-dev/witness/cmd/omniwitness@"+omniVersion)
	build.Dir = t.TempDir() // outside this module
	build.Env = append(os.Environ(), "GOBIN="+dir)
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no omniwitness can be built here, so no witness but our own double was asked: %v\n%s", err, out)
	}
	return program
}

// startWitness starts one for a log, on a free port, and returns its line of a policy.
func startWitness(t *testing.T, origin, vkey string) string {
	t.Helper()
	program, dir := omniwitness(t), t.TempDir()
	secret, _, err := note.GenerateKey(rand.Reader, "witness.example.org/omni")
	if err != nil {
		t.Fatal(err)
	}
	// PRIVATE+KEY+name+hash+base64 of the algorithm's byte and the seed; base64 has plus signs of its own.
	seed, err := base64.StdEncoding.DecodeString(strings.SplitN(secret, "+", 5)[4])
	if err != nil {
		t.Fatal(err)
	}
	public, err := torchwood.NewCosignatureSigner("witness.example.org/omni", ed25519.NewKeyFromSeed(seed[1:]))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	logs := fmt.Sprintf("Logs:\n  - Origin: %s\n    URL: http://127.0.0.1:1/\n    PublicKey: %s\n    Feeder: none\n", origin, vkey)
	var out bytes.Buffer
	cmd := exec.Command(program, "-private_key_path", write("key", secret), "-db_file", filepath.Join(dir, "db"),
		"-additional_logs", write("logs.yaml", logs), "-listen", addr, "-metrics_listen", "")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("the witness said:\n%s", &out)
		}
	})
	for end := time.Now().Add(20 * time.Second); ; {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			break
		} else if time.Now().After(end) {
			t.Fatalf("the witness doesn't listen: %v\n%s", err, &out)
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
	return fmt.Sprintf("witness omni %s http://%s/", public.Verifier(), addr)
}

// log is a log with its sealer and feed.
type log struct {
	*ledgertest.Ledger
	sealer *seal.Sealer
	feed   *Feed
	alarms []Alarm
	warned []string
}

const origin = "ledger.example.com/witnessed"

func newLog(t *testing.T) *log {
	l := &log{Ledger: ledgertest.Open(t)}
	var err error
	if l.sealer, err = seal.Open(t.Context(), seal.Config{Log: l.Log, DB: l.DB("seal.db"), Tiles: seal.Tiles(filepath.Join(l.Dir, "tiles")), Origin: origin,
		Key: func(bool) ([]byte, error) { return make([]byte, 32), nil }, Warn: func(what string, err error) { t.Error(what, err) }}); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *log) witnessed(t *testing.T, lines string) []byte {
	t.Helper()
	text := []byte("log " + l.sealer.VKey() + "\n" + lines)
	p, err := ParsePolicy(text, l.sealer.VKey())
	if err != nil {
		t.Fatal(err)
	}
	l.feed = &Feed{Sealer: l.sealer, Policy: p, Client: &http.Client{}, seen: make([]int64, len(p.Witnesses)),
		Alarm: func(a Alarm) { l.alarms = append(l.alarms, a) },
		Warn:  func(what string, err error) { l.warned = append(l.warned, fmt.Sprint(what, ": ", err)) }}
	return text
}

func (l *log) grow(t *testing.T, n int) seal.Checkpoint {
	t.Helper()
	sealtest.Append(t, l.Log, n)
	if err := l.sealer.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l.sealer.Checkpoint()
}

// TestOmniwitness: a real witness signs each checkpoint, and finds a fork and a rollback.
func TestOmniwitness(t *testing.T) {
	l := newLog(t)
	line := startWitness(t, origin, l.sealer.VKey())
	policy := l.witnessed(t, line+"\nquorum omni\n")
	for _, n := range []int{300, 1, 255, 700} {
		c := l.grow(t, n)
		if !l.feed.round(t.Context(), c) {
			t.Fatalf("size %d is not signed: %v %v", c.Size, l.warned, l.alarms)
		}
		if l.sealer.State(c.Size-1) != seal.Cosigned || l.sealer.State(c.Size) != seal.Durable {
			t.Errorf("size %d: the last event is %s", c.Size, l.sealer.State(c.Size-1))
		}
		judge, err := torchwood.ParsePolicy(policy)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := torchwood.VerifyCheckpoint(l.sealer.Published().Text, judge); err != nil {
			t.Errorf("size %d: torchwood: %v", c.Size, err)
		}
	}

	// Started again, the log asks what the witness has seen, and has the same size signed again.
	l.feed.seen[0] = 0
	if !l.feed.round(t.Context(), l.sealer.Checkpoint()) {
		t.Fatalf("not signed again: %v %v", l.warned, l.alarms)
	}

	for name, c := range map[string]struct {
		events int
		want   Alarm
	}{
		"an older backup":              {500, Alarm{Rollback, "omni", 1256, 500}},
		"another log of the same size": {1256, Alarm{Fork, "omni", 1256, 1256}},
		"a longer log":                 {1300, Alarm{Fork, "omni", 1256, 1300}},
	} {
		t.Run(name, func(t *testing.T) {
			other := newLog(t)
			other.witnessed(t, line+"\nquorum omni\n")
			checkpoint := other.grow(t, c.events)
			if other.feed.round(t.Context(), checkpoint) {
				t.Error("it was signed")
			}
			if len(other.alarms) != 1 || other.alarms[0] != c.want {
				t.Errorf("got %v, want %v", other.alarms, c.want)
			}
			if other.sealer.State(0) != seal.Sealed {
				t.Errorf("the first event is %s", other.sealer.State(0))
			}
		})
	}
}

// TestWitnessAway: with a witness that doesn't answer everything goes on as without; when it is back, it signs.
func TestWitnessAway(t *testing.T) {
	l := newLog(t)
	line := startWitness(t, origin, l.sealer.VKey())
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent.Close()
	away := strings.Replace(line[:strings.LastIndex(line, "http")], "witness omni", "witness away", 1)
	l.witnessed(t, away+"http://"+silent.Addr().String()+"/\nquorum away\n")
	c := l.grow(t, 10)
	if l.feed.round(t.Context(), c) || l.sealer.State(9) != seal.Sealed || len(l.warned) == 0 {
		t.Fatalf("state %s, warned of %v", l.sealer.State(9), l.warned)
	}
	l.witnessed(t, line+"\nquorum omni\n")
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- l.feed.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); l.sealer.State(9) != seal.Cosigned; {
		if time.Now().After(end) {
			t.Fatal("not signed")
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
	stop()
	<-ran
}

// TestPolicy: a policy of another log, or without anybody to ask, is refused with what is missing.
func TestPolicy(t *testing.T) {
	ours, err := seal.NewSigner(origin, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.NewSigner("other.example.com", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	key, err := torchwood.NewCosignatureSigner("witness.example.org", ed25519.NewKeyFromSeed(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	witness := "witness w " + key.Verifier().String()
	for text, want := range map[string]string{
		"log " + other.VKey() + "\n" + witness + " https://witness.example.org/\nquorum w\n": "not about this log",
		"log " + ours.VKey() + "\nquorum none\n":                                             "names no witness",
		"log " + ours.VKey() + "\n" + witness + "\nquorum w\n":                               "names no witness",
		"log " + ours.VKey() + "\n" + witness + " ftp://witness.example.org\nquorum w\n":     "line 2: expected the witness's URL",
		"log " + ours.VKey() + "\n" + witness + " https://witness.example.org\n":             "no quorum",
	} {
		if _, err := ParsePolicy([]byte(text), ours.VKey()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
