package verify

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal/heads"
)

// epoch appends an epoch that says what some leaves give, or something else.
func (f *found) epoch(id string, stream domain.ID, leaves func([]heads.Leaf) []heads.Leaf, say func(*domain.EpochSealed)) {
	f.t.Helper()
	ctx := f.t.Context()
	all, err := f.sealer.Places(ctx, 0, int(f.sealer.Checkpoint().Size))
	if err != nil {
		f.t.Fatal(err)
	}
	size := int64(len(all))
	if leaves != nil {
		all = leaves(all)
	}
	var m heads.Memory
	m.Apply(ctx, all)
	sum, _ := m.Sum(ctx)
	e := domain.EpochSealed{Size: size, Count: sum.Count, Root: hex.EncodeToString(sum.Root[:]), Map: domain.HeadsMap1}
	if say != nil {
		say(&e)
	}
	if _, err := f.Once(ctx, ledger.Command{Name: "sealEpoch", Stream: domain.Stream{Noun: "epoch", ID: stream}, Key: id, Principal: "epochs", Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}}, e); err != nil {
		f.t.Fatal(err)
	}
	if err := f.sealer.Seal(ctx); err != nil {
		f.t.Fatal(err)
	}
	f.kept.Last = f.sealer.Checkpoint().Text
}

// without leaves one subject out of an event's leaf.
func without(seq int) func([]heads.Leaf) []heads.Leaf {
	return func(all []heads.Leaf) []heads.Leaf { all[seq].Subjects = nil; return all }
}

// TestEpochLies: whatever an epoch says otherwise than the events, it is named.
func TestEpochLies(t *testing.T) {
	foreign := func(all []heads.Leaf) []heads.Leaf { all[300].Subjects = all[301].Subjects; return all }
	twice := func(all []heads.Leaf) []heads.Leaf {
		all[300].Subjects = append(all[300].Subjects, all[300].Subjects[0])
		return all
	}
	for name, c := range map[string]struct {
		lie  func(f *found)
		want string
	}{
		"honest": {func(f *found) { f.epoch("1", f.ID, nil, nil); f.epoch("2", f.ID, nil, nil) }, ""},
		"an event left out of a head": {func(f *found) {
			f.epoch("1", f.ID, nil, nil)
			f.epoch("2", f.ID, func(all []heads.Leaf) []heads.Leaf { return without(shared(all))(all) }, nil)
		}, "complete: epoch at event 701 says root"},
		"a whole head left out": {func(f *found) {
			f.epoch("1", f.ID, func(all []heads.Leaf) []heads.Leaf { return without(alone(all))(all) }, nil)
		}, "complete: epoch at event 700 says that there are"},
		"put into a foreign head": {func(f *found) { f.epoch("1", f.ID, foreign, nil) }, "complete: epoch at event 700 says"},
		"counted twice":           {func(f *found) { f.epoch("1", f.ID, twice, nil) }, "complete: epoch at event 700 says root"},
		"another count":           {func(f *found) { f.epoch("1", f.ID, nil, func(e *domain.EpochSealed) { e.Count++ }) }, "complete: epoch at event 700 says that there are"},
		"less than before": {func(f *found) {
			f.epoch("1", f.ID, nil, nil)
			f.epoch("2", f.ID, nil, func(e *domain.EpochSealed) { e.Size = 699 })
		}, "complete: epoch at event 701 covers 699 events, not more than"},
		"an older state": {func(f *found) {
			f.epoch("1", f.ID, nil, nil)
			f.epoch("2", f.ID, func(all []heads.Leaf) []heads.Leaf { return all[:600] }, nil)
		}, "complete: epoch at event 701 says that there are"},
		"more than there was":      {func(f *found) { f.epoch("1", f.ID, nil, func(e *domain.EpochSealed) { e.Size = 701 }) }, "complete: epoch at event 700 says that it covers 701"},
		"epochs in another stream": {func(f *found) { f.epoch("1", f.ID, nil, nil); f.epoch("2", domain.ID{9}, nil, nil) }, "complete: epoch at event 701 does not follow"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFound(t)
			c.lie(f)
			var out bytes.Buffer
			err := Log(t.Context(), f.kept, f.demands(), &out)
			var l Lie
			if c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.As(err, &l)) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if c.want == "" && (err != nil || !strings.Contains(out.String(), "complete   ok  by our own replay: every epoch says what the events give, by the tenants and subjects that the events name; the last covers 701 of 702 events")) {
				t.Fatalf("%v\n%s", err, &out)
			}
		})
	}
}

// shared finds an event whose subject has others, alone one whose subject has none.
func shared(all []heads.Leaf) int { return ofHead(all, func(n int) bool { return n > 1 }) }
func alone(all []heads.Leaf) int  { return ofHead(all, func(n int) bool { return n == 1 }) }

func ofHead(all []heads.Leaf, fits func(events int) bool) int {
	n := map[tlog.Hash]int{}
	for _, l := range all {
		for _, tag := range l.Subjects {
			n[tag]++
		}
	}
	for i, l := range all {
		if len(l.Subjects) == 1 && fits(n[l.Subjects[0]]) {
			return i
		}
	}
	panic("no such event")
}

// withheld is a log that shows no entries.
type withheld struct{ *Kept }

func (withheld) Leaves(_ context.Context, _ int64, _ int, _ tlog.HashReader) ([][]byte, error) {
	return nil, ErrWithheld
}

// TestReplayersWord: where entries are withheld, a replayer's word counts if the policy names it, and is
// demanded then.
func TestReplayersWord(t *testing.T) {
	f := newFound(t)
	f.epoch("1", f.ID, nil, nil)
	c := f.sealer.Checkpoint()
	skey, vkey, err := note.GenerateKey(nil, "auditor.example.org")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(r heads.Replayed) []byte {
		text, err := note.Sign(&note.Note{Text: r.String()}, signer)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := heads.NewReplayed(f.sealer.Origin(), tlog.Tree{N: c.Size, Hash: c.Root}, &heads.Sealed{Epoch: heads.Epoch{Size: 700}}, nil, true)
	named := "\n#: replayer auditor " + vkey + "\n"
	for name, c := range map[string]struct {
		lines string
		note  func(r *heads.Replayed) bool
		want  string // in the error, or in the lines
	}{
		"nobody":           {"", nil, "complete   --  according to the operator"},
		"vouched for":      {named, func(*heads.Replayed) bool { return true }, "complete   ok  on auditor's word: heads replayed to size 701, and that tags match bodies; the last epoch covers 700 of 701"},
		"word missing":     {named, nil, "complete: not shown: the policy demands the word of auditor"},
		"not in policy":    {"", func(*heads.Replayed) bool { return true }, "the policy names no replayer"},
		"of another log":   {named, func(r *heads.Replayed) bool { r.Origin = "other.example.com"; return true }, "complete: the note of auditor is about the log other.example.com"},
		"of a larger log":  {named, func(r *heads.Replayed) bool { r.Tree.N = 900; return true }, "complete: auditor has replayed 900 events"},
		"of another story": {named, func(r *heads.Replayed) bool { r.Tree.N = 700; return true }, "complete: auditor has replayed another history"},
	} {
		t.Run(name, func(t *testing.T) {
			d := f.demands()
			d.Policy = append(d.Policy, c.lines...)
			r := good
			if c.note != nil && c.note(&r) {
				d.Replayed = [][]byte{sign(r)}
			}
			var out bytes.Buffer
			err := Log(t.Context(), withheld{f.kept}, d, &out)
			ok := err == nil && strings.Contains(out.String(), c.want) || err != nil && strings.Contains(err.Error(), c.want)
			if !ok {
				t.Errorf("want %q, got %v\n%s", c.want, err, &out)
			}
		})
	}
	d := f.demands()
	d.Policy = append(d.Policy, named...)
	d.Replayed = [][]byte{bytes.Replace(sign(good), []byte("\n701\n"), []byte("\n"+strconv.Itoa(702)+"\n"), 1)}
	if err := Log(t.Context(), withheld{f.kept}, d, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "isn't signed by auditor") {
		t.Errorf("a changed note: %v", err)
	}
}
