package notices

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/ledger"
	"muniment/notices/queue"
)

const (
	follower    = "notices"
	followBatch = 256
)

// follow applies the rules to the log, from where it stood, until ctx ends. A failure is tried again:
// a full disk must not end the room.
func (n *Notices) follow(ctx context.Context) error {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		from, err := n.queue.Checkpoint(ctx, follower)
		if err == nil {
			err = ledger.Follow(ctx, n.Ledger.Log, from, followBatch, func(records []ledger.Record) error {
				wait = time.Second
				return n.apply(ctx, records)
			})
		}
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ledger.ErrClosed) {
			return fmt.Errorf("notices: follow the log: %w", err)
		}
		n.Log.WithError(err).Error("notices: following the log failed; it is tried again")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// work is what a batch of events puts into the queue and the tables.
type work struct {
	posts     []queue.Post
	hasten    []domain.ID          // notices whose waiting messages are due now
	addressed map[domain.ID][]byte // notice → tenant
	contacts  []domain.Kept        // new contacts for notices
}

// ruled are the nouns whose events a rule speaks of; the others need not be decoded.
var ruled = []string{"subprocessor", "notice", "tenant"}

// apply applies the rules to a batch. Decisions first: they are idempotent, so a crash before the
// transaction only repeats them. Then messages and checkpoint, together.
func (n *Notices) apply(ctx context.Context, records []ledger.Record) error {
	if len(records) == 0 {
		return nil
	}
	w := work{addressed: map[domain.ID][]byte{}}
	for _, r := range records {
		if !slices.Contains(ruled, r.Stream.Noun) {
			continue
		}
		k, err := ledger.Decode(r)
		if err != nil {
			return err
		}
		if err := n.rule(ctx, &w, k); err != nil {
			return fmt.Errorf("event %d: %w", k.Seq, err)
		}
	}
	err := n.DB.Tx(ctx, func(tx *sql.Tx) error { return n.keep(ctx, tx, w, records[len(records)-1].Seq+1) })
	if err != nil {
		return err
	}
	n.queue.Wake()
	return nil
}

// rule says what follows from one event.
func (n *Notices) rule(ctx context.Context, w *work, k domain.Kept) error {
	switch e := k.Event.(type) {
	case domain.ChangeAnnounced:
		if k.Struck { // nobody can say any more what was to be told
			return nil
		}
		return n.prepare(ctx, k, e)
	case domain.ChangeWithdrawn:
		return n.withdraw(ctx, k, e)
	case domain.NoticePrepared:
		w.addressed[k.Stream.ID] = k.Tenant[:]
		w.posts = append(w.posts, tellPost(taskNotice, k.Stream.ID, k.Seq))
	case domain.NoticeWithdrawn:
		w.hasten = append(w.hasten, k.Stream.ID) // a notice that waits for another attempt must not hold it back
		w.posts = append(w.posts, tellPost(taskWithdrawal, k.Stream.ID, k.Seq))
	case domain.ContactDesignated:
		if e.Role == domain.NoticesContact {
			w.contacts = append(w.contacts, k)
		}
	case domain.WindowOpened, domain.NoticeProven, domain.ObjectionAnswered, domain.MitigationAgreed, domain.ObjectionWithdrawn:
		w.posts = append(w.posts, silencePost(k.Stream.ID, k.Seq))
	}
	return nil
}

func (n *Notices) keep(ctx context.Context, tx *sql.Tx, w work, next int64) error {
	for notice, tenant := range w.addressed {
		if _, err := tx.ExecContext(ctx, `INSERT INTO addressed (tenant, notice) VALUES ($1, $2) ON CONFLICT DO NOTHING`, tenant, notice[:]); err != nil {
			return fmt.Errorf("keep a notice's tenant: %w", err)
		}
	}
	for _, k := range w.contacts {
		open, err := addressed(ctx, tx, k.Tenant)
		if err != nil {
			return err
		}
		for _, id := range open {
			w.hasten = append(w.hasten, id)
			w.posts = append(w.posts, tellPost(taskContact, id, k.Seq))
		}
	}
	for _, id := range w.hasten {
		if err := n.queue.Hasten(ctx, tx, topicTell, id.String()); err != nil {
			return err
		}
	}
	if err := n.queue.Put(ctx, tx, w.posts...); err != nil {
		return err
	}
	return n.queue.Move(ctx, tx, follower, next)
}

func addressed(ctx context.Context, tx *sql.Tx, tenant domain.ID) (list []domain.ID, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT notice FROM addressed WHERE tenant = $1 ORDER BY notice`, tenant[:])
	if err != nil {
		return nil, fmt.Errorf("find a tenant's notices: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, fmt.Errorf("find a tenant's notices: %w", err)
		}
		list = append(list, domain.ID(raw))
	}
	return list, rows.Err()
}

// affected lists whom a change is told: the tenants it names, or all with an agreement in force and
// their sub-accounts; and always the agency of any of them.
func (n *Notices) affected(ctx context.Context, k domain.Kept, e domain.ChangeAnnounced) ([]recipient, error) {
	if err := n.Directory.Wait(ctx, k.Seq); err != nil {
		return nil, err
	}
	accounts, err := n.Directory.Accounts(ctx, domain.Viewpoint{AsOf: k.Occurred.At, KnownAt: k.LogTime, Known: k.Seq})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	byID := map[domain.ID]Account{}
	for _, a := range accounts {
		byID[a.ID] = a
	}
	told := map[domain.ID]bool{}
	for _, a := range accounts {
		named := slices.Contains(e.Tenants, a.ID)
		all := len(e.Tenants) == 0 && (agreed(a, k, e) || agreed(byID[a.Parent], k, e))
		if named || all {
			told[a.ID] = true
			if _, known := byID[a.Parent]; known {
				told[a.Parent] = true
			}
		}
	}
	// An account that was closed is told as long as its data is here.
	accounts = slices.DeleteFunc(accounts, func(a Account) bool { return !told[a.ID] || a.Deleted })
	slices.SortFunc(accounts, func(a, b Account) int { return slices.Compare(a.ID[:], b.ID[:]) })
	for _, id := range e.Tenants {
		if _, known := byID[id]; !known {
			n.Log.WithField("tenant", id).Error("notices: the change names a tenant that is not known; onboard it and announce the change to it anew")
		}
	}
	list := make([]recipient, len(accounts))
	for i, a := range accounts {
		list[i] = recipient{a, byID[a.Parent]}
	}
	return list, nil
}

// recipient is an account that a change is told to, with its agency's when it has one.
type recipient struct {
	Account
	agency Account
}

// agreed reports whether an account's agreement is in force when a change is announced, or takes effect.
func agreed(a Account, k domain.Kept, e domain.ChangeAnnounced) bool {
	_, now := a.Agreement.At(k.Occurred.At)
	_, then := a.Agreement.At(e.Effective.Start())
	return now || then
}

// prepare makes the notice of every affected tenant, each once.
func (n *Notices) prepare(ctx context.Context, k domain.Kept, e domain.ChangeAnnounced) error {
	return n.each(ctx, k, e, "prepareNotice", func(a recipient) decision {
		return func(s domain.Notice, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return s.Prepare(k.Stream.ID, e, k.Occurred.At, domain.Recipient{Agreement: a.Agreement, Addressee: a.Contacts[domain.NoticesContact],
				Second: a.agency.Contacts[domain.NoticesContact], Agency: a.agency.Agreement})
		}
	})
}

// withdraw withdraws the notices of a change. Where it took effect already, the notice says no.
func (n *Notices) withdraw(ctx context.Context, k domain.Kept, e domain.ChangeWithdrawn) error {
	history, err := n.Ledger.History(ctx, k.Stream)
	if err != nil {
		return err
	}
	for _, h := range history {
		announced, ok := h.Event.(domain.ChangeAnnounced)
		if !ok || announced.Change != e.Change {
			continue
		}
		return n.each(ctx, h, announced, "withdrawNotice", func(recipient) decision {
			return func(s domain.Notice, _ domain.Time) ([]domain.Event, *domain.Refusal) { return s.Withdraw() }
		})
	}
	return nil
}

// together is how many decisions are under way at once: the log keeps concurrent ones in one commit.
const together = 16

// each takes a decision on the notice of every tenant that a change affects.
func (n *Notices) each(ctx context.Context, k domain.Kept, e domain.ChangeAnnounced, name string, decide func(recipient) decision) error {
	accounts, err := n.affected(ctx, k, e)
	if err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(together)
	for _, a := range accounts {
		all.Go(func() error {
			stream, err := n.stream(ctx, e.Change, a.ID)
			if errors.Is(err, ledger.ErrUnknownTenant) { // its keys are gone: there is nobody left to tell
				n.Log.WithField("tenant", a.ID).Error("notices: the tenant has no keys any more; it is not told")
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			_, err = n.do(ctx, name, stream, system(a.ID, k.ID, e.Change), e.Change.String(), nil, decide(a))
			if no := refused(err); no != nil {
				n.Log.WithField("notice", stream.ID).WithField("rule", no.Rule).Debug("notices: " + name + " was refused")
			} else if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	return all.Wait()
}
