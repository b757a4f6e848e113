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
	return mac(s.index, "muniment/lookup/1", string(i.Type), i.Value), nil
}

func (v *Vault) tag(ctx context.Context, inner []byte) ([]byte, error) {
	key, err := v.epochKey(ctx, "tags")
	if err != nil {
		return nil, err
	}
	return mac(key, "muniment/tag-row/1", string(inner)), nil
}

func (v *Vault) epochKey(ctx context.Context, name string) ([]byte, error) {
	if key, ok := v.epochKeys.Load(name); ok {
		return key.([]byte), nil
	}
	key, err := v.secret(ctx, domain.Operator, name)
	if err == nil {
		v.epochKeys.Store(name, key)
	}
	return key, err
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

// find leads from inner tags to subjects. v.mu is held.
func (v *Vault) find(ctx context.Context, inner [][]byte) ([]domain.ID, error) {
	found := make([]domain.ID, len(inner))
	at := map[string][]int{} // tag → who asks for it
	var tags []any
	for i := range inner {
		if r, ok := v.reserved[string(inner[i])]; ok {
			found[i] = r
			continue
		}
		tag, err := v.tag(ctx, inner[i])
		if err != nil {
			return nil, err
		}
		if at[string(tag)] == nil {
			tags = append(tags, tag)
		}
		at[string(tag)] = append(at[string(tag)], i)
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
	key, err := v.epochKey(ctx, "lookups")
	if err != nil {
		return nil, err
	}
	for tag, text := range sealed {
		value, err := unwrap(key, text, "lookup", tag)
		if err != nil {
			return nil, err
		}
		for _, i := range at[tag] {
			if len(value) != 48 || string(value[:32]) != string(inner[i]) {
				return nil, fmt.Errorf("vault: a look-up row is damaged")
			}
			found[i] = domain.ID(value[32:])
		}
	}
	return found, nil
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
	tag, err := v.tag(ctx, inner)
	if err != nil {
		return err
	}
	key, err := v.epochKey(ctx, "lookups")
	if err != nil {
		return err
	}
	value := append(append(make([]byte, 0, 48), inner...), subject[:]...)
	_, err = tx.ExecContext(ctx, `INSERT INTO lookups (tag, identifier, value) VALUES ($1, $2, $3)
		ON CONFLICT (tag) DO UPDATE SET identifier = excluded.identifier, value = excluded.value`,
		tag, identifier[:], wrap(key, value, "lookup", string(tag)))
	return err
}
