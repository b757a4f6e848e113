package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// Hold is [ledger.Vault]'s.
func (v *Vault) Hold() (release func()) {
	v.leases.RLock()
	return v.leases.RUnlock
}

// Settle returns when whatever was sealed before it has been kept, or has failed. One process owns
// the vault, so there is no other's lease to wait out.
func (v *Vault) Settle() {
	v.leases.Lock()
	defer v.leases.Unlock() // having waited is all
}

// KeysOf lists the keys that kept events name for what an order is about, in an order of their own.
func (v *Vault) KeysOf(ctx context.Context, o Order) (keys []domain.ID, err error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT class, key FROM owners WHERE tenant = $1 AND owner = $2`, o.Tenant[:], o.Entity[:])
	if err != nil {
		return nil, fmt.Errorf("vault: list keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var class string
		var key []byte
		if err := rows.Scan(&class, &key); err != nil {
			return nil, fmt.Errorf("vault: list keys: %w", err)
		}
		if o.takes(domain.Class(class)) {
			keys = append(keys, domain.ID(key))
		}
	}
	slices.SortFunc(keys, func(a, b domain.ID) int { return slices.Compare(a[:], b[:]) })
	return keys, rows.Err()
}

// Living are those of the keys that can still open something.
func (v *Vault) Living(ctx context.Context, keys []domain.ID) (living []domain.ID, err error) {
	for _, id := range keys {
		switch _, err := v.key(ctx, id); {
		case errors.Is(err, ledger.ErrErased):
		case err != nil:
			return nil, err
		default:
			living = append(living, id)
		}
	}
	return living, nil
}

func (o Order) takes(c domain.Class) bool {
	return len(o.Classes) == 0 || slices.Contains(o.Classes, c)
}

// Destroy destroys keys for good: written into the journal beside the root first, then their slots
// are emptied, each page gets a new page key, and the database's own journal is emptied. It may be
// repeated. The answer says in which epoch it was done, and whether it is final.
func (v *Vault) Destroy(ctx context.Context, keys []domain.ID, orders ...Order) (epoch int64, final domain.Finality, err error) {
	all := slices.Concat(keys, v.strays(orders))
	epoch = v.roots.Load().current
	if err := v.journal.addKeys(orders[len(orders)-1].Seq, all); err != nil {
		return 0, "", err
	}
	if err := v.empty(ctx, all, v.journal.len()); err != nil {
		return 0, "", err
	}
	if v.db.Kind() != sqldb.SQLite {
		return epoch, domain.EpochEnd, nil
	}
	return epoch, domain.BytesGone, v.db.TruncateSoon(ctx)
}

// strays are keys that were taken for somebody and are in no kept event: what would have named them
// failed.
func (v *Vault) strays(orders []Order) (keys []domain.ID) {
	subjects, interactions := map[domain.ID]Order{}, map[domain.ID]bool{}
	for _, o := range orders {
		if o.Noun == subjectNoun {
			subjects[o.Entity] = o
		} else {
			interactions[o.Entity] = true
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for w, k := range v.inUse {
		if o, ok := subjects[w.owner]; ok && o.takes(w.class) || w.class == domain.InteractionData && interactions[w.scope] {
			keys = append(keys, k.id)
			delete(v.inUse, w)
		}
	}
	return keys
}

// pagesInTx bounds one transaction of [Vault.empty].
const pagesInTx = 256

// empty empties the slots of keys; journal is how much of the journal is done with that.
func (v *Vault) empty(ctx context.Context, keys []domain.ID, journal int64) error {
	slots := map[pageID][]int{}
	for _, id := range keys {
		p, n := v.pageOf(id)
		slots[p] = append(slots[p], n)
	}
	for part := range slices.Chunk(slices.Collect(maps.Keys(slots)), pagesInTx) {
		err := v.db.Tx(ctx, func(tx *sql.Tx) error {
			for _, p := range part {
				if err := v.emptySlots(ctx, tx, p, slots[p]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("vault: destroy keys: %w", err)
		}
		for _, p := range part {
			v.pages.drop(p)
		}
	}
	return v.setCheckpoint(ctx, "journal", journal)
}

func (v *Vault) emptySlots(ctx context.Context, tx *sql.Tx, p pageID, slots []int) error {
	s, err := v.stored(ctx, tx, p)
	if errors.Is(err, ledger.ErrErased) {
		return nil
	}
	if err != nil {
		return err
	}
	before := *s.keys
	for _, n := range slots {
		s.keys[n] = [32]byte{}
		s.used[n/8] |= 1 << (n % 8) // never handed out again
	}
	if before == *s.keys {
		return nil
	}
	s.reseal()
	_, err = tx.ExecContext(ctx, `UPDATE pages SET wrapped = $2, keys = $3, used = $4 WHERE page = $1`, p[:], wrap(s.branchKey, s.pageKey, "page", string(p[:])), s.sealed, s.used)
	return err
}

// Forget removes what led from and to an erased person: who owns which key, and the rows of its
// identifiers. Those that lead to somebody else by now stay.
func (v *Vault) Forget(ctx context.Context, o Order, identifiers []domain.ID) error {
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, c := range o.classes() {
			if _, err := tx.ExecContext(ctx, `DELETE FROM owners WHERE tenant = $1 AND owner = $2 AND ($3 = '' OR class = $3)`, o.Tenant[:], o.Entity[:], string(c)); err != nil {
				return err
			}
		}
		for _, i := range identifiers {
			if _, err := tx.ExecContext(ctx, `DELETE FROM lookups WHERE identifier = $1`, i[:]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("vault: forget who was erased: %w", err)
	}
	v.mu.Lock()
	for inner, subject := range v.reserved {
		if subject == o.Entity && o.takes(domain.Contact) {
			delete(v.reserved, inner)
		}
	}
	v.mu.Unlock()
	if v.db.Kind() != sqldb.SQLite {
		return nil
	}
	return v.db.TruncateSoon(ctx)
}

func (v *Vault) setCheckpoint(ctx context.Context, name string, seq int64) error {
	return v.db.Tx(ctx, func(tx *sql.Tx) error { return setCheckpointIn(ctx, tx, name, seq) })
}

func setCheckpointIn(ctx context.Context, tx *sql.Tx, name string, seq int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO checkpoint (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`, name, seq)
	return err
}
