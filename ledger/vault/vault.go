package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Vault is the key vault of one ledger. It satisfies [ledger.Vault].
type Vault struct {
	db      *sqldb.DB
	queries queries
	ledger  domain.ID
	keys    KeysDir
	names   cipher.Block // turns page and slot into key ids and back

	roots     atomic.Pointer[roots]
	rotating  sync.Mutex // one rotation at a time
	tenants   sync.Map   // tenantEpoch → *secrets
	epochKeys sync.Map   // epochKeyName → key
	pages     *pageCache

	mu       sync.Mutex // guards what follows
	pools    map[poolKey]*pool
	offered  map[pageID]bool      // pages of earlier runs whose free slots are in the pools
	inUse    map[want]slot        // keys in use, not yet written by the follower
	reserved map[string]domain.ID // inner tag → subject, not yet written by the follower

	leases       sync.RWMutex // held from sealing until kept
	writing      sync.Mutex   // one follower's batch at a time
	dead         tombstones
	journal      journal
	suppressing  sync.Mutex // guards the next
	suppressions *lines
	closed       atomic.Bool   // nothing is opened until erasures are entered again
	ordered      chan struct{} // an order was written down since the last look

	stepped func(step string) // a test's: each step of a rotation, once it is durable
}

// secrets are a tenant's keys besides the page keys, as one epoch has them.
type secrets struct {
	epoch                             int64
	naming, index, claim, suppression []byte
	branches                          map[branch][]byte
}

// branch parts a tenant's keys by what ends their life.
type branch string

const (
	processing   branch = "processing"   // dies at off-boarding
	relationship branch = "relationship" // agreements, notices, cases: our own proof
	organisation branch = "organisation" // our staff
)

func branchOf(tenant domain.ID, c domain.Class) branch {
	switch {
	case c.Outlives():
		return relationship
	case tenant == domain.Operator:
		return organisation
	}
	return processing
}

// Open opens the vault in db for a ledger whose keys lie in keys.
func Open(ctx context.Context, db *sqldb.DB, keys KeysDir, id domain.ID) (*Vault, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, dir); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	v := &Vault{db: db, ledger: id, keys: keys, pages: newPageCache(1024), pools: map[poolKey]*pool{},
		offered: map[pageID]bool{}, inUse: map[want]slot{}, reserved: map[string]domain.ID{}, ordered: make(chan struct{}, 1)}
	if err := v.openEpoch(ctx); err != nil {
		return nil, err
	}
	if err := v.Admit(ctx, domain.Operator); err != nil {
		return nil, err
	}
	if v.queries, err = prepareQueries(ctx, db); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	key, err := v.secret(ctx, domain.Operator, "keyids")
	if err != nil {
		return nil, err
	}
	if v.names, err = aes.NewCipher(key[:16]); err != nil {
		return nil, err
	}
	if err := v.repeatJournal(ctx); err != nil {
		return nil, err
	}
	if err := v.repeatSuppressions(ctx); err != nil {
		return nil, err
	}
	if err := v.loadClosed(ctx); err != nil {
		return nil, err
	}
	if err := v.loadTombstones(ctx); err != nil {
		return nil, err
	}
	if r := v.roots.Load(); r.oldest < r.current { // a rotation was cut off
		return v, v.finishRotation(ctx)
	}
	return v, nil
}

var secretNames = []string{"naming", "index", "claim", "suppression", string(processing), string(relationship), string(organisation)}

// Admit makes a tenant's keys unless it has them.
func (v *Vault) Admit(ctx context.Context, tenant domain.ID) error {
	if _, err := v.of(ctx, tenant); !errors.Is(err, ledger.ErrUnknownTenant) {
		return err
	}
	names := secretNames
	if tenant == domain.Operator {
		names = append([]string{"keyids", "tags", "lookups"}, names...)
	}
	v.mu.Lock() // not while an epoch ends
	defer v.mu.Unlock()
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		var there int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM secrets WHERE tenant = $1`, tenant[:]).Scan(&there); err != nil || there > 0 {
			return err
		}
		r := v.roots.Load()
		for _, name := range names {
			if _, err := tx.ExecContext(ctx, `INSERT INTO secrets (tenant, name, epoch, wrapped) VALUES ($1, $2, $3, $4)`,
				tenant[:], name, r.current, wrap(r.keys[r.current], randomKey(), "secret", tenant.Raw(), name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("vault: admit tenant: %w", err)
	}
	return nil
}

// secret reads one key of a tenant as the newest epoch has it.
func (v *Vault) secret(ctx context.Context, tenant domain.ID, name string) ([]byte, error) {
	all, _, err := v.newest(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return all[name], nil
}

// of returns a tenant's keys, or [ledger.ErrUnknownTenant].
func (v *Vault) of(ctx context.Context, tenant domain.ID) (*secrets, error) {
	id := tenantEpoch{tenant, v.roots.Load().current}
	if s, ok := v.tenants.Load(id); ok {
		return s.(*secrets), nil
	}
	all, epoch, err := v.newest(ctx, tenant)
	if err != nil {
		return nil, err
	}
	s := &secrets{epoch: epoch, naming: all["naming"], index: all["index"], claim: all["claim"], suppression: all["suppression"], branches: map[branch][]byte{}}
	for _, b := range []branch{processing, relationship, organisation} {
		s.branches[b] = all[string(b)]
	}
	v.tenants.Store(id, s)
	return s, nil
}

// NamingKey is the key that ids of foreign records are derived with.
func (v *Vault) NamingKey(ctx context.Context, tenant domain.ID) ([]byte, error) {
	s, err := v.of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if s.naming == nil {
		return nil, ledger.ErrLeft
	}
	return s.naming, nil
}

// Claim is the claim digest: docs/formats.md, section 8.
func (v *Vault) Claim(ctx context.Context, tenant domain.ID, claim []byte) ([]byte, error) {
	s, err := v.of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return claimDigest(s.epoch, s.claim, claim), nil
}

func claimDigest(epoch int64, key, claim []byte) []byte {
	digest := domain.U32(uint32(epoch)) + string(mac(key, "muniment/claim/1", string(claim)))
	return []byte(digest[:sha256.Size])
}
