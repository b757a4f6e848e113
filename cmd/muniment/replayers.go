package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"muniment/ledger/monitor"
	"muniment/ledger/seal/heads"
)

// replayedDir is where the notes of replayers lie in the data directory: they can be handed in again.
const replayedDir = "replayed"

// replayed takes and shows the notes of those who replay this ledger.
func (h *house) replayed() http.Handler {
	return &monitor.Door{Seals: h.seals, Epochs: h.epochs, Replayers: h.replayers, Dir: filepath.Join(h.dir.path, replayedDir),
		Internal: func(err error) { h.log.WithField("error", err.Error()).Error("a replayer's note") }}
}

// notes are those about trees of more leaves than so many. It waits so long for the replayers that are known
// by the policy of serve; what came by then is what there is.
func (h *house) notes(ctx context.Context, leaves int64, wait time.Duration) (notes []string, err error) {
	end := h.now().Add(wait)
	for {
		if notes, err = h.notesNow(leaves); err != nil || len(notes) >= len(h.replayers) || h.now().After(end) {
			return notes, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (h *house) notesNow(leaves int64) (notes []string, err error) {
	files, err := os.ReadDir(filepath.Join(h.dir.path, replayedDir)) // sorted
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, file := range files {
		if filepath.Ext(file.Name()) != ".note" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(h.dir.path, replayedDir, file.Name()))
		if err != nil {
			return nil, err
		}
		if said, err := heads.ParseReplayed(heads.Unsigned(string(text))); err == nil && said.Tree.N > leaves {
			notes = append(notes, string(text))
		}
	}
	return notes, nil
}
