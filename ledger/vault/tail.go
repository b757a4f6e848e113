package vault

import (
	"context"
	"database/sql"
	"fmt"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

// A ledger whose newest events are lost doesn't know of the erasures among them. The journal names
// their keys, not what else they asked for, and an erasure whose keys were not yet in the journal is in
// nobody's memory but the operator's. So nothing is opened until somebody has entered them again.
const (
	forgivenMark = "forgiven" // how many lines of the journal may name positions that the log lost
	closedMark   = "closed"   // 1: nothing is opened
)

// loadClosed is asked after each batch of the log, so that the vault is shut as soon as it has read so.
func (v *Vault) loadClosed(ctx context.Context) error {
	closed, err := v.checkpoint(ctx, closedMark)
	v.closed.Store(closed == 1)
	return err
}

// ForgiveTail lets the vault in db, which nobody has open, stand beside a journal of so many lines that
// knows of erasures after the log's end, and shuts it.
func ForgiveTail(ctx context.Context, db *sqldb.DB, lines int64) error {
	err := db.Tx(ctx, func(tx *sql.Tx) error {
		if err := setCheckpointIn(ctx, tx, forgivenMark, lines); err != nil {
			return err
		}
		return setCheckpointIn(ctx, tx, closedMark, 1)
	})
	if err != nil {
		return fmt.Errorf("vault: let the lost tail be lost: %w", err)
	}
	return nil
}

// Lost is a person of whom the journal names a destroyed key, though the log knows of no order to
// destroy it: an erasure among the events that were lost.
type Lost struct {
	Tenant, Subject domain.ID
}

// Lost lists those whom this copy of the vault still knows as owners of such keys.
func (v *Vault) Lost(ctx context.Context) (list []Lost, err error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT DISTINCT o.tenant, o.owner, o.key FROM owners o
		LEFT JOIN orders d ON d.entity = o.owner OR d.entity = o.scope OR d.entity = o.tenant WHERE d.entity IS NULL ORDER BY o.tenant, o.owner`)
	if err != nil {
		return nil, fmt.Errorf("vault: list lost erasures: %w", err)
	}
	defer rows.Close()
	named, disposals := map[domain.ID]bool{}, map[int64]bool{}
	for _, e := range v.journal.entries {
		switch e.mark {
		case disposalLine: // what it took, it took for its age
			disposals[e.position] = true
		case keyLine:
			named[e.id] = named[e.id] || !disposals[e.position]
		}
	}
	seen := map[Lost]bool{}
	for rows.Next() {
		var tenant, owner, key []byte
		if err := rows.Scan(&tenant, &owner, &key); err != nil {
			return nil, fmt.Errorf("vault: list lost erasures: %w", err)
		}
		l := Lost{domain.ID(tenant), domain.ID(owner)}
		if named[domain.ID(key)] && !seen[l] {
			seen[l] = true
			list = append(list, l)
		}
	}
	return list, rows.Err()
}

// Still runs fn while the vault neither follows the log nor ends a key epoch: a copy of the log made
// then, and one of the vault after it, belong together. Whoever seals or opens goes on.
func (v *Vault) Still(fn func() error) error {
	v.rotating.Lock()
	defer v.rotating.Unlock()
	v.writing.Lock()
	defer v.writing.Unlock()
	return fn()
}
