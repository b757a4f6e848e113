package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger/eventstore/esdbtest"
	"muniment/projections"
)

// TestIncidentsAreFindings: what is done to the log's streams past Muniment becomes an event and a
// finding, once, also over a restart.
func TestIncidentsAreFindings(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	double := esdbtest.Start(t, esdbtest.Options{})
	dir := t.TempDir()
	c := houseConfig{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Create: true, Log: newLogger(io.Discard, true, true), Now: time.Now, Stores: stores{Ledger: double.URL(), Timeout: 5 * time.Second}}
	for round := range 2 {
		h, err := openHouse(ctx, c)
		must(t, err)
		err = h.following(ctx, func(ctx context.Context) error {
			if round == 0 {
				double.Put("muniment.tenant-"+domain.NewID().String(), "theirs", domain.NewID(), nil, []byte("{}"))
				double.Put("$$muniment.tenant-"+domain.NewID().String(), "$metadata", domain.NewID(), nil, []byte(`{"$maxAge":60}`))
			}
			if err := h.ledger.Log.Wait(ctx, 1); err != nil { // two events
				return err
			}
			if err := h.raise(ctx); err != nil { // whatever the watcher did, nothing is kept twice
				return err
			}
			if err := h.settled(ctx); err != nil {
				return err
			}
			r := h.views.In(projections.Scope{All: true})
			at, err := r.Viewpoint(ctx, 0, 0, time.Now())
			must(t, err)
			found, err := r.Findings(ctx, projections.StateFilter{Statuses: []string{"OPEN"}}, at, projections.Page{First: 10})
			must(t, err)
			places := map[domain.FindingKind]string{}
			for _, f := range found.Edges {
				places[f.Node.State.Finding] = f.Node.State.Place
			}
			if len(found.Edges) != 2 || !strings.HasPrefix(places["LOG_FOREIGN"], "muniment.tenant-") || !strings.HasPrefix(places["LOG_TRUNCATION"], "muniment.tenant-") {
				t.Errorf("round %d: %+v", round, places)
			}
			return nil
		})
		must(t, err)
		must(t, h.Close())
	}
}

// TestEveryFindingHasWords: the desk says what each kind of finding is.
func TestEveryFindingHasWords(t *testing.T) {
	for _, kind := range domain.FindingKind("").Values() {
		if wrong[domain.FindingKind(kind)] == "" {
			t.Errorf("%s: the desk has no words for it", kind)
		}
	}
}
