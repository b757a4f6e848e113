package vault

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"

	"muniment/domain"
)

// Rotation is what one rotation did.
type Rotation struct {
	From, To int64
}

// Rotate begins the next key epoch and ends the present one. All keys above a person's own are new
// or wrapped anew, down to the page keys; then the old root is destroyed, and with it every copy of
// the vault from before. Nothing waits for it but for moments; each step is durable before the next,
// and one that was cut off is finished when the vault is opened.
//
//	root made        a second root lies in the keys directory, nothing is under it
//	secrets renewed  new keys are made under the new root from here on
//	pages, look-ups  moved under it, a batch a transaction
//	old secrets gone nothing needs the old root any more
//	root destroyed   overwritten, removed, synced
func (v *Vault) Rotate(ctx context.Context) (Rotation, error) {
	v.rotating.Lock()
	defer v.rotating.Unlock()
	from := v.roots.Load()
	to := from.current + 1
	key, err := v.keys.addKey(fmt.Sprintf(rootFile, to))
	if err != nil {
		return Rotation{}, err
	}
	v.step("root made")
	if err := v.renew(ctx, from.with(to, key), to); err != nil {
		return Rotation{}, err
	}
	v.step("secrets renewed")
	return Rotation{from.current, to}, v.finishRotation(ctx)
}

func (v *Vault) step(name string) {
	if v.stepped != nil {
		v.stepped(name)
	}
}

// renew makes the secrets of the new epoch; whoever mints or admits waits.
func (v *Vault) renew(ctx context.Context, r *roots, to int64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.roots.Store(r) // whoever reads what the transaction commits must be able to open it
	if err := v.db.Tx(ctx, func(tx *sql.Tx) error { return v.renewSecrets(ctx, tx, r, to) }); err != nil {
		return fmt.Errorf("vault: renew keys: %w", err)
	}
	clear(v.pools) // keys that older copies know seal nothing new
	clear(v.offered)
	v.roots.Store(&roots{current: to, oldest: r.oldest, keys: r.keys})
	return nil
}

// stable are the secrets that keep their value: ids and look-ups of other systems' records must come out
// the same for ever. Claims needn't: a copy of the log from an epoch that ended must tell nothing.
var stable = map[string]bool{"naming": true, "index": true, "suppression": true, "keyids": true}

// renewSecrets gives every secret that has none in the new epoch one there: the same value wrapped
// anew, or a new key.
func (v *Vault) renewSecrets(ctx context.Context, tx *sql.Tx, r *roots, to int64) error {
	rows, err := tx.QueryContext(ctx, `SELECT o.tenant, o.name, o.epoch, o.wrapped FROM secrets o
		LEFT JOIN secrets n ON n.tenant = o.tenant AND n.name = o.name AND n.epoch = $1 WHERE o.epoch < $1 AND n.tenant IS NULL`, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	var values []any
	for rows.Next() {
		var tenant, wrapped []byte
		var name string
		var epoch int64
		if err := rows.Scan(&tenant, &name, &epoch, &wrapped); err != nil {
			return err
		}
		key := randomKey()
		if stable[name] {
			if key, err = unwrap(r.keys[epoch], wrapped, "secret", string(tenant), name); err != nil {
				return err
			}
		}
		values = append(values, tenant, name, to, wrap(r.keys[to], key, "secret", string(tenant), name))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	const width, most = 4, 4 * 500
	for len(values) > 0 {
		n := min(len(values), most)
		if _, err := tx.ExecContext(ctx, `INSERT INTO secrets (tenant, name, epoch, wrapped) VALUES `+v.db.Rows(n/width, width), values[:n]...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// finishRotation moves what still lies under an older epoch, then ends that.
func (v *Vault) finishRotation(ctx context.Context) error {
	for left := 1; left > 0; {
		for _, move := range []struct {
			what  string
			batch func(context.Context) (int, error)
		}{{"pages moved", v.movePages}, {"look-ups moved", v.moveLookups}} {
			for n := 1; n > 0; {
				var err error
				if n, err = move.batch(ctx); err != nil {
					return fmt.Errorf("vault: end a key epoch: %w", err)
				}
				v.step(move.what)
			}
		}
		var err error
		if left, err = v.dropSecrets(ctx); err != nil {
			return fmt.Errorf("vault: end a key epoch: %w", err)
		}
	}
	v.step("old secrets gone")
	r := v.roots.Load()
	there, err := v.keys.Epochs()
	if err != nil {
		return err
	}
	for _, epoch := range there {
		if epoch < r.current {
			if err := v.keys.destroyKey(fmt.Sprintf(rootFile, epoch)); err != nil {
				return err
			}
		}
	}
	v.roots.Store(&roots{current: r.current, oldest: r.current, keys: map[int64][]byte{r.current: r.keys[r.current]}})
	v.step("root destroyed")
	return nil
}

const (
	pagesAtOnce   = 64
	lookupsAtOnce = 512
)

// movePages wraps the keys of some pages anew. Slots that nothing names get new keys, and the page a
// new page key: an older copy of the vault must not know what will seal tomorrow.
func (v *Vault) movePages(ctx context.Context) (n int, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	current := v.roots.Load().current
	taken := v.taken()
	var moved []storedPage
	err = v.db.Tx(ctx, func(tx *sql.Tx) error {
		moved = nil
		ids, err := pagesBefore(ctx, tx, current)
		if err != nil {
			return err
		}
		for _, id := range ids {
			s, err := v.stored(ctx, tx, id)
			if err != nil {
				return err
			}
			if err := v.movePage(ctx, tx, &s, taken); err != nil {
				return err
			}
			moved = append(moved, s)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, s := range moved {
		v.pages.drop(s.id) // not put anew: keys of it may have been destroyed since the commit
	}
	return len(moved), nil
}

func pagesBefore(ctx context.Context, tx *sql.Tx, epoch int64) (ids []pageID, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT page FROM pages WHERE epoch < $1 LIMIT $2`, epoch, pagesAtOnce)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		ids = append(ids, pageID(raw))
	}
	return ids, rows.Err()
}

func (v *Vault) movePage(ctx context.Context, tx *sql.Tx, s *storedPage, taken map[domain.ID]bool) error {
	fresh := false
	for n := range s.keys {
		if s.used[n/8]&(1<<(n%8)) == 0 && !taken[v.keyID(s.id, n)] && s.keys[n] != [32]byte{} {
			rand.Read(s.keys[n][:])
			fresh = true
		}
	}
	if fresh {
		s.reseal()
	}
	above, err := v.of(ctx, s.tenant)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE pages SET epoch = $2, wrapped = $3, keys = $4 WHERE page = $1`, s.id[:], above.epoch,
		wrap(above.branches[s.branch], s.pageKey, "page", string(s.id[:])), s.sealed)
	return err
}

// reseal seals a page's keys, which have changed, under a new page key.
func (s *storedPage) reseal() {
	flat := make([]byte, 0, pageSlots*32)
	for n := range s.keys {
		flat = append(flat, s.keys[n][:]...)
	}
	s.pageKey = randomKey()
	s.sealed = wrap(s.pageKey, flat, "keys", string(s.id[:]))
}

// moveLookups makes some look-up rows anew from what they hold: the inner tag, not the number.
func (v *Vault) moveLookups(ctx context.Context) (n int, err error) {
	v.mu.Lock() // whoever looks for a row finds it before or after
	defer v.mu.Unlock()
	current := v.roots.Load().current
	err = v.db.Tx(ctx, func(tx *sql.Tx) error {
		old, err := lookupsBefore(ctx, tx, current)
		if err != nil {
			return err
		}
		n = len(old)
		for _, o := range old {
			value, err := v.openLookup(ctx, o.epoch, o.tag, o.value)
			if err != nil {
				return err
			}
			tag, err := v.tag(ctx, current, value[:32])
			if err != nil {
				return err
			}
			key, err := v.epochKey(ctx, current, "lookups")
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM lookups WHERE tag = $1`, o.tag); err != nil {
				return err
			}
			// A row that is there already was written since, and knows better.
			if _, err := tx.ExecContext(ctx, `INSERT INTO lookups (tag, identifier, epoch, value) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				tag, o.identifier, current, wrap(key, value, "lookup", string(tag))); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

type lookupRow struct {
	tag, identifier, value []byte
	epoch                  int64
}

func lookupsBefore(ctx context.Context, tx *sql.Tx, epoch int64) (list []lookupRow, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT tag, identifier, epoch, value FROM lookups WHERE epoch < $1 LIMIT $2`, epoch, lookupsAtOnce)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l lookupRow
		if err := rows.Scan(&l.tag, &l.identifier, &l.epoch, &l.value); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, rows.Err()
}

// dropSecrets removes the secrets of older epochs, unless something came under them meanwhile: the
// follower may have begun a batch before the new epoch did.
func (v *Vault) dropSecrets(ctx context.Context) (left int, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	current := v.roots.Load().current
	err = v.db.Tx(ctx, func(tx *sql.Tx) error {
		left = 0
		for _, table := range []string{"pages", "lookups"} {
			var n int
			if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table+` WHERE epoch < $1`, current).Scan(&n); err != nil {
				return err
			}
			left += n
		}
		if left > 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM secrets WHERE epoch < $1`, current)
		return err
	})
	return left, err
}
