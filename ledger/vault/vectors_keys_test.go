package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
)

// canonicalVector is texts that are canonical JSON and texts that aren't: docs/formats.md, section 2.
func canonicalVector() map[string]any {
	accepts := []string{`{}`, `[]`, `""`, `0`, `-1`, `9007199254740991`, `-9007199254740991`, `true`, `{"a":[1,{"b":"c"}],"z":false}`, `"\"\\/~ "`, `"\u000a\u007f"`,
		`"\u00c5sa \ud83d\ude00"`, `{"Z":1,"a":2,"\u00e5":3,"\ud83d\ude00":4}`, strings.Repeat("[", 64) + strings.Repeat("]", 64)}
	refuses := []string{``, `null`, `{"a":null}`, ` {}`, `{} `, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{"a": 1}`, `1.0`, `1e3`, `-0`, `01`, `9007199254740992`, `"\n"`, `"\u0041"`, `"\u00C5"`,
		`"\/"`, "\"\u00e5\"", `"\ud83d"`, `[1,]`, `{"a":1}{}`, `{"\ud83d\ude00":4,"\uff5e":3}`, strings.Repeat("[", 66) + strings.Repeat("]", 66)}
	for _, text := range accepts {
		must(canon.Parse([]byte(text)))
	}
	for _, text := range refuses {
		if _, err := canon.Parse([]byte(text)); err == nil {
			panic("canonical: " + text)
		}
	}
	return map[string]any{"accepts": accepts, "refuses": refuses}
}

// madeVector is an id by each rule of those that are made like an idempotency key's: section 3.
func madeVector(naming []byte, tenant, subject domain.ID) (list []any) {
	id := func(principal, key, kind string) domain.ID { return domain.KeyedID(naming, principal, key, kind, 0) }
	for _, m := range []struct {
		id                   domain.ID
		principal, key, kind string
	}{
		{ledger.ConsentStream(naming, subject, "MARKETING").ID, "consent", subject.String() + "/MARKETING", "stream/consent"},
		{ledger.RegisterStream(naming, "Example list").ID, "register", "Example list", "stream/register"},
		{id("notice", tenant.String()+"/"+subject.String(), "stream/notice"), "notice", tenant.String() + "/" + subject.String(), "stream/notice"},
		{id("witness", "witness.example.com/ROLLBACK/42", "stream/finding"), "witness", "witness.example.com/ROLLBACK/42", "stream/finding"},
		{id("object", "recordings/call 1.wav", "stream/interaction"), "object", "recordings/call 1.wav", "stream/interaction"},
		{id("entry", "Example list/exempel ab hosting", "entry"), "entry", "Example list/exempel ab hosting", "entry"},
		{id(subject.String(), "key-1", "create/proposeSubprocessor"), subject.String(), "key-1", "create/proposeSubprocessor"},
		{id("epochs", "43", "command/sealEpoch"), "epochs", "43", "command/sealEpoch"},
	} {
		list = append(list, map[string]any{"id": m.id.String(), "principal": m.principal, "key": m.key, "kind": m.kind})
	}
	return list
}

// timesVector is times as bytes and as columns have them: section 4.
func timesVector() (list []any) {
	for _, text := range []string{"1970-01-01T00:00:00.000001Z", "2026-10-01T08:17:00.123456Z", "2026-10-01T10:17:00.5+02:00"} {
		at, _, err := domain.ParseTime(text)
		must(0, err)
		list = append(list, map[string]any{"given": text, "text": at.String(), "microseconds": int64(at)})
	}
	return list
}

// heard notes the claims that a vault is asked to digest.
type heard struct {
	*Vault
	claims []any
}

func (h *heard) Claim(_ context.Context, tenant domain.ID, claim []byte) ([]byte, error) {
	key := fill(0xa3)
	digest := claimDigest(8, key, claim)
	h.claims = append(h.claims, map[string]any{"epoch": 8, "key": hex.EncodeToString(key), "claim": string(claim), "digest": hex.EncodeToString(digest)})
	return digest, nil
}

// claimsVector is what a foreign record, one of our own and a command claim: section 8.
func claimsVector(t *testing.T) []any {
	house := newHouse(t)
	h := &heard{Vault: house.vault}
	house.Ledger.Vault = h
	full := party("CA1")
	full.Actor.System, full.Actor.Login, full.Occurred.Zone, full.Auth = "ctm", "agent1", "+02:00", []domain.Auth{"PASSWORD", "PIN"}
	full.Purpose, full.Basis = "SERVICE", "CONTRACT"
	own := &ledger.Submission{Source: "muniment", ID: domain.ID{7}, Tenant: shop, Occurred: domain.At(domain.TimeOf(noon)),
		Stream: ledger.StreamRef{Name: domain.Stream{Noun: "interaction", ID: domain.ID{8}}},
		Event:  domain.InteractionListened{Seconds: 3}, Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}}
	for _, s := range []*ledger.Submission{full, own} {
		house.take(s)
	}
	_, err := house.Once(t.Context(), ledger.Command{Name: "raiseObjection", Stream: domain.Stream{Noun: "tenant", ID: shop}, Key: "key-1", Principal: shop.String(),
		Input: map[string]any{"reason": "an example"}, Envelope: domain.Envelope{Tenant: shop, Source: "muniment", Actor: domain.Actor{Kind: domain.Person}}},
		domain.InteractionListened{Seconds: 3})
	house.ok(err)
	return h.claims
}

// keysVector is keys above a box's key: section 8. A vault makes its own at random, so what it makes of
// these is compared with the same made of fixed ones.
func keysVector(t *testing.T, tenant, subject domain.ID, page pageID) map[string]any {
	h := hex.EncodeToString
	ctx, house := t.Context(), newHouse(t)
	own := must(house.vault.of(ctx, shop))
	lookup := func(index []byte, i ledger.Identifier) []byte {
		return mac(index, "muniment/lookup/1", string(i.Type), i.Value)
	}
	block := func(key []byte, i ledger.Identifier) []byte {
		return mac(key, "muniment/suppression/1", string(i.Type), i.Value)
	}
	rowTag := func(key, inner []byte) []byte { return mac(key, "muniment/tag-row/1", string(inner)) }
	for what, same := range map[string]bool{
		"inner":   bytes.Equal(must(house.vault.inner(ctx, shop, phone(1))), lookup(own.index, phone(1))),
		"blocked": bytes.Equal(must(house.vault.suppressionTag(ctx, shop, phone(1))), block(own.suppression, phone(1))),
		"tag":     bytes.Equal(must(house.vault.tag(ctx, 1, fill(1))), rowTag(must(house.vault.epochKey(ctx, 1, "tags")), fill(1))),
	} {
		if !same {
			t.Errorf("the vault makes another %s", what)
		}
	}
	nonce := func(b byte) [24]byte { return [24]byte(fill(b)[:24]) }
	root, naming, branch, pageKey, lookups := fill(0xe0), fill(0xa1), fill(0xe2), fill(0xe3), fill(0xe4)
	flat := make([]byte, pageSlots*32)
	copy(flat, fill(0xc1))
	number := phone(43)
	inner := lookup(fill(0xe5), number)
	tag := rowTag(fill(0xe7), inner)
	keys := sha256.Sum256(wrapWith(nonce(0xd6), pageKey, flat, "keys", string(page[:])))
	return map[string]any{
		"root": h(root), "tenant": tenant.String(), "name": "naming", "secret": h(naming), "wrappedSecret": h(wrapWith(nonce(0xd4), root, naming, "secret", tenant.Raw(), "naming")),
		"branch": h(branch), "page": h(page[:]), "pageKey": h(pageKey), "wrappedPage": h(wrapWith(nonce(0xd5), branch, pageKey, "page", string(page[:]))),
		"firstKey": h(flat[:32]), "wrappedKeysHash": h(keys[:]), "keysNonce": h(fill(0xd6)[:24]),
		"index": h(fill(0xe5)), "type": string(number.Type), "value": number.Value, "inner": h(inner), "tags": h(fill(0xe7)), "tag": h(tag),
		"lookups": h(lookups), "subject": subject.String(), "row": h(wrapWith(nonce(0xd7), lookups, append(bytes.Clone(inner), subject[:]...), "lookup", string(tag))),
		"suppression": h(fill(0xe6)), "blocked": h(block(fill(0xe6), number)),
	}
}

// journalsVector is the two files beside the epoch root: section 8.
func journalsVector(t *testing.T, ledgerID, tenant, key, event domain.ID) map[string]any {
	d := KeysDir{path: t.TempDir()}
	s := suppression{tag: [32]byte(fill(0xe8)), tenant: tenant, Blocked: Blocked{Pseudonym: domain.ID{9}, Since: 1790842620000000, Ground: "OBJECTED"}}
	e := func(mark byte, id domain.ID) string { return journalEntry{position: 41, mark: mark, id: id}.body() }
	disposed := journalEntry{position: 41, mark: disposalLine, reach: &reach{"INTERACTIONS/INTERACTION", 1790842620000000}}
	all := map[string]any{"ledger": ledgerID.String(), "position": 41, "key": key.String(), "tenant": tenant.String(), "event": event.String(), "before": int64(disposed.reach.before), "of": disposed.reach.of, "blocked": hex.EncodeToString(s.tag[:]),
		"pseudonym": s.Pseudonym.String(), "since": int64(s.Since), "ground": string(s.Ground)}
	for name, bodies := range map[string][]string{
		journalFile:      {e(keyLine, key), e(tenantLine, tenant), e(strikeLine, event), disposed.body()},
		suppressionsFile: {s.body()},
	} {
		must(0, beginLines(d, name, ledgerID))
		l := must(openLines(d, name, ledgerID, func(string) error { return nil }))
		must(0, l.add(bodies...))
		all[name] = string(must(os.ReadFile(filepath.Join(d.path, name))))
	}
	return all
}
