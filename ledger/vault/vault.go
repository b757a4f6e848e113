package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"

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
	root    []byte
	names   cipher.Block // turns page and slot into key ids and back

	tenants   sync.Map // domain.ID → *secrets
	epochKeys sync.Map // name → key
	pages     *pageCache

	mu       sync.Mutex // guards what follows
	pools    map[poolKey]*pool
	offered  map[pageID]bool      // pages of earlier runs whose free slots are in the pools
	inUse    map[want]slot        // keys in use, not yet written by the follower
	reserved map[string]domain.ID // inner tag → subject, not yet written by the follower
}

// epoch is the one key epoch there is until rotation comes.
const epoch = 1

// secrets are a tenant's keys besides the page keys.
type secrets struct {
	naming, index, claim []byte
	branches             map[branch][]byte
}

// branch parts a tenant's keys by what ends their life.
type branch string

const (
	processing   branch = "processing"   // dies at off-boarding
	relationship branch = "relationship" // agreements and notices: our own proof
	organisation branch = "organisation" // our staff
)

func branchOf(tenant domain.ID, c domain.Class) branch {
	switch {
	case c == domain.BusinessContact:
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
	root, err := keys.Root(epoch)
	if err != nil {
		return nil, err
	}
	v := &Vault{db: db, ledger: id, root: root, pages: newPageCache(2048), pools: map[poolKey]*pool{},
		offered: map[pageID]bool{}, inUse: map[want]slot{}, reserved: map[string]domain.ID{}}
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
	return v, nil
}

var secretNames = []string{"naming", "index", "claim", string(processing), string(relationship), string(organisation)}

// Admit makes a tenant's keys unless it has them.
func (v *Vault) Admit(ctx context.Context, tenant domain.ID) error {
	if _, err := v.of(ctx, tenant); !errors.Is(err, ledger.ErrUnknownTenant) {
		return err
	}
	names := secretNames
	if tenant == domain.Operator {
		names = append([]string{"keyids", "tags", "lookups"}, names...)
	}
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, name := range names {
			if _, err := tx.ExecContext(ctx, `INSERT INTO secrets (tenant, name, epoch, wrapped) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, name) DO NOTHING`,
				tenant[:], name, epoch, wrap(v.root, randomKey(), "secret", tenant.Raw(), name)); err != nil {
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

func (v *Vault) secret(ctx context.Context, tenant domain.ID, name string) ([]byte, error) {
	var wrapped []byte
	err := v.db.Reader().QueryRowContext(ctx, `SELECT wrapped FROM secrets WHERE tenant = $1 AND name = $2`, tenant[:], name).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ledger.ErrUnknownTenant
	}
	if err != nil {
		return nil, fmt.Errorf("vault: read keys of a tenant: %w", err)
	}
	return unwrap(v.root, wrapped, "secret", tenant.Raw(), name)
}

// of returns a tenant's keys, or [ledger.ErrUnknownTenant].
func (v *Vault) of(ctx context.Context, tenant domain.ID) (*secrets, error) {
	if s, ok := v.tenants.Load(tenant); ok {
		return s.(*secrets), nil
	}
	s := &secrets{branches: map[branch][]byte{}}
	for _, name := range secretNames {
		key, err := v.secret(ctx, tenant, name)
		if err != nil {
			return nil, err
		}
		switch name {
		case "naming":
			s.naming = key
		case "index":
			s.index = key
		case "claim":
			s.claim = key
		default:
			s.branches[branch(name)] = key
		}
	}
	v.tenants.Store(tenant, s)
	return s, nil
}

// NamingKey is the key that ids of foreign records are derived with.
func (v *Vault) NamingKey(ctx context.Context, tenant domain.ID) ([]byte, error) {
	s, err := v.of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return s.naming, nil
}

// Claim is the claim digest: docs/formats.md, section 8.
func (v *Vault) Claim(ctx context.Context, tenant domain.ID, claim []byte) ([]byte, error) {
	s, err := v.of(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return mac(s.claim, "muniment/claim/1", string(claim)), nil
}
