package heads

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// replayOf is a replay over n leaves of one tag.
func replayOf(t *testing.T, n int) *Replay {
	t.Helper()
	r := &Replay{Heads: &Memory{}}
	for i := range n {
		if err := r.Add(context.Background(), Leaf{Seq: int64(i), Tenant: oneTag, Hash: tlog.Hash{byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestFarBehind: a replay remembers so many leaves and no more; an epoch that covers less is refused.
func TestFarBehind(t *testing.T) {
	r := replayOf(t, MaxBehind+2)
	if len(r.waiting) > MaxBehind || r.Size == 0 {
		t.Fatalf("%d leaves wait, %d are gathered", len(r.waiting), r.Size)
	}
	err := r.Add(context.Background(), Leaf{Seq: MaxBehind + 2, Epoch: &Epoch{Size: 5, Count: 1}})
	var l Lie
	if !errors.As(err, &l) || !strings.Contains(err.Error(), "at most 1048576 behind") {
		t.Fatalf("got %v", err)
	}
}

// TestOutOfPlace: a leaf that says it stands elsewhere is refused.
func TestOutOfPlace(t *testing.T) {
	var l Lie
	if err := replayOf(t, 3).Add(context.Background(), Leaf{Seq: 4}); !errors.As(err, &l) {
		t.Fatalf("got %v", err)
	}
}

// TestEarlier: log time never falls, and so a period's events lie together.
func TestEarlier(t *testing.T) {
	r := replayOf(t, 3)
	r.Time = 9
	var l Lie
	if err := r.Add(context.Background(), Leaf{Seq: 3, Time: 8}); !errors.As(err, &l) {
		t.Fatalf("got %v", err)
	}
}
