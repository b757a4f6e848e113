package bundle_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger/bundle"
	"muniment/ledger/seal/heads"
	"muniment/ledger/seal/verify"
)

// TestReplayersWord: a replayer that the policy names is demanded; its word counts when it covers the
// bundle's epoch in this very log, and not otherwise.
func TestReplayersWord(t *testing.T) {
	w := newWorld(t)
	secret, vkey, err := note.GenerateKey(nil, "auditor.example.org")
	w.ok(err)
	stranger, _, err := note.GenerateKey(nil, "auditor.example.org")
	w.ok(err)
	notary, _, err := note.GenerateKey(nil, "notary.example.org")
	w.ok(err)
	const another = "— auditor.example.org CQkJCQcHBwcHBwcHBwcHBwcHBwc=\n" // of a kind that nobody here knows
	for name, c := range map[string]struct {
		change func(r *heads.Replayed)
		keys   []string
		more   string
		holds  bool
	}{
		"its word":               {func(*heads.Replayed) {}, []string{secret}, "", true},
		"with other signatures":  {func(*heads.Replayed) {}, []string{notary, secret}, another, true},
		"of another log":         {func(r *heads.Replayed) { r.Origin = "other.example.com" }, []string{secret}, "", false},
		"of another history":     {func(r *heads.Replayed) { r.Tree.Hash[0] ^= 1 }, []string{secret}, "", false},
		"of another epoch":       {func(r *heads.Replayed) { r.Root[0] ^= 1 }, []string{secret}, "", false},
		"before the epoch":       {func(r *heads.Replayed) { r.Tree.N-- }, []string{secret}, "", false},
		"by somebody else":       {func(*heads.Replayed) {}, []string{stranger}, "", false},
		"by others, and none of": {func(*heads.Replayed) {}, []string{stranger, notary}, another, false},
	} {
		t.Run(name, func(t *testing.T) {
			w.maker.Notes = func(ctx context.Context, leaves int64) ([]string, error) {
				size := leaves + 1
				root, err := w.sealer.RootAt(ctx, size)
				w.ok(err)
				said := heads.NewReplayed(w.sealer.Origin(), tlog.Tree{N: size, Hash: root}, w.maker.Epochs.Store.Last(), nil, true)
				c.change(&said)
				var signers []note.Signer
				for _, key := range c.keys {
					signer, err := note.NewSigner(key)
					w.ok(err)
					signers = append(signers, signer)
				}
				text, err := note.Sign(&note.Note{Text: said.String()}, signers...)
				return []string{string(text) + c.more}, err
			}
			text := w.make(w.of(w.anna), nil)
			d := w.demands()
			d.Policy = append(d.Policy, "#: replayer auditor "+vkey+"\n"...)
			if c.holds {
				w.both(t, text, d, true, "on the word of auditor")
			} else {
				w.both(t, text, d, false, "complete   --  all that was kept")
				w.both(t, text, d, false, "demands the word of auditor")
			}
			w.holds(text) // whose word it is matters only to who asked for it
		})
	}
}

// TestNotesOfOthers: what is no note, or about more than is sealed, is left out of the bundle.
func TestNotesOfOthers(t *testing.T) {
	w := newWorld(t)
	w.maker.Notes = func(context.Context, int64) ([]string, error) {
		later := heads.NewReplayed(w.sealer.Origin(), tlog.Tree{N: 1 << 30}, nil, nil, false)
		return []string{"", "hello\n\n— x y\n", later.String() + "\n— auditor.example.org AAAAAAAA\n"}, nil
	}
	text := w.make(w.of(w.anna), nil)
	w.holds(text)
	if !strings.Contains(string(w.files(text)[bundle.HeadsFile]), `"replayed":[]`) {
		t.Error("a note is in it that says nothing")
	}
}

// TestWithdrawnEpoch: a bundle that leans on an epoch is refused when a replayer's note says that it was withdrawn, be
// the note in the bundle or newer than that; one made since leans on the next epoch.
func TestWithdrawnEpoch(t *testing.T) {
	w := newWorld(t)
	secret, vkey, err := note.GenerateKey(nil, "auditor.example.org")
	w.ok(err)
	signer, err := note.NewSigner(secret)
	w.ok(err)
	old := w.make(w.of(w.anna), nil)
	w.holds(old)
	wrong := w.maker.Epochs.Store.Last()
	next, err := w.maker.Epochs.Withdraw(t.Context(), wrong.Seq, "DAMAGED_HEADS", domain.Actor{Kind: domain.Person})
	w.ok(err)
	if next.Seq <= wrong.Seq || next.Size <= wrong.Size {
		t.Fatalf("%+v after %+v", next, wrong)
	}
	c := w.sealer.Checkpoint()
	said := heads.NewReplayed(w.sealer.Origin(), tlog.Tree{N: c.Size, Hash: tlog.Hash(c.Root)}, next, []int64{wrong.Seq}, true)
	signed, err := note.Sign(&note.Note{Text: said.String()}, signer)
	w.ok(err)
	d := w.demands()
	d.Policy = append(d.Policy, "#: replayer auditor "+vkey+"\n"...)
	d.Replayed = [][]byte{signed}
	if err := verify.Bundle(old, d, io.Discard); err == nil || !strings.Contains(err.Error(), "auditor says that the epoch at event") {
		t.Errorf("the old bundle: %v", err)
	}
	w.maker.Notes = func(context.Context, int64) ([]string, error) { return []string{string(signed)}, nil }
	good := w.make(w.of(w.anna), nil)
	if err := verify.Bundle(good, d, io.Discard); err != nil {
		t.Error(err)
	}
	lie := func(change func(*heads.Replayed)) func(l *liar) {
		return func(l *liar) {
			r := said
			change(&r)
			text, err := note.Sign(&note.Note{Text: r.String()}, signer)
			w.ok(err)
			f, err := bundle.ParseHeadFile(l.files[bundle.HeadsFile], l.of(l.anna).Heads(), bundle.None)
			w.ok(err)
			f.Replayed[0].Note = string(text)
			l.files[bundle.HeadsFile] = f.Text()
		}
	}
	lies(t, w, good, map[string]struct {
		lie  func(*liar)
		says string
	}{
		"withdrawn":          {lie(func(r *heads.Replayed) { r.Withdrawn = []int64{next.Seq} }), "says that the epoch at event"},
		"of another log":     {lie(func(r *heads.Replayed) { r.Origin = "other.example.com" }), "is of another log"},
		"of another history": {lie(func(r *heads.Replayed) { r.Tree.Hash[0] ^= 1 }), "is not the beginning of the checkpoint's"},
		"of another map":     {lie(func(r *heads.Replayed) { r.Root[0] ^= 1 }), "knows another map"},
	})
}
