package witness

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"

	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/sealtest"
)

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
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { t.Error(what, err) }}); err != nil {
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
	line := sealtest.Omniwitness(t, origin, l.sealer.VKey())
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

	// A process that is started anew shows what was signed, before it asks again; not under a policy that
	// wants somebody else.
	again := seal.Config{Log: l.Log, DB: l.DB("seal.db"), Tiles: seal.Tiles(filepath.Join(l.Dir, "tiles")),
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { t.Error(what, err) }}
	var err error
	if l.sealer, err = seal.Open(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	l.witnessed(t, stranger(t)+" https://witness.example.org/\nquorum w\n")
	if size := l.feed.remember(t.Context()); size != 0 || l.sealer.State(0) != seal.Sealed {
		t.Errorf("under another policy %d events count as seen, and the first is %s", size, l.sealer.State(0))
	}
	l.witnessed(t, line+"\nquorum omni\n")
	if size := l.feed.remember(t.Context()); size != 1256 || l.sealer.State(1255) != seal.Cosigned {
		t.Errorf("after a start %d events count as seen, and the last is %s", size, l.sealer.State(1255))
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
	line := sealtest.Omniwitness(t, origin, l.sealer.VKey())
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

// stranger is a policy's line of a witness w that has signed nothing, but for its URL.
func stranger(t *testing.T) string {
	t.Helper()
	key, err := torchwood.NewCosignatureSigner("witness.example.org", ed25519.NewKeyFromSeed(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return "witness w " + key.Verifier().String()
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
	witness := stranger(t)
	for text, want := range map[string]string{
		"log " + other.VKeys()[0] + "\n" + witness + " https://witness.example.org/\nquorum w\n": "not about this log",
		"log " + ours.VKeys()[0] + "\nquorum none\n":                                             "names no witness",
		"log " + ours.VKeys()[0] + "\n" + witness + "\nquorum w\n":                               "names no witness",
		"log " + ours.VKeys()[0] + "\n" + witness + " ftp://witness.example.org\nquorum w\n":     "line 2: expected the witness's URL",
		"log " + ours.VKeys()[0] + "\n" + witness + " https://witness.example.org\n":             "no quorum",
	} {
		if _, err := ParsePolicy([]byte(text), ours.VKeys()[0]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
