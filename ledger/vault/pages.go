package vault

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"sync"

	"muniment/domain"
	"muniment/ledger"
)

const pageSlots = 256

type (
	pageID [15]byte
	page   [pageSlots][32]byte
)

// slot is one key: where it lies, and the key itself.
type slot struct {
	id  domain.ID // the key id that boxes name
	key [32]byte
}

// keyID makes a key id look like 128 random bits, and still lead back to its page without an
// index: it is one AES block over page and slot (docs/decisions/0003-key-ids.md).
func (v *Vault) keyID(p pageID, n int) (id domain.ID) {
	copy(id[:], p[:])
	id[15] = byte(n)
	v.names.Encrypt(id[:], id[:])
	return id
}

func (v *Vault) pageOf(id domain.ID) (p pageID, n int) {
	v.names.Decrypt(id[:], id[:])
	copy(p[:], id[:15])
	return p, int(id[15])
}

type poolKey struct {
	tenant domain.ID
	branch branch
}

// pool is the unused keys of a tenant's branch that memory holds.
type pool struct {
	slots    []slot
	minted   int  // pages made by this run
	leftOver bool // pages of earlier runs may still have free slots
}

// mostAhead is how many pages are minted ahead of need at most.
const mostAhead = 16

// take hands out n unused keys of a tenant's branch, minting pages when the pool runs dry. v.mu is held.
func (v *Vault) take(ctx context.Context, k poolKey, n int) ([]slot, error) {
	p := v.pools[k]
	if p == nil {
		p = &pool{leftOver: true}
		v.pools[k] = p
	}
	for len(p.slots) < n {
		if err := v.refill(ctx, k, p, n-len(p.slots)); err != nil {
			return nil, err
		}
	}
	taken := p.slots[:n:n]
	p.slots = p.slots[n:]
	return taken, nil
}

// refill adds the free slots of one page of an earlier run, if there is one, else of new pages.
// A slot that no kept event names was never used: the follower caught up with the whole log before
// the vault served, and one process owns the directory.
func (v *Vault) refill(ctx context.Context, k poolKey, p *pool, need int) error {
	s, err := v.of(ctx, k.tenant)
	if err != nil {
		return err
	}
	if p.leftOver {
		found, err := v.reuse(ctx, k, p, s.epoch)
		if found || err != nil {
			return err
		}
		p.leftOver = false // pages only fill up
	}
	// Each minting waits for the disk, so whoever has used many keys gets many at once; whoever uses
	// few leaves few unused.
	n := 1 + need/pageSlots + min(p.minted, mostAhead)
	p.minted += n
	return v.mint(ctx, k, p, s, n)
}

func (v *Vault) reuse(ctx context.Context, k poolKey, p *pool, epoch int64) (bool, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT page, used FROM pages WHERE tenant = $1 AND branch = $2 AND free > 0 AND epoch = $3`, k.tenant[:], string(k.branch), epoch)
	if err != nil {
		return false, fmt.Errorf("vault: look for free keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var raw, used []byte
		if err := rows.Scan(&raw, &used); err != nil {
			return false, fmt.Errorf("vault: look for free keys: %w", err)
		}
		id := pageID(raw)
		if v.offered[id] {
			continue
		}
		v.offered[id] = true
		keys, err := v.page(ctx, id)
		if err != nil {
			return false, err
		}
		v.offer(p, id, keys, used, v.taken())
		return true, nil
	}
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("vault: look for free keys: %w", err)
	}
	return false, nil
}

// mint makes n pages of keys, durable before any of them is used.
func (v *Vault) mint(ctx context.Context, k poolKey, p *pool, s *secrets, n int) error {
	ids, made := make([]pageID, n), make([]*page, n)
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		for i := range n {
			made[i] = new(page)
			rand.Read(ids[i][:])
			flat := make([]byte, 0, pageSlots*32)
			for n := range made[i] {
				rand.Read(made[i][n][:])
				flat = append(flat, made[i][n][:]...)
			}
			pageKey := randomKey()
			if _, err := tx.ExecContext(ctx, `INSERT INTO pages (page, tenant, branch, epoch, wrapped, keys, used, free) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
				ids[i][:], k.tenant[:], string(k.branch), s.epoch, wrap(s.branches[k.branch], pageKey, "page", string(ids[i][:])),
				wrap(pageKey, flat, "keys", string(ids[i][:])), make([]byte, pageSlots/8), pageSlots); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("vault: mint keys: %w", err)
	}
	for i := range n {
		v.pages.put(ids[i], made[i])
		v.offer(p, ids[i], made[i], make([]byte, pageSlots/8), nil)
	}
	return nil
}

// offer adds the slots of a page that nothing kept names, and nothing on its way.
func (v *Vault) offer(p *pool, id pageID, keys *page, used []byte, taken map[domain.ID]bool) {
	for n := range keys {
		if key := v.keyID(id, n); used[n/8]&(1<<(n%8)) == 0 && !taken[key] {
			p.slots = append(p.slots, slot{key, keys[n]})
		}
	}
}

// taken are the keys of what is on its way to the log: their pages don't say yet that they are used.
func (v *Vault) taken() map[domain.ID]bool {
	taken := make(map[domain.ID]bool, len(v.inUse))
	for _, k := range v.inUse {
		taken[k.id] = true
	}
	return taken
}

// page opens a page of keys. [ledger.ErrErased] when it isn't there.
func (v *Vault) page(ctx context.Context, p pageID) (*page, error) {
	if keys := v.pages.get(p); keys != nil {
		return keys, nil
	}
	drops := v.pages.dropped()
	keys, err := v.stored(ctx, v.db.Reader(), p)
	if err != nil {
		return nil, err
	}
	v.pages.putUnless(drops, p, keys.keys)
	return keys.keys, nil
}

// key finds the key of an id. A slot of zeros is a destroyed key.
func (v *Vault) key(ctx context.Context, id domain.ID) ([]byte, error) {
	p, n := v.pageOf(id)
	keys, err := v.page(ctx, p)
	if err != nil {
		return nil, err
	}
	if keys[n] == [32]byte{} {
		return nil, ledger.ErrErased
	}
	return keys[n][:], nil
}

// pageCache holds opened pages, the longest unused dropped first by halves: two generations.
type pageCache struct {
	mu         sync.Mutex
	half       int
	drops      int // pages dropped so far
	young, old map[pageID]*page
}

func newPageCache(size int) *pageCache {
	return &pageCache{half: size / 2, young: map[pageID]*page{}, old: map[pageID]*page{}}
}

func (c *pageCache) get(p pageID) *page {
	c.mu.Lock()
	defer c.mu.Unlock()
	if keys, ok := c.young[p]; ok {
		return keys
	}
	keys := c.old[p]
	if keys != nil {
		c.add(p, keys)
	}
	return keys
}

func (c *pageCache) put(p pageID, keys *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(p, keys)
}

// drop forgets a page whose keys have changed.
func (c *pageCache) drop(p pageID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	delete(c.young, p)
	delete(c.old, p)
}

func (c *pageCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	c.young, c.old = map[pageID]*page{}, map[pageID]*page{}
}

func (c *pageCache) dropped() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drops
}

// putUnless keeps a page that was read, unless one was dropped since the reading began: it may hold
// keys that are destroyed by now.
func (c *pageCache) putUnless(drops int, p pageID, keys *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops == drops {
		c.add(p, keys)
	}
}

func (c *pageCache) add(p pageID, keys *page) {
	if len(c.young) >= c.half {
		c.young, c.old = map[pageID]*page{}, c.young
	}
	c.young[p] = keys
}
