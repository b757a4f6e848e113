package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muniment/domain"
)

// Identifier leads to a person: an E.164 number, an e-mail address as it was typed, or a login of a
// source system ("system/login").
type Identifier struct {
	Type    domain.IdentifierType
	Value   string
	Country string // ISO 3166-1 of a number, if known
}

// Matched is what an identifier is found and blocked by: an address in any spelling with capitals is the same
// one to every mail system there is, and whoever objected to one spelling objected to all (house rule).
func (i Identifier) Matched() string {
	if i.Type != domain.Email {
		return i.Value
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, i.Value)
}

// Lead is an identifier, and the tenant among whose people it leads to one.
type Lead struct {
	Tenant     domain.ID
	Identifier Identifier
}

var (
	// ErrUnknownTenant: the tenant was never onboarded here, so there are no keys for it.
	ErrUnknownTenant = errors.New("unknown tenant")
	// ErrErased: the key was destroyed; the value is gone for good.
	ErrErased = errors.New("erased")
	// ErrHeld: it is to go as soon as a legal hold is lifted. Nothing of it is shown or kept till then.
	ErrHeld = fmt.Errorf("held, and so not yet %w", ErrErased)
	// ErrClosedVault: the ledger's newest events were lost, erasures among them perhaps, and nobody has
	// entered those again yet.
	ErrClosedVault = errors.New("closed until lost erasures are entered again: see the findings, and muniment restore --help")
	// ErrLeft: what was processed for the tenant was deleted; nothing is taken in for it again.
	ErrLeft error = domain.Refuse("tenant.left", "Art. 28(3)(g) GDPR", "this account was off-boarded and its data deleted: nothing is kept for it any more, and its records can't be told from new ones")
	// ErrRedacted: the same, because the interaction was redacted.
	ErrRedacted = fmt.Errorf("redacted, and so %w", ErrErased)
)

// Sealing is the personal values of one event on their way into boxes.
type Sealing struct {
	Fact   *domain.Fact
	Fields []domain.PersonalField
	Boxes  []Box // filled by Seal
	Err    error // or why there are none: ErrErased when whose values they are was erased
}

// ClaimEpoch is how many bytes of a claim digest name the key epoch.
const ClaimEpoch = 4

// Vault is what the ledger needs of the key vault (ledger/vault).
type Vault interface {
	// Admit makes a tenant's keys, durably, unless it has them.
	Admit(ctx context.Context, tenant domain.ID) error
	// NamingKey is the key that ids of foreign records are derived with: 32 bytes that never rotate.
	// ErrLeft when it died.
	NamingKey(ctx context.Context, tenant domain.ID) ([]byte, error)
	// Claim is the claim digest of canonical bytes: the number of the key epoch, then 28 bytes that nobody can
	// test a guess with once the epoch ended.
	Claim(ctx context.Context, tenant domain.ID, claim []byte) ([]byte, error)
	// Hold promises that no key is destroyed before release: from before Seal until what was sealed
	// is kept. An erasure waits for the holds that began before it.
	Hold() (release func())
	// Seal fills the boxes of each sealing. Every key it uses is durable before it returns.
	Seal(ctx context.Context, sealings []*Sealing) error
	// Open opens a box: path → value. ErrErased when its key was destroyed, ErrClosedVault.
	Open(ctx context.Context, e *domain.Envelope, b *Box) (map[string]string, error)
	// Find leads from an identifier to the person it belongs to now.
	Find(ctx context.Context, tenant domain.ID, i Identifier) (domain.ID, bool, error)
	// FindAll finds like Find, for many at once; the zero id where one leads to nobody.
	FindAll(ctx context.Context, leads []Lead) ([]domain.ID, error)
	// Reserve finds like Find, or else makes the identifier lead to a subject, a new random one
	// when that is zero: fresh is true for the one caller that has to attach it.
	Reserve(ctx context.Context, tenant domain.ID, i Identifier, subject domain.ID) (id domain.ID, fresh bool, err error)
	// Release takes a reservation back whose identifier could not be attached.
	Release(ctx context.Context, tenant domain.ID, i Identifier) error
}
