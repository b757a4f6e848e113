package vault

import (
	"context"
	"database/sql"
	"fmt"

	"muniment/domain"
)

// Nouns of what keys can be ordered to be destroyed of.
const (
	subjectNoun     = "subject"
	interactionNoun = "interaction"
	tenantNoun      = "tenant"
	strikeNoun      = "strike"   // its entity is the event whose payload goes, boxes and all; no key does
	disposalNoun    = "disposal" // its entity is the ledger; what it takes its event says
)

// Order is what an event of the log wants destroyed. The vault's follower writes it down; it is open
// until [Vault.Done], on this copy of the vault: an older copy that follows the log meets it again.
type Order struct {
	Seq     int64 // of the event
	Tenant  domain.ID
	Noun    string
	Entity  domain.ID
	Classes []domain.Class // of a subject; none: all
}

func (o Order) classes() []domain.Class {
	if len(o.Classes) == 0 {
		return []domain.Class{""}
	}
	return o.Classes
}

// orderOf is what an event orders; ok is false for most.
func orderOf(k *domain.Kept) (o Order, ok bool) {
	o = Order{Seq: k.Seq, Tenant: k.Tenant, Noun: k.Stream.Noun, Entity: k.Stream.ID}
	switch e := k.Event.(type) {
	case domain.ErasureRequested:
		o.Classes = e.Classes
		return o, true
	case domain.DeletionRequested:
		return o, true
	case domain.InteractionRedacted:
		return o, e.Takes()
	case domain.StrikeApproved, domain.DisposalOrdered:
		return o, true
	}
	return o, false
}

func writeOrder(ctx context.Context, tx *sql.Tx, o Order) error {
	for _, c := range o.classes() {
		if _, err := tx.ExecContext(ctx, `INSERT INTO orders (seq, class, tenant, noun, entity, done) VALUES ($1,$2,$3,$4,$5,0) ON CONFLICT DO NOTHING`,
			o.Seq, string(c), o.Tenant[:], o.Noun, o.Entity[:]); err != nil {
			return err
		}
	}
	return nil
}

// Orders lists what is still to be done, in the order of the log.
func (v *Vault) Orders(ctx context.Context) ([]Order, error) { return v.ordersWhere(ctx, `done = 0`) }

// Ordered tells that there may be more to do.
func (v *Vault) Ordered() <-chan struct{} { return v.ordered }

func (v *Vault) ordersWhere(ctx context.Context, condition string) (list []Order, err error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT seq, class, tenant, noun, entity FROM orders WHERE `+condition+` ORDER BY seq, class`)
	if err != nil {
		return nil, fmt.Errorf("vault: read what was ordered: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var o Order
		var class string
		var tenant, entity []byte
		if err := rows.Scan(&o.Seq, &class, &tenant, &o.Noun, &entity); err != nil {
			return nil, fmt.Errorf("vault: read what was ordered: %w", err)
		}
		o.Tenant, o.Entity = domain.ID(tenant), domain.ID(entity)
		if n := len(list); n == 0 || list[n-1].Seq != o.Seq {
			list = append(list, o)
		}
		if class != "" {
			last := &list[len(list)-1]
			last.Classes = append(last.Classes, domain.Class(class))
		}
	}
	return list, rows.Err()
}

// Done closes orders.
func (v *Vault) Done(ctx context.Context, orders ...Order) error {
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, o := range orders {
			if _, err := tx.ExecContext(ctx, `UPDATE orders SET done = 1 WHERE seq = $1`, o.Seq); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("vault: close what was ordered: %w", err)
	}
	for _, o := range orders {
		if o.Noun == interactionNoun {
			v.dead.remove(tombstone{o.Noun, o.Entity, ""})
		}
	}
	return nil
}
