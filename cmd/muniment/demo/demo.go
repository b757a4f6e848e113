// Package demo loads a believable small world through the public doors: the intake and the
// commands of the API. All people and companies in it but Twilio and AWS are made up; their numbers,
// domains and network addresses are reserved for examples.
package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/projections"
)

// World is where the demo goes. Views, vault and notices must follow the ledger's log meanwhile.
type World struct {
	Ledger  *ledger.Ledger
	Views   *projections.Views
	API     http.Handler // GraphQL
	Access  *access.Store
	Now     func() time.Time
	Out     io.Writer
	BaseURL string
}

// Link is a page worth opening.
type Link struct{ Title, URL string }

// Load loads the world once, into an empty ledger; a ledger that has other events is left as it is.
// A load that was cut off is gone on with: every import keeps nothing twice, every decision is taken
// only where it has not been, and the last event says that all is there.
func Load(ctx context.Context, w World) ([]Link, error) {
	e, ours, err := w.era(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the first event: %w", err)
	}
	if !ours {
		fmt.Fprintln(w.Out, "The ledger has events of its own, so the demo was not loaded: name an empty --data for it.")
		return w.publicLinks(), nil
	}
	s := newStory(e)
	done, err := w.complete(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("look for the last event: %w", err)
	}
	if !done {
		begun := w.Now()
		if err := w.tell(ctx, s); err != nil {
			return nil, err
		}
		fmt.Fprintf(w.Out, "The demo was loaded in %.1f s.\n", w.Now().Sub(begun).Seconds())
	}
	return w.links(ctx, s)
}

// tell loads everything, in the order in which later parts rely on earlier ones.
func (w World) tell(ctx context.Context, s *story) error {
	for _, in := range s.inputs() {
		if err := w.take(ctx, in); err != nil {
			return err
		}
	}
	if err := w.seen(ctx); err != nil {
		return err
	}
	if err := w.change(ctx, s); err != nil {
		return fmt.Errorf("the change under objection: %w", err)
	}
	return w.take(ctx, input{"the last sign-in", events(s.last())})
}

// seen waits until the views have all that was kept.
func (w World) seen(ctx context.Context) error {
	next, err := w.Ledger.Log.Next(ctx)
	if err != nil {
		return err
	}
	return w.Views.Wait(ctx, next-1)
}

// era tells when the demo's present is: now for an empty ledger, else as its first event says, so
// that a load that is gone on with makes the same records again. ours is false when the first event
// is somebody else's.
func (w World) era(ctx context.Context) (e era, ours bool, err error) {
	first, err := w.Ledger.Log.Read(ctx, 0, 1)
	if err != nil {
		return e, false, err
	}
	if len(first) == 0 {
		return era{w.Now().UTC().Truncate(time.Second)}, true, nil
	}
	k, err := ledger.Decode(first[0])
	if err != nil {
		return e, false, err
	}
	o, ok := k.Event.(domain.OrganisationEstablished)
	return eraOf(k.Occurred.At), ok && k.Source == source && o.Name == organisation, nil
}

// complete reports whether the last event was kept.
func (w World) complete(ctx context.Context, s *story) (bool, error) {
	naming, err := w.Ledger.Vault.NamingKey(ctx, domain.Operator)
	if err != nil {
		return false, err
	}
	last := s.last()[0]
	id := domain.DeriveID(naming, s.now, source, last.SourceID, last.Kind, 0)
	found, err := w.Ledger.Log.Prior(ctx, []ledger.Key{{ID: id}})
	return err == nil && found[0].Seq >= 0, err
}
