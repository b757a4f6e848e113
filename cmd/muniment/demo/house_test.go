package demo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/mail"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/graphql"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
	"muniment/ledger/vault"
	"muniment/notices"
	"muniment/projections"
)

// open opens all rooms on a new directory, as serve does, and lets them work until the test ends.
func open(t *testing.T) World {
	t.Helper()
	dir, id, ctx := t.TempDir(), domain.NewID(), t.Context()
	db := func(name string) *sqldb.DB {
		d := dbtest.Open(t, filepath.Join(dir, name), sqldb.Options{})
		t.Cleanup(func() { d.Close() })
		return d
	}
	keys := must(vault.CreateKeysDir(filepath.Join(dir, "keys"), id))(t)
	log := must(ledger.Authenticate(must(sqlstore.Open(ctx, db("log.db")))(t), id, ledger.RowKey{Number: 1}))(t)
	v := must(vault.Open(ctx, db("vault.db"), keys, id))(t)
	l := &ledger.Ledger{ID: id, Log: log, Vault: v, Now: time.Now}
	views := must(projections.Open(ctx, db("views.db"), log, bytes.Repeat([]byte{1}, 32)))(t)
	tokens := must(access.Open(ctx, db("access.db"), time.Now, keys, func(context.Context, domain.Actor, domain.Event) error { return nil }))(t)
	quiet := logrus.New()
	quiet.SetOutput(io.Discard)
	seals := must(seal.Open(ctx, seal.Config{Log: log, DB: db("seal.db"), Tiles: seal.Tiles(filepath.Join(dir, "tiles")), Keys: keys.LogKeys, Ledger: id,
		Warn: func(what string, err error) { t.Error(what, err) }}))(t)
	heads := must(epochs.Open(ctx, db("heads.db")))(t)
	api := must(graphql.Open(graphql.Config{Sender: func(context.Context) (string, string) { return "Callwick AB", "privacy@callwick.example.com" }, Ledger: l, Views: views, Access: tokens, Seals: seals, Epochs: &epochs.Keeper{Ledger: l, Seals: seals, Store: heads}, Pending: v.Pending, Log: quiet}))(t)
	seen := directory{views}
	n := must(notices.Open(ctx, notices.Config{Ledger: l, DB: db("queue.db"), Directory: seen, Register: seen, Links: bytes.Repeat([]byte{2}, 32),
		BaseURL: "https://ledger.example.com", From: mail.Address{Name: "Privacy team", Address: "privacy@example.com"}, Outbox: filepath.Join(dir, "outbox"), Log: quiet}))(t)
	run, stop := context.WithCancel(context.Background())
	var rooms errgroup.Group
	for _, room := range []func() error{func() error { return v.Follow(run, log) }, func() error { return views.Follow(run) }, func() error { return seals.Run(run) }, func() error { return n.Run(run) }} {
		rooms.Go(func() error {
			if err := room(); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		})
	}
	t.Cleanup(func() {
		stop()
		if err := rooms.Wait(); err != nil {
			t.Error(err)
		}
		log.Close()
	})
	return World{Ledger: l, Views: views, API: api, Access: tokens, Now: time.Now, Out: io.Discard, BaseURL: "https://ledger.example.com"}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// directory is what the notices room asks of the views; no page of the register is shown here.
type directory struct{ *projections.Views }

func (d directory) Accounts(ctx context.Context, v domain.Viewpoint) (all []notices.Account, err error) {
	r := d.In(projections.Scope{All: true})
	list, err := r.Tenants(ctx, projections.StateFilter{}, v, projections.Page{})
	if err != nil {
		return nil, err
	}
	for _, e := range list.Edges {
		a := notices.Account{Tenant: e.Node.State}
		if terms, err := r.Agreement(ctx, e.Node.ID, v); err != nil {
			return nil, err
		} else if terms != nil {
			a.Agreement = terms.State
		}
		all = append(all, a)
	}
	return all, nil
}

func (directory) On(context.Context, domain.Date) ([]notices.Row, error)        { return nil, nil }
func (directory) Versions(context.Context) ([]notices.Version, error)           { return nil, nil }
func (directory) Announcements(context.Context) ([]notices.Announcement, error) { return nil, nil }

// overheard keeps what is sent to a handler.
type overheard struct {
	http.Handler
	mu   sync.Mutex
	said bytes.Buffer
}

func (o *overheard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	r.Body = io.NopCloser(io.TeeReader(r.Body, &o.said))
	o.Handler.ServeHTTP(w, r)
	o.mu.Unlock()
}
