package vault

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
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
			if f.Owner >= len(s.Fact.Subjects) {
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
		values := map[want]map[string]any{}
		for _, f := range s.Fields {
			w := wantOf(s.Fact.Tenant, s.Fact.Subjects[f.Owner].ID, f.Class, s.Fact.Stream)
			if values[w] == nil {
				values[w] = map[string]any{}
			}
			values[w][f.Path] = f.Value
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
	missing := map[poolKey][]want{}
	for _, s := range sealings {
		if s.Err = v.refused(s); s.Err != nil {
			continue
		}
		for _, f := range s.Fields {
			w := wantOf(s.Fact.Tenant, s.Fact.Subjects[f.Owner].ID, f.Class, s.Fact.Stream)
			if _, ok := keys[w]; ok {
				continue
			}
			k, ok := v.inUse[w]
			if !ok {
				var err error
				k, ok, err = v.owned(ctx, w)
				if errors.Is(err, ledger.ErrErased) { // never a second key after a destroyed one
					s.Err = err
					break
				}
				if err != nil {
					return nil, err
				}
			}
			keys[w] = k
			if !ok {
				p := poolKey{w.tenant, branchOf(w.tenant, w.class)}
				missing[p] = append(missing[p], w)
			}
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

// owned finds a key that the follower has written down.
func (v *Vault) owned(ctx context.Context, w want) (slot, bool, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT key FROM owners WHERE tenant = $1 AND owner = $2 AND class = $3 AND scope = $4`,
		w.tenant[:], w.owner[:], string(w.class), w.scope[:])
	if err != nil {
		return slot{}, false, fmt.Errorf("vault: find a key: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return slot{}, false, rows.Err()
	}
	var raw []byte
	if err := rows.Scan(&raw); err != nil {
		return slot{}, false, fmt.Errorf("vault: find a key: %w", err)
	}
	key, err := v.key(ctx, domain.ID(raw))
	if err != nil { // a key that can't be read now is no reason for a second
		return slot{}, false, err
	}
	return slot{domain.ID(raw), [32]byte(key)}, true, nil
}

func (v *Vault) box(f *domain.Fact, w want, k slot, fields map[string]any) ledger.Box {
	var nonce [24]byte
	rand.Read(nonce[:])
	return v.boxWith(nonce, f, w, k, fields)
}

func (v *Vault) boxWith(random [24]byte, f *domain.Fact, w want, k slot, fields map[string]any) ledger.Box {
	b := ledger.Box{Class: w.class, Key: k.id, Owner: w.owner, Nonce: random}
	for path, value := range fields {
		b.Commitments = append(b.Commitments, ledger.Commitment{Path: path, Hash: v.commitment(k.key[:], f.ID, path, value.(string))})
	}
	slices.SortFunc(b.Commitments, func(x, y ledger.Commitment) int { return strings.Compare(x.Path, y.Path) })
	t, _ := domain.Lookup(f.Event.Kind())
	aead, nonce := xaes(expand(k.key[:], "muniment/enc/1"), b.Nonce[:])
	b.Ciphertext = aead.Seal(nil, nonce, pad(canon.Append(nil, fields)), v.ad(&f.Envelope, t.Version, &b))
	return b
}

// Opening is r of docs/formats.md, section 7: what lets a reader check one value's commitment.
func opening(key []byte, event domain.ID, path string) []byte {
	return expand(key, "muniment/commit/1", event.Raw(), path, domain.U32(1))
}

func (v *Vault) commitment(key []byte, event domain.ID, path, value string) [32]byte {
	return sha256.Sum256(domain.LP("muniment/commitment/1", v.ledger.Raw(), event.Raw(), path, string(opening(key, event, path)), value))
}

func (v *Vault) ad(e *domain.Envelope, version int, b *ledger.Box) []byte {
	return domain.LP("muniment/box/1", v.ledger.Raw(), e.Tenant.Raw(), e.Stream.String(), e.ID.Raw(), domain.U32(uint32(version)), b.Key.Raw(), b.Owner.Raw(), string(b.Class))
}

// pad is ISO/IEC 7816-4 padding to a multiple of 32, so that lengths tell little.
func pad(b []byte) []byte {
	b = append(b, 0x80)
	return append(b, make([]byte, (32-len(b)%32)%32)...)
}

func unpad(b []byte) ([]byte, bool) {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] == 0x80 {
			return b[:i], true
		}
		if b[i] != 0 {
			break
		}
	}
	return nil, false
}

// Open opens a box and rechecks every commitment.
func (v *Vault) Open(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error) {
	if err := v.gone(wantOf(e.Tenant, b.Owner, b.Class, e.Stream)); err != nil {
		return nil, err
	}
	return v.OpenCondemned(ctx, e, b)
}

// OpenCondemned opens like Open, also what was ordered to be destroyed and isn't yet: only so that the
// erasure itself can put numbers on the list that blocks.
func (v *Vault) OpenCondemned(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error) {
	key, err := v.key(ctx, b.Key)
	if errors.Is(err, ledger.ErrErased) {
		err = v.whyGone(ctx, e.Stream)
	}
	if err != nil {
		return nil, err
	}
	aead, nonce := xaes(expand(key, "muniment/enc/1"), b.Nonce[:])
	text, err := aead.Open(nil, nonce, b.Ciphertext, v.ad(e, e.Version, b))
	if err != nil {
		return nil, fmt.Errorf("vault: a box does not open: it was changed, or belongs to another event")
	}
	text, ok := unpad(text)
	if !ok {
		return nil, fmt.Errorf("vault: a box is not padded as it must be")
	}
	tree, err := canon.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("vault: a box does not hold what it must")
	}
	object, _ := tree.(map[string]any)
	values := make(map[string]string, len(object))
	for path, value := range object {
		s, ok := value.(string)
		want, committed := b.Commitment(path)
		got := v.commitment(key, e.ID, path, s)
		if !ok || !committed || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return nil, fmt.Errorf("vault: a sealed value does not match its commitment")
		}
		values[path] = s
	}
	if len(values) != len(b.Commitments) {
		return nil, fmt.Errorf("vault: a box holds fewer values than it commits to")
	}
	return values, nil
}
