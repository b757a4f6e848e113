package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"

	"muniment/domain"
	"muniment/ledger"
)

// roots are the epoch roots in memory: of one epoch, or of two while a rotation is under way.
type roots struct {
	current int64 // what is made, is made under this one
	oldest  int64 // rows of epochs from here on may still be there
	keys    map[int64][]byte
}

var errOtherEpoch = errors.New("vault: a key lies under the root of an epoch that isn't here")

type tenantEpoch struct {
	tenant domain.ID
	epoch  int64
}

type epochKeyName struct {
	epoch int64
	name  string
}

// Epoch is the present key epoch, counted from 1.
func (v *Vault) Epoch() int64 { return v.roots.Load().current }

// openEpoch finds out which epoch the vault is in. Its root must lie in the keys directory: a vault
// whose epoch ended is an old copy, and staying shut is what its end was for.
func (v *Vault) openEpoch(ctx context.Context) error {
	if err := v.keys.buryDying(); err != nil {
		return err
	}
	there, err := v.keys.Epochs()
	if err != nil {
		return err
	}
	r := &roots{keys: map[int64][]byte{}}
	for _, epoch := range there {
		if r.keys[epoch], err = v.keys.Root(epoch); err != nil {
			return err
		}
	}
	var newest, oldest sql.NullInt64
	if err := v.db.Reader().QueryRowContext(ctx, `SELECT MAX(epoch), MIN(epoch) FROM secrets`).Scan(&newest, &oldest); err != nil {
		return fmt.Errorf("vault: read its epoch: %w", err)
	}
	r.current, r.oldest = newest.Int64, oldest.Int64
	if !newest.Valid {
		r.current, r.oldest = there[len(there)-1], there[len(there)-1]
	}
	if r.keys[r.current] == nil {
		return fmt.Errorf("vault: it is in key epoch %d, and the keys directory has only the root of epoch %d: the vault is an old copy, or the keys are. The root of an epoch that ended was destroyed, so that old copies stay shut; bring both back from backups of one epoch", r.current, there[len(there)-1])
	}
	if there[0] < r.oldest {
		r.oldest = there[0] // all is under the new root, only the old one isn't destroyed yet
	}
	v.roots.Store(r)
	return nil
}

type reader interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// newest reads all keys of a tenant as its newest epoch has them, in one look, so that they belong
// together.
func (v *Vault) newest(ctx context.Context, tenant domain.ID) (map[string][]byte, int64, error) {
	for again := false; ; again = true {
		r := v.roots.Load()
		wrapped, epoch, err := newestWrapped(ctx, v.db.Reader(), tenant)
		if err != nil {
			return nil, 0, err
		}
		if epoch == 0 {
			return nil, 0, ledger.ErrUnknownTenant
		}
		root := r.keys[epoch]
		if root == nil && !again {
			continue // a rotation ended in between
		}
		if root == nil {
			return nil, 0, errOtherEpoch
		}
		keys := make(map[string][]byte, len(wrapped))
		for name, w := range wrapped {
			if keys[name], err = unwrap(root, w, "secret", tenant.Raw(), name); err != nil {
				return nil, 0, err
			}
		}
		return keys, epoch, nil
	}
}

func newestWrapped(ctx context.Context, db reader, tenant domain.ID) (wrapped map[string][]byte, newest int64, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name, epoch, wrapped FROM secrets WHERE tenant = $1`, tenant[:])
	if err != nil {
		return nil, 0, fmt.Errorf("vault: read keys of a tenant: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var epoch int64
		var w []byte
		if err := rows.Scan(&name, &epoch, &w); err != nil {
			return nil, 0, fmt.Errorf("vault: read keys of a tenant: %w", err)
		}
		if epoch > newest {
			newest, wrapped = epoch, map[string][]byte{}
		}
		if epoch == newest {
			wrapped[name] = w
		}
	}
	return wrapped, newest, rows.Err()
}

// epochKey is a key that look-up rows of one epoch are made with.
func (v *Vault) epochKey(ctx context.Context, epoch int64, name string) ([]byte, error) {
	id := epochKeyName{epoch, name}
	if key, ok := v.epochKeys.Load(id); ok {
		return key.([]byte), nil
	}
	var wrapped []byte
	if err := v.db.Reader().QueryRowContext(ctx, `SELECT wrapped FROM secrets WHERE tenant = $1 AND name = $2 AND epoch = $3`, domain.Operator[:], name, epoch).Scan(&wrapped); err != nil {
		return nil, fmt.Errorf("vault: read the keys of look-ups: %w", err)
	}
	key, err := unwrap(v.roots.Load().keys[epoch], wrapped, "secret", domain.Operator.Raw(), name)
	if err == nil {
		v.epochKeys.Store(id, key)
	}
	return key, err
}

// storedPage is a page of keys as it lies in the table.
type storedPage struct {
	id                 pageID
	tenant             domain.ID
	branch             branch
	epoch              int64
	branchKey, pageKey []byte
	keys               *page
	sealed             []byte
	used               []byte
}

// stored reads a page and the branch key above it in one look, so that a rotation can't come between.
// [ledger.ErrErased] when it isn't there.
func (v *Vault) stored(ctx context.Context, db reader, p pageID) (storedPage, error) {
	for again := false; ; again = true {
		s := storedPage{id: p, keys: new(page)}
		var tenant, wrapped, above []byte
		err := db.QueryRowContext(ctx, `SELECT p.tenant, p.branch, p.epoch, p.wrapped, p.keys, p.used, s.wrapped FROM pages p
			LEFT JOIN secrets s ON s.tenant = p.tenant AND s.name = p.branch AND s.epoch = p.epoch WHERE p.page = $1`, p[:]).
			Scan(&tenant, &s.branch, &s.epoch, &wrapped, &s.sealed, &s.used, &above)
		if errors.Is(err, sql.ErrNoRows) {
			return s, ledger.ErrErased
		}
		if err != nil {
			return s, fmt.Errorf("vault: read keys: %w", err)
		}
		if above == nil {
			return s, ledger.ErrErased // the branch died
		}
		s.tenant = domain.ID(tenant)
		root := v.roots.Load().keys[s.epoch]
		if root == nil && !again {
			continue
		}
		if root == nil {
			return s, errOtherEpoch
		}
		s.branchKey, err = unwrap(root, above, "secret", s.tenant.Raw(), string(s.branch))
		if err != nil {
			return s, err
		}
		if s.pageKey, err = unwrap(s.branchKey, wrapped, "page", string(p[:])); err != nil {
			return s, err
		}
		flat, err := unwrap(s.pageKey, s.sealed, "keys", string(p[:]))
		if err != nil {
			return s, err
		}
		for n := range s.keys {
			copy(s.keys[n][:], flat[32*n:])
		}
		return s, nil
	}
}

// with is the same roots with another added.
func (r *roots) with(epoch int64, key []byte) *roots {
	next := &roots{current: r.current, oldest: r.oldest, keys: maps.Clone(r.keys)}
	next.keys[epoch] = key
	return next
}
