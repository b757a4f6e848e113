package monitor

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/heads"
)

// TestDoor: a note is taken when a known replayer signed it and it says what the log says; the newest is shown.
func TestDoor(t *testing.T) {
	w := newWatched(t)
	w.grow(40, true)
	early, err := w.look()
	w.ok(err)
	w.grow(40, true)
	late, err := w.look()
	w.ok(err)
	replayer := func(name string) (note.Signer, heads.Replayer) {
		skey, vkey, err := note.GenerateKey(nil, name)
		w.ok(err)
		signer, err := note.NewSigner(skey)
		w.ok(err)
		ours, err := heads.ReadPolicy([]byte("#: replayer auditor " + vkey + "\n"))
		w.ok(err)
		return signer, ours.Replayers[0]
	}
	known, auditor := replayer("auditor.example.org")
	unknown, _ := replayer("other.example.org")
	door := &Door{Seals: w.seals, Epochs: w.keeper, Replayers: []heads.Replayer{auditor}, Dir: filepath.Join(w.dir, "notes"), Internal: func(err error) { t.Error(err) }}
	mux := http.NewServeMux()
	mux.Handle("POST /replayed", door)
	mux.Handle("GET /replayed/{name}", door)
	post := func(r heads.Replayed, by note.Signer) int {
		text, err := note.Sign(&note.Note{Text: r.String()}, by)
		w.ok(err)
		a := httptest.NewRecorder()
		mux.ServeHTTP(a, httptest.NewRequest(http.MethodPost, "/replayed", strings.NewReader(string(text))))
		return a.Code
	}
	changed := func(change func(r *heads.Replayed)) heads.Replayed { r := late.Replayed; change(&r); return r }
	for name, c := range map[string]struct {
		said heads.Replayed
		by   note.Signer
		want int
	}{
		"by somebody":      {late.Replayed, unknown, http.StatusForbidden},
		"another log":      {changed(func(r *heads.Replayed) { r.Origin = "other.example.com" }), known, http.StatusConflict},
		"another history":  {changed(func(r *heads.Replayed) { r.Tree.Hash = tlog.Hash{1} }), known, http.StatusConflict},
		"more than sealed": {changed(func(r *heads.Replayed) { r.Tree.N = 900 }), known, http.StatusConflict},
		"another epoch":    {changed(func(r *heads.Replayed) { r.Root = tlog.Hash{1} }), known, http.StatusConflict},
	} {
		if got := post(c.said, c.by); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	shown := func() string {
		a := httptest.NewRecorder()
		mux.ServeHTTP(a, httptest.NewRequest(http.MethodGet, "/replayed/auditor", nil))
		return a.Body.String()
	}
	for _, r := range []heads.Replayed{early.Replayed, late.Replayed, early.Replayed} {
		if got := post(r, known); got != http.StatusNoContent {
			t.Fatalf("an honest note: %d", got)
		}
	}
	if !strings.HasPrefix(shown(), late.String()) {
		t.Errorf("shown: %s", shown())
	}
	a := httptest.NewRecorder()
	mux.ServeHTTP(a, httptest.NewRequest(http.MethodPost, "/replayed", strings.NewReader(strings.Repeat("x", maxNote+1))))
	if a.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too long: %d", a.Code)
	}
}
