package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"

	"muniment/domain"
	"muniment/ledger"
)

const batch = 512

// CatchUp writes down what kept events say about keys and identifiers, up to the log's head. It
// must return before the vault serves: what it hasn't seen looks unused.
func (v *Vault) CatchUp(ctx context.Context, log ledger.Log) error {
	if err := v.checkJournal(ctx, log); err != nil {
		return err
	}
	next, err := log.Next(ctx)
	if err != nil {
		return err
	}
	for {
		from, err := v.next(ctx)
		if err != nil || from >= next {
			return err
		}
		records, err := log.Read(ctx, from, batch)
		if err != nil {
			return err
		}
		if err := v.apply(ctx, records); err != nil {
			return err
		}
	}
}

// Follow goes on from there until ctx ends.
func (v *Vault) Follow(ctx context.Context, log ledger.Log) error {
	from, err := v.next(ctx)
	if err != nil {
		return err
	}
	return ledger.Follow(ctx, log, from, batch, func(records []ledger.Record) error { return v.apply(ctx, records) })
}

func (v *Vault) next(ctx context.Context) (int64, error) { return v.checkpoint(ctx, "vault") }

func (v *Vault) checkpoint(ctx context.Context, name string) (int64, error) {
	return checkpointIn(ctx, v.db.Reader(), name)
}

func checkpointIn(ctx context.Context, db reader, name string) (seq int64, err error) {
	err = db.QueryRowContext(ctx, `SELECT seq FROM checkpoint WHERE name = $1`, name).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// heedless are kinds that many events are of and that ask nothing of the vault but keys for their boxes.
var heedless = map[string]bool{"interaction.viewed": true, "interaction.listened": true, "interaction.downloaded": true,
	"user.signed_in": true, "user.sign_in_failed": true, "consent.granted": true, "audit.ledger_queried": true}

// change is what one batch of records changes, gathered so that each page is written once.
type change struct {
	owners  map[want]domain.ID // → key id
	pages   map[pageID][]int   // slots that are in use
	written [][]byte           // inner tags whose rows were written
	orders  []Order
	lifted  bool // a hold that may have stopped some
}

func (v *Vault) apply(ctx context.Context, records []ledger.Record) error {
	if len(records) == 0 {
		return nil
	}
	v.writing.Lock()
	defer v.writing.Unlock()
	var c change
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		c = change{owners: map[want]domain.ID{}, pages: map[pageID][]int{}}
		from, err := checkpointIn(ctx, tx, "vault")
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Seq < from {
				continue // another caller was quicker; what was purged since must not come back
			}
			if err := v.note(ctx, tx, &c, r); err != nil {
				return err
			}
		}
		owners := make([]any, 0, 5*len(c.owners))
		for w, key := range c.owners {
			owners = append(owners, w.tenant[:], w.owner[:], string(w.class), w.scope[:], key[:])
		}
		if err := v.queries.own.Insert(ctx, tx, owners); err != nil {
			return err
		}
		for p, slots := range c.pages {
			if err := markUsed(ctx, tx, p, slots); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO checkpoint (name, seq) VALUES ('vault', $1) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`,
			max(from, records[len(records)-1].Seq+1))
		return err
	})
	if err != nil {
		return fmt.Errorf("vault: follow the log: %w", err)
	}
	if err := v.loadClosed(ctx); err != nil {
		return err
	}
	v.dead.add(c.orders)
	if len(c.orders) > 0 || c.lifted {
		select {
		case v.ordered <- struct{}{}:
		default:
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for w, key := range c.owners {
		if v.inUse[w].id == key {
			delete(v.inUse, w)
		}
	}
	for _, inner := range c.written {
		delete(v.reserved, string(inner))
	}
	return nil
}

func (v *Vault) note(ctx context.Context, tx *sql.Tx, c *change, r ledger.Record) error {
	if !ledger.HasBoxes(r) && heedless[ledger.KindOf(r)] {
		return nil // not even decoded
	}
	k, boxes, err := ledger.DecodeBoxes(r)
	if err != nil {
		return err
	}
	if o, ok := orderOf(&k); ok {
		c.orders = append(c.orders, o)
		return writeOrder(ctx, tx, o)
	}
	for _, b := range boxes {
		c.owners[wantOf(k.Tenant, b.Owner, b.Class, k.Stream)] = b.Key
		p, n := v.pageOf(b.Key)
		c.pages[p] = append(c.pages[p], n)
	}
	switch e := k.Event.(type) {
	case domain.IdentifierAttached:
		return v.noteIdentifier(ctx, tx, c, &k, boxes, e.Identifier, e.Type, "/value", "")
	case domain.UserEnrolled:
		return v.noteIdentifier(ctx, tx, c, &k, boxes, k.ID, domain.Login, "/login", e.System+"/")
	case domain.HoldPlaced:
		return placeHold(ctx, tx, &k, e)
	case domain.HoldLifted:
		c.lifted = true
		return liftHold(ctx, tx, e)
	case domain.TailLost:
		return setCheckpointIn(ctx, tx, closedMark, 1)
	case domain.ErasuresEntered:
		return setCheckpointIn(ctx, tx, closedMark, 0)
	case domain.IdentifierDetached:
		_, err := tx.ExecContext(ctx, `DELETE FROM lookups WHERE identifier = $1`, e.Identifier[:])
		return err
	}
	return nil
}

// noteIdentifier writes the look-up row of an attached identifier. One that was erased since leaves
// none: that is what erasing means.
func (v *Vault) noteIdentifier(ctx context.Context, tx *sql.Tx, c *change, k *domain.Kept, boxes []ledger.Box, identifier domain.ID, t domain.IdentifierType, path, prefix string) error {
	for i := range boxes {
		if _, ok := boxes[i].Commitment(path); !ok {
			continue
		}
		values, err := v.openLiving(ctx, &k.Envelope, &boxes[i])
		if errors.Is(err, ledger.ErrErased) {
			return nil
		}
		if err != nil {
			return err
		}
		inner, err := v.inner(ctx, k.Tenant, ledger.Identifier{Type: t, Value: prefix + values[path]})
		if err != nil {
			return err
		}
		c.written = append(c.written, inner)
		return v.writeLookup(ctx, tx, inner, identifier, boxes[i].Owner)
	}
	return nil
}

func markUsed(ctx context.Context, tx *sql.Tx, p pageID, slots []int) error {
	var used []byte
	err := tx.QueryRowContext(ctx, `SELECT used FROM pages WHERE page = $1`, p[:]).Scan(&used)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // destroyed
	}
	if err != nil {
		return err
	}
	free := pageSlots
	for _, n := range slots {
		used[n/8] |= 1 << (n % 8)
	}
	for _, b := range used {
		free -= bits.OnesCount8(b)
	}
	_, err = tx.ExecContext(ctx, `UPDATE pages SET used = $2, free = $3 WHERE page = $1`, p[:], used, free)
	return err
}
