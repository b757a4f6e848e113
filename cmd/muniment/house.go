package main

import (
	"cmp"
	"context"
	"errors"
	"net/mail"
	"path/filepath"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/graphql"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/erasure"
	"muniment/ledger/intake"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/heads"
	"muniment/ledger/sqldb"
	"muniment/ledger/vault"
	"muniment/notices"
	"muniment/projections"
)

// house is one open ledger with all its rooms.
type house struct {
	dir       *directory
	stores    stores
	leases    []*sqldb.Lease
	incidents *incidents // nil when the log's engine notices none
	ledger    *ledger.Ledger
	vault     *vault.Vault
	erasures  *erasure.Process
	views     *projections.Views
	seals     *seal.Sealer
	epochs    *epochs.Keeper
	replayers []heads.Replayer // whose notes serve takes
	access    *access.Store
	mailFrom  string // the address of --mail-from; "" when none is given
	api       *graphql.API
	log       logrus.FieldLogger
	now       func() time.Time
	base      string // where serve serves the pages; "" while none does
	health    health
	databases []*sqldb.DB
	files     []databaseFile
	replay    sync.Mutex // one replay of our own epochs at a time
	damage    chan int64 // positions of events that somebody read and that aren't what was kept
	closers   []func() error
}

// databaseFile is a database that is a file of the data directory.
type databaseFile struct {
	name string
	db   *sqldb.DB
}

type houseConfig struct {
	Data, Keys string
	Stores     stores
	Origin     string // names the log when it is begun
	Create     bool
	Restoring  bool // by the command that puts it in place
	Log        logrus.FieldLogger
	Now        func() time.Time
}

// openHouse opens every room, in the order in which an event goes through them, and lets each catch
// up with the log before anything is asked.
func openHouse(ctx context.Context, c houseConfig) (h *house, err error) {
	h = &house{stores: c.Stores, log: c.Log, now: c.Now, damage: make(chan int64, 64)}
	defer func() {
		if err != nil {
			err = h.named(ctx, err)
			h.Close()
			h = nil
		}
	}()
	if err := c.Stores.check(); err != nil {
		return h, usage{err}
	}
	if !c.Restoring {
		if err := unfinished(c.Data); err != nil {
			return h, err
		}
	}
	if h.dir, err = openDirectory(c.Data, c.Keys, c.Stores, c.Create); err != nil {
		return h, err
	}
	h.closers = append(h.closers, h.dir.Close)
	if err := h.lease(ctx); err != nil {
		return h, err
	}
	log, err := h.openLog(ctx)
	if err != nil {
		return h, err
	}
	if log, err = h.authenticated(log); err != nil {
		return h, err
	}
	if err := notBehind(ctx, log, c.Now()); err != nil {
		return h, err
	}
	vaultDB, err := h.database(ctx, "vault", sqldb.Options{SecureDelete: true})
	if err != nil {
		return h, err
	}
	if h.vault, err = vault.Open(ctx, vaultDB, h.dir.keys, h.dir.id); err != nil {
		return h, err
	}
	if err := h.vault.CatchUp(ctx, log); err != nil {
		return h, err
	}
	h.ledger = &ledger.Ledger{ID: h.dir.id, Log: log, Vault: h.vault, Now: c.Now, Steady: steady(c.Now)}
	if err := erasure.RecordEpoch(ctx, h.ledger, h.vault.Epoch()); err != nil {
		return h, err
	}
	if err := h.openSeals(ctx, c.Origin); err != nil {
		return h, err
	}
	h.watchReaders()
	if err := h.openHeads(ctx); err != nil {
		return h, err
	}
	return h, h.openReaders(ctx)
}

func (h *house) openReaders(ctx context.Context) error {
	viewsDB, err := h.database(ctx, "views", sqldb.Options{Derived: true, SecureDelete: true})
	if err != nil {
		return err
	}
	cursors, err := h.dir.keys.Secret("cursors")
	if err != nil {
		return err
	}
	if h.views, err = projections.Open(ctx, viewsDB, h.ledger.Log, cursors); err != nil {
		return err
	}
	if err := h.views.CatchUp(ctx); err != nil {
		return err
	}
	claims, ok := h.ledger.Log.(erasure.Claims)
	if !ok {
		return errors.New("the log's engine can't blank claims, so nobody could be erased")
	}
	h.erasures = &erasure.Process{Ledger: h.ledger, Keys: h.vault, Claims: claims, Views: h.views}
	if err := h.erasures.Run(ctx); err != nil { // what a crash left undone, before anything is asked
		return err
	}
	accessDB, err := h.database(ctx, "access", sqldb.Options{})
	if err != nil {
		return err
	}
	if h.access, err = access.Open(ctx, accessDB, h.now, h.dir.keys, h.record); err != nil {
		return err
	}
	h.api, err = graphql.Open(graphql.Config{Sender: h.sender, Ledger: h.ledger, Views: h.views, Access: h.access, Seals: h.seals, Epochs: h.epochs, Log: h.log, Identify: identify,
		Erase: h.erasures.Carry, Blocked: h.blocked, Held: h.held, Pending: h.vault.Pending, Bundle: h.bundle})
	return err
}

// held asks for a legal hold, of all that are kept by now.
func (h *house) held(ctx context.Context, s domain.Stream, tenant domain.ID) (*domain.HoldPlaced, error) {
	if err := h.vault.CatchUp(ctx, h.ledger.Log); err != nil {
		return nil, err
	}
	return h.vault.HoldOn(ctx, vault.Order{Noun: s.Noun, Entity: s.ID, Tenant: tenant})
}

// blocked asks the list that only blocks.
func (h *house) blocked(ctx context.Context, tenant domain.ID, i ledger.Identifier) (graphql.Block, bool, error) {
	b, yes, err := h.vault.Blocked(ctx, tenant, i)
	return graphql.Block{Ground: string(b.Ground), Since: b.Since}, yes, err
}

// identify normalises what a search by number or address asks for.
func identify(phone, email string) (ledger.Identifier, *domain.Refusal) {
	if phone != "" && email != "" {
		return ledger.Identifier{}, domain.Malformed("filter", "give phone or email, not both")
	}
	if phone != "" {
		i, err := intake.ParseNumber(phone, "")
		if err != nil {
			return i, domain.Malformed("filter.phone", "%s", err)
		}
		return i, nil
	}
	i, err := intake.ParseEmail(email)
	if err != nil {
		return i, domain.Malformed("filter.email", "%s", err)
	}
	return i, nil
}

// follow lets vault, views and seals follow the log until ctx ends.
func (h *house) follow(ctx context.Context) error {
	g, following := errgroup.WithContext(ctx)
	g.Go(func() error {
		return h.throughOutages(following, "the vault", func(ctx context.Context) error { return h.vault.Follow(ctx, h.ledger.Log) })
	})
	g.Go(func() error { return h.throughOutages(following, "views", h.views.Follow) })
	g.Go(func() error { return h.sealing(following) })
	g.Go(func() error { return h.counting(following) })
	g.Go(func() error { return h.tellingDamage(following) })
	g.Go(func() error {
		return h.erasures.Follow(following, func(err error) {
			h.log.WithField("error", err.Error()).Error("an erasure is not carried out yet; it is tried again with the next one and at the next start")
		})
	})
	g.Go(func() error { return h.hold(following) })
	g.Go(func() error { return h.watch(following) })
	return ended(ctx, g.Wait())
}

// following runs fn while vault and views follow the log: what fn keeps, it can read, and what the
// vault holds in memory stays small. All of it is sealed at the end.
func (h *house) following(ctx context.Context, fn func(context.Context) error) error {
	during, stop := context.WithCancel(ctx)
	followed := make(chan error, 1)
	go func() { followed <- h.follow(during) }()
	err := fn(during)
	stop()
	if err := errors.Join(err, <-followed); err != nil || ctx.Err() != nil {
		return err
	}
	return h.sealed(ctx)
}

// settled returns when the views have seen all that is kept: whoever asks next finds it.
func (h *house) settled(ctx context.Context) error {
	next, err := h.ledger.Log.Next(ctx)
	if err != nil {
		return err
	}
	return h.views.Wait(ctx, next-1)
}

// ended is why something ended that goes on until ctx does: nil when the end was asked for. A
// transaction that is cut off then fails in words of its own, and what it did is done again at the
// next start.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, ledger.ErrClosed) {
		return nil
	}
	return err
}

// tenantsNamed finds accounts by their exact name.
func (h *house) tenantsNamed(ctx context.Context, name string) (ids []domain.ID, err error) {
	accounts, err := h.accounts(ctx)
	for _, a := range accounts {
		if a.State.Name == name {
			ids = append(ids, a.ID)
		}
	}
	return ids, err
}

func (h *house) accounts(ctx context.Context) (all []projections.State[domain.Tenant], err error) {
	r := h.views.In(projections.Scope{All: true})
	at, err := r.Viewpoint(ctx, 0, 0, h.now())
	if err != nil {
		return nil, err
	}
	return projections.Every(func(p projections.Page) (projections.Conn[projections.State[domain.Tenant]], error) {
		return r.Tenants(ctx, projections.StateFilter{}, at, p)
	})
}

// mailConfig is how notices leave.
type mailConfig struct {
	From, Contact string
	SMTP          *notices.SMTP
}

func (h *house) openNotices(ctx context.Context, base string, m mailConfig) (*notices.Notices, error) {
	queueDB, err := h.database(ctx, "queue", sqldb.Options{})
	if err != nil {
		return nil, err
	}
	links, err := h.dir.keys.Secret("links")
	if err != nil {
		return nil, err
	}
	var from mail.Address
	if m.From != "" {
		given, err := mail.ParseAddress(m.From)
		if err != nil {
			return nil, usage{errors.New("--mail-from: expected an address such as \"Example Calls <privacy@company.example>\"")}
		}
		from = *given
	}
	h.mailFrom = from.Address
	seen := registerOf{h}
	return notices.Open(ctx, notices.Config{Ledger: h.ledger, DB: queueDB, Directory: seen, Register: seen, Links: links, BaseURL: base,
		Organisation: func() string { return h.organisation(ctx).Name }, Address: func() string { return h.organisation(ctx).Email }, From: from, SMTP: m.SMTP, Outbox: filepath.Join(h.dir.path, "outbox"), Log: h.log})
}

// sender is the name and address in which customers are told.
func (h *house) sender(ctx context.Context) (name, address string) {
	o := h.organisation(ctx)
	return o.Name, cmp.Or(h.mailFrom, o.Email)
}

// organisation is the company as it was established; empty before.
func (h *house) organisation(ctx context.Context) (o domain.OrganisationEstablished) {
	history, err := h.ledger.History(ctx, domain.Stream{Noun: "organisation", ID: h.dir.id})
	if err != nil {
		h.log.WithField("error", err.Error()).Error("read the organisation's name")
	}
	for _, k := range history {
		if e, ok := k.Event.(domain.OrganisationEstablished); ok {
			o = e
		}
	}
	return o
}

// Close closes the rooms, the last opened first.
func (h *house) Close() error {
	var err error
	for i := len(h.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, h.closers[i]())
	}
	h.closers = nil
	return err
}
