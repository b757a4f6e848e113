package monitor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/heads"
)

// Door is where a ledger takes the notes of those who replay it, and shows the newest of each. What it
// takes is signed by a replayer that its policy names, and says what the ledger itself says.
type Door struct {
	Seals     *seal.Sealer
	Epochs    *epochs.Keeper
	Replayers []heads.Replayer
	Dir       string // where notes are kept; made when the first comes
	Internal  func(error)

	mu sync.Mutex // one note at a time
}

const (
	maxNote = 16 << 10
	// oldest is how many epochs a note may be behind.
	oldest = 1000
)

// ServeHTTP answers POST /replayed and GET /replayed/NAME.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		d.take(w, r)
		return
	}
	text, err := os.ReadFile(d.path(r.PathValue("name")))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.NotFound(w, r)
	case err != nil:
		d.failed(w, err)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		w.Write(text)
	}
}

func (d *Door) path(name string) string { return filepath.Join(d.Dir, url.PathEscape(name)+".note") }

func (d *Door) failed(w http.ResponseWriter, err error) {
	d.Internal(err)
	http.Error(w, "internal error", http.StatusInternalServerError)
}

// take takes a note, unless a newer one by the same replayer is here.
func (d *Door) take(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNote))
	if err != nil {
		http.Error(w, fmt.Sprintf("the note is longer than %d bytes", maxNote), http.StatusRequestEntityTooLarge)
		return
	}
	for _, p := range d.Replayers {
		said, err := p.Open(text)
		if err != nil {
			continue
		}
		wrong, err := d.judge(r, said)
		switch {
		case err != nil:
			d.failed(w, err)
		case wrong != "":
			http.Error(w, wrong, http.StatusConflict)
		default:
			if err := d.keep(p, said, text); err != nil {
				d.failed(w, err)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}
		return
	}
	http.Error(w, "this is no note signed by a replayer that this ledger's policy names", http.StatusForbidden)
}

// judge says what of a note isn't so, "" when all of it is.
func (d *Door) judge(r *http.Request, said heads.Replayed) (string, error) {
	if said.Origin != d.Seals.Origin() {
		return "the note is about another log", nil
	}
	root, err := d.Seals.RootAt(r.Context(), said.Tree.N)
	if errors.Is(err, seal.ErrNotSealed) {
		return "the note is about more events than are sealed here", nil
	}
	if err != nil {
		return "", err
	}
	if root != said.Tree.Hash {
		return "the note's root is not the one that this log has at that size", nil
	}
	if said.Size == 0 {
		return "", nil
	}
	made, err := d.Epochs.Newest(r.Context(), oldest)
	if err != nil {
		return "", err
	}
	for _, e := range made {
		if e.Size == said.Size && e.Root == fmt.Sprintf("%x", said.Root[:]) {
			return "", nil
		}
	}
	return "the note's epoch is none of the newest here", nil
}

func (d *Door) keep(p heads.Replayer, said heads.Replayed, text []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if before, err := os.ReadFile(d.path(p.Name)); err == nil {
		if r, err := p.Open(before); err == nil && r.Tree.N > said.Tree.N {
			return nil
		}
	}
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return fmt.Errorf("keep a replayer's note: %w", err)
	}
	return Keep(d.path(p.Name), text)
}
