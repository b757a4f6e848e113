package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muniment/domain"
)

// A legal hold lies in its person's own stream. What would take keys of others with it, or of an account,
// is decided on other streams, so the vault writes down which holds are in force, and lets orders wait
// that would take what they keep.

func placeHold(ctx context.Context, tx *sql.Tx, k *domain.Kept, e domain.HoldPlaced) error {
	for _, c := range e.Classes {
		if _, err := tx.ExecContext(ctx, `INSERT INTO holds (hold, class, tenant, subject, ground, authority, review) VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT DO NOTHING`,
			e.Hold[:], string(c), k.Tenant[:], k.Stream.ID[:], e.Cited(), e.Authority, string(e.Review)); err != nil {
			return err
		}
	}
	return nil
}

func liftHold(ctx context.Context, tx *sql.Tx, e domain.HoldLifted) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM holds WHERE hold = $1`, e.Hold[:])
	return err
}

// HoldOn is a hold that keeps something of what an order would take; nil when none does. Business
// contacts stay when an account leaves, so a hold on them alone stops nothing.
func (v *Vault) HoldOn(ctx context.Context, o Order) (*domain.HoldPlaced, error) {
	query, args := `SELECT hold, ground, authority, review FROM holds WHERE tenant = $1 AND class IN (`+processed+`) ORDER BY hold`, []any{o.Tenant[:]}
	switch o.Noun {
	case subjectNoun, strikeNoun: // asked for when it was decided, of those whom it is about
		return nil, nil
	case disposalNoun: // asked for of each event
		return nil, nil
	case interactionNoun:
		query = `SELECT h.hold, h.ground, h.authority, h.review FROM holds h WHERE h.tenant = $1 AND h.class = $2
			AND EXISTS (SELECT 1 FROM owners o WHERE o.tenant = h.tenant AND o.owner = h.subject AND o.class = h.class AND o.scope = $3) ORDER BY h.hold`
		args = []any{o.Tenant[:], string(domain.InteractionData), o.Entity[:]}
	}
	var h domain.HoldPlaced
	var id []byte
	err := v.db.Reader().QueryRowContext(ctx, query, args...).Scan(&id, &h.Ground, &h.Authority, &h.Review)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("vault: ask for legal holds: %w", err)
	}
	h.Hold = domain.ID(id)
	return &h, nil
}

// Postpone sets aside the orders that a legal hold stops until it is lifted, and returns the others.
// What they are about is neither shown nor called erased meanwhile. The deletion of an account is not among
// them: it stops before what is held only.
func (v *Vault) Postpone(ctx context.Context, orders []Order) (free []Order, err error) {
	held := map[domain.ID]bool{}
	for _, o := range orders {
		h, err := v.HoldOn(ctx, o)
		if err != nil {
			return nil, err
		}
		if h != nil {
			held[o.Entity] = true
		}
		if h == nil || o.Noun == tenantNoun {
			free = append(free, o)
		}
	}
	kept, err := v.Held(ctx)
	if err != nil {
		return nil, err
	}
	v.dead.postpone(held, kept)
	return free, nil
}

// HeldData is a class of a person's data.
type HeldData struct {
	Tenant, Person domain.ID
	Class          domain.Class
}

// Held is what legal holds keep, each with the holds that do. What stays when an
// account leaves is not in it.
func (v *Vault) Held(ctx context.Context) (map[HeldData][]domain.HoldPlaced, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT hold, class, tenant, subject, ground, authority, review FROM holds WHERE class IN (`+processed+`) ORDER BY hold`)
	if err != nil {
		return nil, fmt.Errorf("vault: ask for legal holds: %w", err)
	}
	defer rows.Close()
	held := map[HeldData][]domain.HoldPlaced{}
	for rows.Next() {
		var hold, tenant, subject []byte
		var class string
		var h domain.HoldPlaced
		if err := rows.Scan(&hold, &class, &tenant, &subject, &h.Ground, &h.Authority, &h.Review); err != nil {
			return nil, fmt.Errorf("vault: ask for legal holds: %w", err)
		}
		at := HeldData{domain.ID(tenant), domain.ID(subject), domain.Class(class)}
		h.Hold = domain.ID(hold)
		held[at] = append(held[at], h)
	}
	return held, rows.Err()
}

// AllHolds are the legal holds in force, by account.
func (v *Vault) AllHolds(ctx context.Context) (map[domain.ID][]domain.HoldPlaced, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT DISTINCT hold, tenant, ground, authority, review FROM holds ORDER BY hold`)
	if err != nil {
		return nil, fmt.Errorf("vault: ask for legal holds: %w", err)
	}
	defer rows.Close()
	list := map[domain.ID][]domain.HoldPlaced{}
	for rows.Next() {
		var hold, tenant []byte
		var h domain.HoldPlaced
		if err := rows.Scan(&hold, &tenant, &h.Ground, &h.Authority, &h.Review); err != nil {
			return nil, fmt.Errorf("vault: ask for legal holds: %w", err)
		}
		h.Hold = domain.ID(hold)
		list[domain.ID(tenant)] = append(list[domain.ID(tenant)], h)
	}
	return list, rows.Err()
}

// besideHeld is what of an account's owners no hold keeps: what a deletion takes while there are holds.
var besideHeld = ` FROM owners WHERE tenant = $1 AND class IN (` + processed + `)
	AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.tenant = owners.tenant AND h.subject = owners.owner AND h.class = owners.class)`

// KeysBeside lists the keys of an account that no hold keeps, in an order of their own.
func (v *Vault) KeysBeside(ctx context.Context, tenant domain.ID) (keys []domain.ID, err error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT DISTINCT key`+besideHeld+` ORDER BY key`, tenant[:])
	if err != nil {
		return nil, fmt.Errorf("vault: list keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var key []byte
		if err := rows.Scan(&key); err != nil {
			return nil, fmt.Errorf("vault: list keys: %w", err)
		}
		keys = append(keys, domain.ID(key))
	}
	return keys, rows.Err()
}

// ForgetBeside forgets who owned those keys.
func (v *Vault) ForgetBeside(ctx context.Context, tenant domain.ID) error {
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE`+besideHeld, tenant[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("vault: forget who was erased: %w", err)
	}
	return nil
}

// Pending asks whether something was ordered to be destroyed and isn't yet.
func (v *Vault) Pending(ctx context.Context, entity domain.ID) (bool, error) {
	var n int
	err := v.db.Reader().QueryRowContext(ctx, `SELECT COUNT(*) FROM orders WHERE entity = $1 AND done = 0`, entity[:]).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("vault: read what was ordered: %w", err)
	}
	return n > 0, nil
}

// HeldPeople are the persons under a legal hold, of whichever classes.
func (v *Vault) HeldPeople(ctx context.Context) (map[domain.ID]bool, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT DISTINCT subject FROM holds`)
	if err != nil {
		return nil, fmt.Errorf("vault: ask for legal holds: %w", err)
	}
	defer rows.Close()
	held := map[domain.ID]bool{}
	for rows.Next() {
		var subject []byte
		if err := rows.Scan(&subject); err != nil {
			return nil, fmt.Errorf("vault: ask for legal holds: %w", err)
		}
		held[domain.ID(subject)] = true
	}
	return held, rows.Err()
}
