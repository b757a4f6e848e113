package vault

import (
	"context"
	"database/sql"
	"errors"
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
	return mac(s.index, "muniment/lookup/1", string(i.Type), i.Value), nil
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
	inner, err := v.inner(ctx, tenant, i)
	if err != nil {
		return domain.ID{}, false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.find(ctx, inner)
}

func (v *Vault) find(ctx context.Context, inner []byte) (domain.ID, bool, error) {
	if r, ok := v.reserved[string(inner)]; ok && !v.dead.has(tombstone{subjectNoun, r, domain.Contact}) {
		return r, true, nil
	}
	r := v.roots.Load()
	for epoch := r.current; epoch >= r.oldest; epoch-- { // one, but for a rotation under way
		id, ok, err := v.findIn(ctx, epoch, inner)
		if ok && v.dead.has(tombstone{subjectNoun, id, domain.Contact}) {
			continue // its row is about to go
		}
		if err != nil || ok {
			return id, ok, err
		}
	}
	return domain.ID{}, false, nil
}

func (v *Vault) findIn(ctx context.Context, epoch int64, inner []byte) (domain.ID, bool, error) {
	tag, err := v.tag(ctx, epoch, inner)
	if err != nil {
		return domain.ID{}, false, err
	}
	var sealed []byte
	err = v.db.Reader().QueryRowContext(ctx, `SELECT value FROM lookups WHERE tag = $1`, tag).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.ID{}, false, nil
	}
	if err != nil {
		return domain.ID{}, false, fmt.Errorf("vault: look up: %w", err)
	}
	value, err := v.openLookup(ctx, epoch, tag, sealed)
	if err != nil {
		return domain.ID{}, false, err
	}
	if string(value[:32]) != string(inner) {
		return domain.ID{}, false, fmt.Errorf("vault: a look-up row is damaged")
	}
	return domain.ID(value[32:]), true, nil
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
	id, ok, err := v.find(ctx, inner)
	if err != nil || ok {
		return id, false, err
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
