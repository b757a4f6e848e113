package vault

import (
	"context"
	"fmt"
	"sync"

	"muniment/domain"
	"muniment/ledger"
)

// tombstone says that what it names is erased: nothing of it is opened, and no key is made for it.
type tombstone struct {
	noun  string // subject, interaction, tenant
	id    domain.ID
	class domain.Class // "": all
}

// tombstones are those of erased persons, and of interactions whose keys are about to go: once they
// are gone the empty slots say it.
type tombstones struct {
	mu        sync.RWMutex
	set       map[tombstone]bool
	postponed map[domain.ID]bool // interactions and tenants whose end a legal hold stops
	kept      map[HeldData][]domain.HoldPlaced
}

func (d *tombstones) has(t tombstone) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.set[t] || d.set[tombstone{t.noun, t.id, ""}]
}

func (d *tombstones) add(list []Order) {
	if len(list) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.set == nil {
		d.set = map[tombstone]bool{}
	}
	for _, o := range list {
		for _, c := range o.classes() {
			d.set[tombstone{o.Noun, o.Entity, c}] = true
		}
	}
}

func (d *tombstones) postpone(entities map[domain.ID]bool, kept map[HeldData][]domain.HoldPlaced) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.postponed, d.kept = entities, kept
}

// holds reports whether a hold keeps what a key seals.
func (d *tombstones) holds(w want) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.kept[HeldData{w.tenant, w.owner, w.class}]) > 0
}

// why is what a tombstone says: err, or that a hold stops it.
func (d *tombstones) why(entity domain.ID, err error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.postponed[entity] {
		return ledger.ErrHeld
	}
	return err
}

func (d *tombstones) remove(t tombstone) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.set, t)
}

// gone reports that what a key would seal or open is erased.
func (v *Vault) gone(w want) error {
	if v.dead.has(tombstone{subjectNoun, w.owner, w.class}) {
		return ledger.ErrErased
	}
	if w.class == domain.InteractionData && v.dead.has(tombstone{interactionNoun, w.scope, ""}) {
		return v.dead.why(w.scope, ledger.ErrRedacted)
	}
	if v.dead.has(tombstone{tenantNoun, w.tenant, ""}) && branchOf(w.tenant, w.class) == processing {
		if !v.dead.holds(w) {
			return ledger.ErrErased
		}
		return v.dead.why(w.tenant, ledger.ErrErased)
	}
	return nil
}

// refused is why nothing of a sealing may be kept.
func (v *Vault) refused(s *ledger.Sealing) error {
	for _, f := range s.Fields {
		if err := v.gone(wantOf(s.Fact.Tenant, s.Fact.OwnerOf(f), f.Class, s.Fact.Stream)); err != nil {
			return err
		}
	}
	return nil
}

// whyGone tells a redacted interaction from an erased person, by what was ordered.
func (v *Vault) whyGone(ctx context.Context, s domain.Stream) error {
	if s.Noun != interactionNoun {
		return ledger.ErrErased
	}
	var n int
	if err := v.db.Reader().QueryRowContext(ctx, `SELECT COUNT(*) FROM orders WHERE entity = $1 AND noun = $2`, s.ID[:], interactionNoun).Scan(&n); err != nil {
		return fmt.Errorf("vault: read what was ordered: %w", err)
	}
	if n > 0 {
		return ledger.ErrRedacted
	}
	return ledger.ErrErased
}

func (v *Vault) loadTombstones(ctx context.Context) error {
	list, err := v.ordersWhere(ctx, `noun <> 'interaction' OR done = 0`)
	v.dead.add(list)
	return err
}
