package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// The list that only blocks: a keyed hash of a number or address, under a key of its own that opens
// nothing else, with a pseudonym of its own that leads to nobody, and the ground on which it may
// outlive the person's erasure.

// Blocked is what the list says of a number or address.
type Blocked struct {
	Pseudonym domain.ID
	Ground    domain.SuppressionGround
	Since     domain.Time
}

func (v *Vault) suppressionTag(ctx context.Context, tenant domain.ID, i ledger.Identifier) ([]byte, error) {
	s, err := v.of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if s.suppression == nil {
		return nil, ledger.ErrLeft
	}
	return mac(s.suppression, "muniment/suppression/1", string(i.Type), i.Matched()), nil
}

// Suppress puts numbers and addresses on the list: into its journal first, so that no copy of the vault
// that is brought back later lacks them. What is on it already stays as it is.
func (v *Vault) Suppress(ctx context.Context, tenant domain.ID, ground domain.SuppressionGround, since domain.Time, list []ledger.Identifier) error {
	v.suppressing.Lock()
	defer v.suppressing.Unlock()
	var rows []suppression
	var bodies []string
	for _, i := range list {
		if _, there, err := v.Blocked(ctx, tenant, i); err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		tag, err := v.suppressionTag(ctx, tenant, i)
		if err != nil {
			return err
		}
		s := suppression{[32]byte(tag), Blocked{domain.NewID(), ground, since}, tenant}
		rows, bodies = append(rows, s), append(bodies, s.body())
	}
	if err := v.suppressions.add(bodies...); err != nil {
		return err
	}
	if err := v.list(ctx, rows); err != nil {
		return fmt.Errorf("vault: suppress: %w", err)
	}
	return nil
}

// Blocked asks whether a number or address is on the list.
func (v *Vault) Blocked(ctx context.Context, tenant domain.ID, i ledger.Identifier) (b Blocked, yes bool, err error) {
	tag, err := v.suppressionTag(ctx, tenant, i)
	if err != nil {
		return b, false, err
	}
	var pseudonym []byte
	err = v.db.Reader().QueryRowContext(ctx, `SELECT pseudonym, ground, since FROM suppressions WHERE tag = $1`, tag).Scan(&pseudonym, &b.Ground, &b.Since)
	if errors.Is(err, sql.ErrNoRows) {
		return b, false, nil
	}
	if err != nil {
		return b, false, fmt.Errorf("vault: ask whether to block: %w", err)
	}
	b.Pseudonym = domain.ID(pseudonym)
	return b, true, nil
}
