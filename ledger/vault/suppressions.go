package vault

import (
	"context"
	"database/sql"
	"fmt"

	"muniment/domain"
	"muniment/domain/canon"
)

// The list that only blocks, once more beside the erasure journal: a vault restored from an older copy
// knows again whom it must not let be contacted. A line is what the row is: without the tenant's
// suppression key, which lies in the vault, it shows no number and can't be tried with one.
const suppressionsFile = "suppressions.journal"

// suppression is one row of the list.
type suppression struct {
	tag [32]byte
	Blocked
	tenant domain.ID
}

func (s suppression) body() string {
	return fmt.Sprintf("%x %s %s %016x %s", s.tag, s.tenant, s.Pseudonym, int64(s.Since), s.Ground)
}

func parseSuppression(body string) (s suppression, err error) {
	var tag, tenant, pseudonym string
	if _, err = fmt.Sscanf(body, "%s %s %s %016x %s", &tag, &tenant, &pseudonym, &s.Since, &s.Ground); err == nil {
		s.tenant, err = domain.ParseID(tenant)
	}
	if err == nil {
		s.Pseudonym, err = domain.ParseID(pseudonym)
	}
	if err == nil {
		err = canon.Unhex(s.tag[:], tag)
	}
	if err != nil || s.body() != body {
		err = fmt.Errorf("it is no entry of the list in a form that this build knows")
	}
	return s, err
}

// repeatSuppressions puts on the list again what this copy of the vault doesn't know of. Whose tenant
// left since comes and goes again: the order to delete its data is still to be carried out here.
func (v *Vault) repeatSuppressions(ctx context.Context) error {
	done, err := v.checkpoint(ctx, "suppressions")
	if err != nil {
		return err
	}
	var all []suppression
	v.suppressions, err = openLines(v.keys, suppressionsFile, v.ledger, func(body string) error {
		s, err := parseSuppression(body)
		all = append(all, s)
		return err
	})
	if err != nil {
		return fmt.Errorf("journal of the list that blocks %w", err)
	}
	if n := v.suppressions.len(); n < done {
		return fmt.Errorf("vault: %s in %s names %d entries of the list that blocks, and the vault knows of %d: the keys directory is an older copy. Bring back the newest", suppressionsFile, v.keys.path, n, done)
	}
	if len(all) == int(done) {
		return nil
	}
	return v.list(ctx, all[done:])
}

// list writes rows and how much of their journal is done with that. What is there stays as it is.
func (v *Vault) list(ctx context.Context, rows []suppression) error {
	return v.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, s := range rows {
			if _, err := tx.ExecContext(ctx, `INSERT INTO suppressions (tag, tenant, pseudonym, ground, since) VALUES ($1,$2,$3,$4,$5) ON CONFLICT DO NOTHING`,
				s.tag[:], s.tenant[:], s.Pseudonym[:], string(s.Ground), int64(s.Since)); err != nil {
				return err
			}
		}
		return setCheckpointIn(ctx, tx, "suppressions", v.suppressions.len())
	})
}
