package vault

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
)

// want names which key seals: per subject and class, and for interactions per interaction too.
type want struct {
	tenant, owner domain.ID
	class         domain.Class
	scope         domain.ID // the interaction's id; zero for other classes
}

func wantOf(tenant, owner domain.ID, class domain.Class, s domain.Stream) want {
	w := want{tenant: tenant, owner: owner, class: class}
	if class == domain.InteractionData {
		w.scope = s.ID
	}
	return w
}

// Seal fills the boxes of each sealing: one per key.
func (v *Vault) Seal(ctx context.Context, sealings []*ledger.Sealing) error {
	for _, s := range sealings {
		for _, f := range s.Fields {
			if !f.OwnerNamed(len(s.Fact.Subjects)) {
				return &domain.FieldError{Path: "subjects", Msg: fmt.Sprintf("%s needs a subject at index %d whose value it is", strings.TrimPrefix(f.Path, "/"), f.Owner)}
			}
		}
	}
	keys, err := v.keysFor(ctx, sealings)
	if err != nil {
		return err
	}
	for _, s := range sealings {
		if s.Err != nil {
			continue
		}
		values := map[want][]domain.PersonalField{}
		for _, f := range s.Fields {
			w := wantOf(s.Fact.Tenant, s.Fact.OwnerOf(f), f.Class, s.Fact.Stream)
			values[w] = append(values[w], f)
		}
		for w, fields := range values {
			s.Boxes = append(s.Boxes, v.box(s.Fact, w, keys[w], fields))
		}
	}
	return nil
}

// keysFor finds or takes the key of every want, each once.
func (v *Vault) keysFor(ctx context.Context, sealings []*ledger.Sealing) (map[want]slot, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	keys := map[want]slot{}
	var unknown []want
	for _, s := range sealings {
		if s.Err = v.refused(s); s.Err != nil {
			continue
		}
		for _, f := range s.Fields {
			w := wantOf(s.Fact.Tenant, s.Fact.OwnerOf(f), f.Class, s.Fact.Stream)
			if _, ok := keys[w]; ok {
				continue
			}
			k, ok := v.inUse[w]
			if !ok {
				unknown = append(unknown, w)
			}
			keys[w] = k
		}
	}
	destroyed, err := v.owned(ctx, unknown, keys)
	if err != nil {
		return nil, err
	}
	for _, s := range sealings {
		for _, f := range s.Fields {
			if s.Err == nil && destroyed[wantOf(s.Fact.Tenant, s.Fact.OwnerOf(f), f.Class, s.Fact.Stream)] {
				s.Err = ledger.ErrErased
			}
		}
	}
	missing := map[poolKey][]want{}
	for _, w := range unknown {
		if keys[w] == (slot{}) && !destroyed[w] {
			p := poolKey{w.tenant, branchOf(w.tenant, w.class)}
			missing[p] = append(missing[p], w)
		}
	}
	for p, wants := range missing {
		slots, err := v.take(ctx, p, len(wants))
		if err != nil {
			return nil, err
		}
		for i, w := range wants {
			keys[w], v.inUse[w] = slots[i], slots[i]
		}
	}
	return keys, nil
}

// owned adds the keys that the follower has written down, and tells which were destroyed.
func (v *Vault) owned(ctx context.Context, wants []want, keys map[want]slot) (destroyed map[want]bool, err error) {
	args := make([]any, 0, 4*len(wants))
	for _, w := range wants {
		args = append(args, w.tenant[:], w.owner[:], string(w.class), w.scope[:])
	}
	written, destroyed := map[want][]domain.ID{}, map[want]bool{}
	err = v.queries.owners.Look(ctx, nil, args, func(rows *sql.Rows) error {
		defer rows.Close()
		for rows.Next() {
			var tenant, owner, scope, key []byte
			var class string
			if err := rows.Scan(&tenant, &owner, &class, &scope, &key); err != nil {
				return err
			}
			w := want{domain.ID(tenant), domain.ID(owner), domain.Class(class), domain.ID(scope)}
			written[w] = append(written[w], domain.ID(key))
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("vault: find a key: %w", err)
	}
	for w, ids := range written {
		for _, id := range ids {
			key, err := v.key(ctx, id)
			if errors.Is(err, ledger.ErrErased) { // never a second key after a destroyed one
				destroyed[w] = true
				continue
			}
			if err != nil { // a key that can't be read now is no reason for a second
				return nil, err
			}
			keys[w] = slot{id, [32]byte(key)}
		}
	}
	return destroyed, nil
}

func (v *Vault) box(f *domain.Fact, w want, k slot, fields []domain.PersonalField) ledger.Box {
	var nonce [24]byte
	rand.Read(nonce[:])
	return v.boxWith(nonce, f, w, k, fields)
}

func (v *Vault) boxWith(random [24]byte, f *domain.Fact, w want, k slot, fields []domain.PersonalField) ledger.Box {
	slices.SortFunc(fields, func(x, y domain.PersonalField) int { return strings.Compare(x.Path, y.Path) })
	b := ledger.Box{Class: w.class, Key: k.id, Owner: w.owner, Nonce: random, Commitments: make([]ledger.Commitment, len(fields))}
	keys := newExpander(k.key[:])
	text := append(make([]byte, 0, 256), '{')
	for i, field := range fields {
		b.Commitments[i] = ledger.Commitment{Path: field.Path, Hash: v.commitment(keys, f.ID, field.Path, field.Value)}
		if i > 0 {
			text = append(text, ',')
		}
		text = canon.AppendString(append(canon.AppendString(text, field.Path), ':'), field.Value)
	}
	t, _ := domain.Lookup(f.Event.Kind())
	aead, nonce := xaes(keys.expand("muniment/enc/1"), b.Nonce[:])
	b.Ciphertext = aead.Seal(nil, nonce, pad(append(text, '}')), v.ad(&f.Envelope, t.Version, &b))
	return b
}

// opening is r of docs/formats.md, section 7: what lets a reader check one value's commitment.
func opening(keys expander, event domain.ID, path string) []byte {
	return keys.expand("muniment/commit/1", event.Raw(), path, domain.U32(1))
}

func (v *Vault) commitment(keys expander, event domain.ID, path, value string) [32]byte {
	return sha256.Sum256(domain.LP("muniment/commitment/1", v.ledger.Raw(), event.Raw(), path, string(opening(keys, event, path)), value))
}

func (v *Vault) ad(e *domain.Envelope, version int, b *ledger.Box) []byte {
	return domain.LP("muniment/box/1", v.ledger.Raw(), e.Tenant.Raw(), e.Stream.String(), e.ID.Raw(), domain.U32(uint32(version)), b.Key.Raw(), b.Owner.Raw(), string(b.Class))
}

// pad is ISO/IEC 7816-4 padding to the next of [ledger.Padded], so that lengths tell little.
func pad(b []byte) []byte {
	n := ledger.Padded(len(b))
	b = append(b, 0x80)
	return append(b, make([]byte, n-len(b))...)
}

func unpad(b []byte) ([]byte, bool) {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] == 0x80 {
			return b[:i], len(b) == ledger.Padded(i)
		}
		if b[i] != 0 {
			break
		}
	}
	return nil, false
}

// Open opens a box and rechecks every commitment.
func (v *Vault) Open(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error) {
	if v.closed.Load() {
		return nil, ledger.ErrClosedVault
	}
	return v.openLiving(ctx, e, b)
}

// openLiving opens like Open, also while nothing may be shown: look-up rows are made of what is sealed.
func (v *Vault) openLiving(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error) {
	if err := v.gone(wantOf(e.Tenant, b.Owner, b.Class, e.Stream)); err != nil {
		return nil, err
	}
	return v.OpenCondemned(ctx, e, b)
}

// OpenCondemned opens like Open, also what was ordered to be destroyed and isn't yet: only so that the
// erasure itself can put numbers on the list that blocks.
func (v *Vault) OpenCondemned(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error) {
	keys, err := v.keysOf(ctx, e, b)
	if err != nil {
		return nil, err
	}
	return v.openWith(keys, e, b)
}

// Openings opens a box like Open, and gives with each value what lets others check its commitment: r of
// docs/formats.md, section 7. Whoever was given r can check a guess of that value for ever.
func (v *Vault) Openings(ctx context.Context, e *domain.Envelope, b *ledger.Box) (values map[string]string, r map[string][32]byte, err error) {
	if values, err = v.Open(ctx, e, b); err != nil {
		return nil, nil, err
	}
	keys, err := v.keysOf(ctx, e, b)
	if err != nil {
		return nil, nil, err
	}
	r = make(map[string][32]byte, len(values))
	for path := range values {
		r[path] = [32]byte(opening(keys, e.ID, path))
	}
	return values, r, nil
}

// keysOf are the keys that a box's own key gives.
func (v *Vault) keysOf(ctx context.Context, e *domain.Envelope, b *ledger.Box) (keys expander, err error) {
	key, err := v.key(ctx, b.Key)
	if errors.Is(err, ledger.ErrErased) {
		err = v.whyGone(ctx, e.Stream)
	}
	if err != nil {
		return keys, err
	}
	return newExpander(key), nil
}

func (v *Vault) openWith(keys expander, e *domain.Envelope, b *ledger.Box) (map[string]string, error) {
	aead, nonce := xaes(keys.expand("muniment/enc/1"), b.Nonce[:])
	text, err := aead.Open(nil, nonce, b.Ciphertext, v.ad(e, e.Version, b))
	if err != nil {
		return nil, fmt.Errorf("vault: a box does not open: it was changed, or belongs to another event: %w", ledger.ErrDamagedBox)
	}
	text, ok := unpad(text)
	if !ok {
		return nil, fmt.Errorf("vault: a box is not padded as it must be: %w", ledger.ErrDamagedBox)
	}
	tree, err := canon.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("vault: a box does not hold what it must: %w", ledger.ErrDamagedBox)
	}
	object, _ := tree.(map[string]any)
	values := make(map[string]string, len(object))
	for path, value := range object {
		s, ok := value.(string)
		want, committed := b.Commitment(path)
		got := v.commitment(keys, e.ID, path, s)
		if !ok || !committed || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return nil, fmt.Errorf("vault: a sealed value does not match its commitment: %w", ledger.ErrDamagedBox)
		}
		values[path] = s
	}
	if len(values) != len(b.Commitments) {
		return nil, fmt.Errorf("vault: a box holds fewer values than it commits to: %w", ledger.ErrDamagedBox)
	}
	return values, nil
}
