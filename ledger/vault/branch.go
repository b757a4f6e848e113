package vault

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

// processed lists, for a query, the classes that go with the processing branch.
var processed = func() string {
	gone := slices.DeleteFunc(domain.Class("").Values(), func(c string) bool { return domain.Class(c).Outlives() })
	return "'" + strings.Join(gone, "', '") + "'"
}()

// DestroyBranch destroys the branch key under which everything processed for a tenant was sealed, and
// all pages below it. The relationship branch stays. It may be repeated; pages is then what is left.
func (v *Vault) DestroyBranch(ctx context.Context, o Order) (pages int64, epoch int64, final domain.Finality, err error) {
	if err := v.journal.addTenant(o.Seq, o.Tenant); err != nil {
		return 0, 0, "", err
	}
	epoch = v.roots.Load().current
	if pages, err = v.dropBranch(ctx, o.Tenant); err != nil {
		return 0, 0, "", err
	}
	if err := v.setCheckpoint(ctx, "journal", v.journal.len()); err != nil {
		return 0, 0, "", err
	}
	if v.db.Kind() != sqldb.SQLite {
		return pages, epoch, domain.EpochEnd, nil
	}
	return pages, epoch, domain.BytesGone, v.db.TruncateSoon(ctx)
}

func (v *Vault) dropBranch(ctx context.Context, tenant domain.ID) (pages int64, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	err = v.db.Tx(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM pages WHERE tenant = $1 AND branch = $2`, tenant[:], string(processing)).Scan(&pages); err != nil {
			return err
		}
		for _, text := range []string{
			`DELETE FROM pages WHERE tenant = $1 AND branch = $2`,
			`DELETE FROM secrets WHERE tenant = $1 AND name = $2`,
		} {
			if _, err := tx.ExecContext(ctx, text, tenant[:], string(processing)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM owners WHERE tenant = $1 AND class IN (`+processed+`)`, tenant[:])
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("vault: destroy a branch of keys: %w", err)
	}
	delete(v.pools, poolKey{tenant, processing})
	for w := range v.inUse {
		if w.tenant == tenant && branchOf(tenant, w.class) == processing {
			delete(v.inUse, w)
		}
	}
	v.forgetSecrets(tenant)
	v.pages.clear()
	return pages, nil
}

// forgetSecrets drops what memory holds of a tenant's keys.
func (v *Vault) forgetSecrets(tenant domain.ID) {
	v.tenants.Range(func(id, _ any) bool {
		if id.(tenantEpoch).tenant == tenant {
			v.tenants.Delete(id)
		}
		return true
	})
}

// Leave destroys the keys that a tenant's records are named, looked up, compared and blocked with, but
// for claims gets a new one: what proves our own duties is still read, and each reading is kept.
func (v *Vault) Leave(ctx context.Context, tenant domain.ID) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM secrets WHERE tenant = $1 AND name IN ('naming', 'index', 'suppression')`, tenant[:]); err != nil {
			return err
		}
		r := v.roots.Load()
		if _, err := tx.ExecContext(ctx, `UPDATE secrets SET wrapped = $2 WHERE tenant = $1 AND name = 'claim' AND epoch = $3`,
			tenant[:], wrap(r.keys[r.current], randomKey(), "secret", tenant.Raw(), "claim"), r.current); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM suppressions WHERE tenant = $1`, tenant[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("vault: a tenant leaves: %w", err)
	}
	v.forgetSecrets(tenant)
	if v.db.Kind() != sqldb.SQLite {
		return nil
	}
	return v.db.TruncateSoon(ctx)
}
