package vault

import (
	"context"
	"database/sql"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// A look-up row says that an identifier leads to a person, and shows neither to whoever has only
// the file: tag = HMAC(epoch tag key, inner), value = sealed(inner ‖ subject id) under the epoch's
// look-up key, inner = HMAC(tenant index key, type, value). Rotation re-makes both from inner, so it
// needs no plaintext.

func (v *Vault) inner(ctx context.Context, tenant domain.ID, i ledger.Identifier) ([]byte, error) {
	s, err := v.of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if s.index == nil {
		return nil, ledger.ErrLeft
	}
	return mac(s.index, "muniment/lookup/1", string(i.Type), i.Matched()), nil
}

func (v *Vault) tag(ctx context.Context, epoch int64, inner []byte) ([]byte, error) {
	key, err := v.epochKey(ctx, epoch, "tags")
	if err != nil {
		return nil, err
	}
	return mac(key, "muniment/tag-row/1", string(inner)), nil
}

// Find leads from an identifier to the person it belongs to now.
func (v *Vault) Find(ctx context.Context, tenant domain.ID, i ledger.Identifier) (domain.ID, bool, error) {
	found, err := v.FindAll(ctx, []ledger.Lead{{Tenant: tenant, Identifier: i}})
	if err != nil {
		return domain.ID{}, false, err
	}
	return found[0], !found[0].IsZero(), nil
}

// FindAll finds like Find, for many at once; the zero id where one leads to nobody.
func (v *Vault) FindAll(ctx context.Context, leads []ledger.Lead) ([]domain.ID, error) {
	inner := make([][]byte, len(leads))
	for i, l := range leads {
		var err error
		if inner[i], err = v.inner(ctx, l.Tenant, l.Identifier); err != nil {
			return nil, err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.find(ctx, inner)
}

// asked is a row's tag in one epoch, and who asks for it.
type asked struct {
	epoch int64
	at    []int
}

// find leads from inner tags to subjects. v.mu is held.
func (v *Vault) find(ctx context.Context, inner [][]byte) ([]domain.ID, error) {
	found := make([]domain.ID, len(inner))
	rows := map[string]*asked{} // by tag
	var tags []any
	r := v.roots.Load()
	for i := range inner {
		if r, ok := v.reserved[string(inner[i])]; ok && !v.erased(r) {
			found[i] = r
			continue
		}
		for epoch := r.current; epoch >= r.oldest; epoch-- { // one, but for a rotation under way
			tag, err := v.tag(ctx, epoch, inner[i])
			if err != nil {
				return nil, err
			}
			if rows[string(tag)] == nil {
				rows[string(tag)] = &asked{epoch: epoch}
				tags = append(tags, tag)
			}
			rows[string(tag)].at = append(rows[string(tag)].at, i)
		}
	}
	if len(tags) == 0 {
		return found, nil
	}
	sealed := map[string][]byte{}
	err := v.queries.lookups.Look(ctx, nil, tags, func(rows *sql.Rows) error {
		defer rows.Close()
		for rows.Next() {
			var tag, value []byte
			if err := rows.Scan(&tag, &value); err != nil {
				return err
			}
			sealed[string(tag)] = value
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("vault: look up: %w", err)
	}
	for tag, text := range sealed {
		value, err := v.openLookup(ctx, rows[tag].epoch, []byte(tag), text)
		if err != nil {
			return nil, err
		}
		for _, i := range rows[tag].at {
			if string(value[:32]) != string(inner[i]) {
				return nil, fmt.Errorf("vault: a look-up row is damaged")
			}
			if subject := domain.ID(value[32:]); !v.erased(subject) { // else its row is about to go
				found[i] = subject
			}
		}
	}
	return found, nil
}

// erased reports whether no number may lead to a person any more.
func (v *Vault) erased(subject domain.ID) bool {
	return v.dead.has(tombstone{subjectNoun, subject, domain.Contact})
}

// openLookup opens a row's value: inner ‖ subject id.
func (v *Vault) openLookup(ctx context.Context, epoch int64, tag, sealed []byte) ([]byte, error) {
	key, err := v.epochKey(ctx, epoch, "lookups")
	if err != nil {
		return nil, err
	}
	value, err := unwrap(key, sealed, "lookup", string(tag))
	if err == nil && len(value) != 48 {
		err = fmt.Errorf("vault: a look-up row is damaged")
	}
	return value, err
}

// Reserve finds like Find, or makes the identifier lead to a subject, a new one when that is zero.
func (v *Vault) Reserve(ctx context.Context, tenant domain.ID, i ledger.Identifier, subject domain.ID) (domain.ID, bool, error) {
	inner, err := v.inner(ctx, tenant, i)
	if err != nil {
		return domain.ID{}, false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	found, err := v.find(ctx, [][]byte{inner})
	if err != nil {
		return domain.ID{}, false, err
	}
	if !found[0].IsZero() {
		return found[0], false, nil
	}
	if subject.IsZero() {
		subject = domain.NewID()
	}
	v.reserved[string(inner)] = subject
	return subject, true, nil
}

// Release takes a reservation back whose identifier could not be attached.
func (v *Vault) Release(ctx context.Context, tenant domain.ID, i ledger.Identifier) error {
	inner, err := v.inner(ctx, tenant, i)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.reserved, string(inner))
	return nil
}

func (v *Vault) writeLookup(ctx context.Context, tx *sql.Tx, inner []byte, identifier, subject domain.ID) error {
	epoch := v.roots.Load().current
	tag, err := v.tag(ctx, epoch, inner)
	if err != nil {
		return err
	}
	key, err := v.epochKey(ctx, epoch, "lookups")
	if err != nil {
		return err
	}
	value := append(append(make([]byte, 0, 48), inner...), subject[:]...)
	_, err = tx.ExecContext(ctx, `INSERT INTO lookups (tag, identifier, epoch, value) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tag) DO UPDATE SET identifier = excluded.identifier, value = excluded.value`,
		tag, identifier[:], epoch, wrap(key, value, "lookup", string(tag)))
	return err
}
