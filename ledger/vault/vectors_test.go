package vault

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
)

var update = flag.Bool("update", false, "write the golden vectors anew: what is there already never changes, from format 2-rc on")

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func fill(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// vectors makes one event with two parties from fixed randomness, and all that follows from it.
func vectors(t *testing.T) map[string]any {
	at := time.Date(2026, 10, 1, 8, 17, 0, 0, time.UTC)
	tenant, ledgerID := must(domain.ParseID("11111111111111111111111111111111")), must(domain.ParseID("22222222222222222222222222222222"))
	caller, other := must(domain.ParseID("33333333333333333333333333333333")), must(domain.ParseID("44444444444444444444444444444444"))
	naming := fill(0xa1)
	v := &Vault{ledger: ledgerID, names: must(aes.NewCipher(fill(0xa2)[:16]))}
	id := domain.DeriveID(naming, at, "ctm", "CA1", "interaction.recorded", 0)
	stream := domain.Stream{Noun: "interaction", ID: domain.DeriveID(naming, at, "ctm", "CA1", "stream/interaction", 0)}
	f := domain.Fact{Event: domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear("+12025550143"), Name: domain.Clear("Åsa Example"),
		Counterpart: domain.Clear("+46846500401"), Country: "US", TrackingNumber: "+46846500400", Seconds: 107, Recorded: true}}
	f.Envelope = domain.Envelope{Actor: domain.Actor{Kind: domain.Person, ID: must(domain.ParseID("55555555555555555555555555555555")), Role: "AGENT"}, Auth: []domain.Auth{"PASSWORD", "PIN"},
		ID: id, Kind: "interaction.recorded", Occurred: domain.Moment{At: domain.TimeOf(at), Precision: domain.Instant, Zone: "+02:00"}, Purpose: "SERVICE",
		Recorded: domain.TimeOf(at.Add(time.Minute)), Source: "ctm", Stream: stream, Tenant: tenant, Version: 1,
		Subjects: []domain.SubjectRef{{ID: caller, Capacity: domain.Processor}, {ID: other, Capacity: domain.Processor}}}
	copy(f.Salt[:], fill(0xb1))
	plain, personal := domain.Split(f.Event)
	page := pageID(fill(0xb2)[:15])
	slots := []slot{{v.keyID(page, 0), [32]byte(fill(0xc1))}, {v.keyID(page, 1), [32]byte(fill(0xc2))}}
	var boxes []ledger.Box
	for n, owner := range []domain.ID{caller, other} {
		var values []domain.PersonalField
		for _, p := range personal {
			if p.Owner == n {
				values = append(values, p)
			}
		}
		boxes = append(boxes, v.boxWith([24]byte(fill(byte(0xd1 + n))[:24]), &f, want{tenant, owner, domain.InteractionData, stream.ID}, slots[n], values))
	}
	envelope := f.Envelope.Append(nil)
	payload := ledger.AppendPayload(nil, plain, boxes, [32]byte(fill(0xb3)))
	record := ledger.Record{Seq: 41, Revision: 0, LogTime: f.Recorded, Stream: stream, Envelope: envelope, Payload: payload}
	leaf := must(seal.Leaf(record, nil))
	next := record
	next.Seq, next.Revision = 42, 1
	first := seal.LeafHash(leaf)
	second := must(seal.Leaf(next, &first))
	pay := must(seal.PayloadCommitment(payload))
	struck := record
	struck.Payload = ledger.Stub(pay)
	claim := []byte(`{"kind":"interaction.recorded"}`)
	h := hex.EncodeToString
	opened := map[string]any{}
	for i, b := range boxes {
		for _, c := range b.Commitments {
			opened[c.Path] = map[string]any{"key": h(slots[i].key[:]), "opening": h(opening(newExpander(slots[i].key[:]), id, c.Path)), "commitment": h(c.Hash[:])}
		}
	}
	all := map[string]any{
		"ids": map[string]any{"namingKey": h(naming), "unixMilliseconds": at.UnixMilli(), "source": "ctm", "sourceId": "CA1", "ordinal": 0,
			"event": id.String(), "stream": stream.String(), "keyed": domain.KeyedID(naming, "principal", "key-1", "command/raiseObjection", 0).String(), "principal": "principal", "idempotencyKey": "key-1", "keyedKind": "command/raiseObjection",
			"keyIdSecret": h(fill(0xa2)[:16]), "page": h(page[:]), "slot0": slots[0].id.String(), "slot1": slots[1].id.String()},
		"ledger": ledgerID.String(), "envelope": string(envelope), "payload": string(payload), "openings": opened,
		"claim":      map[string]any{"epoch": 7, "key": h(fill(0xa3)), "claim": string(claim), "digest": h(claimDigest(7, fill(0xa3), claim))},
		"struck":     map[string]any{"payload": string(struck.Payload), "bytes": string(must(seal.Leaf(struck, nil)))},
		"leaf":       map[string]any{"seq": 41, "revision": 0, "logTime": f.Recorded.String(), "bytes": string(leaf), "hash": first.String()},
		"epoch":      epochVector(43, "43", "command/sealEpoch", domain.EpochSealed{Size: 43, Count: 3, Root: hex.EncodeToString(fill(0xe1)), Map: domain.HeadsMap1}, ledgerID, f.Recorded),
		"withdrawal": epochVector(44, "43", "command/withdrawEpoch", domain.EpochWithdrawn{Position: 43, Size: 43, Reason: "DAMAGED_HEADS"}, ledgerID, f.Recorded),
		"heads":      headsVector([]seal.Hash{seal.Tag("tenant", tenant, tenant), seal.Tag("subject", tenant, caller), seal.Tag("subject", tenant, other)}, first, seal.LeafHash(second)),
		"next":       map[string]any{"seq": 42, "revision": 1, "logTime": f.Recorded.String(), "bytes": string(second), "hash": seal.LeafHash(second).String()},
		"canonical":  canonicalVector(), "made": madeVector(naming, tenant, caller), "times": timesVector(), "claims": claimsVector(t), "keys": keysVector(t, tenant, caller, page),
		"boxes": boxesVector(v, tenant, caller), "journals": journalsVector(t, ledgerID, tenant, slots[0].id, id),
	}
	maps.Copy(all, logVectors(t, ledgerID, tenant, caller))
	return all
}

// epochVector is an epoch's event, or its withdrawal's, and its leaf.
func epochVector(seq int64, key, command string, e domain.Event, ledgerID domain.ID, recorded domain.Time) map[string]any {
	f := domain.Fact{Event: e}
	f.Envelope = domain.Envelope{Actor: domain.Actor{Kind: domain.System}, ID: domain.KeyedID(fill(0xa1), "epochs", key, command, 0), Kind: f.Event.Kind(),
		Occurred: domain.At(recorded), Recorded: recorded, Source: "muniment", Stream: domain.Stream{Noun: "epoch", ID: ledgerID}, Tenant: domain.Operator, Version: 1}
	copy(f.Salt[:], fill(0xb4))
	plain, _ := domain.Split(f.Event)
	r := ledger.Record{Seq: seq, LogTime: recorded, Stream: f.Stream, Envelope: f.Envelope.Append(nil), Payload: ledger.AppendPayload(nil, plain, nil, [32]byte(fill(0xb5)))}
	leaf := must(seal.Leaf(r, nil))
	return map[string]any{"envelope": string(r.Envelope), "payload": string(r.Payload), "seq": seq, "revision": 0, "logTime": recorded.String(), "bytes": string(leaf), "hash": seal.LeafHash(leaf).String()}
}

// headsVector is the map over two events that name the same tenant and subjects, with the proof of one
// tag's head and of another's absence.
func headsVector(tags []seal.Hash, leaves ...seal.Hash) map[string]any {
	h := func(x tlog.Hash) string { return hex.EncodeToString(x[:]) }
	var stack heads.Stack
	var hashes []string
	for _, l := range leaves {
		stack.Push(tlog.Hash(l))
		hashes = append(hashes, l.String())
	}
	head := heads.Head{Count: stack.Count, Root: stack.Root()}
	var trie heads.Trie
	var names []string
	for _, tag := range tags {
		trie.Set(heads.EntryOf(tlog.Hash(tag), head.Inner()))
		names = append(names, tag.String())
	}
	absent := tlog.Hash(fill(0xff))
	prove := func(p heads.HeadProof) string { return string(heads.Proof{Head: p}.Text()) }
	path, reached := trie.Path(absent)
	no := prove(heads.HeadProof{Tag: absent, Other: &heads.Other{Tag: reached.Tag, Inner: head.Inner()}, Path: path})
	path, _ = trie.Path(tlog.Hash(tags[0]))
	yes := prove(heads.HeadProof{Tag: tlog.Hash(tags[0]), Head: &head, Path: path})
	var none heads.Trie
	return map[string]any{"tags": names, "leaves": hashes, "headRoot": h(head.Root), "inner": h(head.Inner()), "root": h(trie.Root()), "empty": h(none.Root()), "member": yes, "absent": no}
}

// TestVectors: the bytes of docs/formats.md never change.
func TestVectors(t *testing.T) {
	got, err := json.MarshalIndent(vectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/vectors.json"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != string(got) {
		t.Fatalf("the bytes of the formats have changed; kept events would no longer verify.\n%s", got)
	}
}

// TestVectorsOfSections: each section of docs/formats.md has its vectors, and each vector its section.
func TestVectorsOfSections(t *testing.T) {
	page := string(must(os.ReadFile("../../docs/formats.md")))
	page, list, ok := strings.Cut(page, "\n## 13. Vectors\n")
	if !ok {
		t.Fatal("docs/formats.md has no section 13 that lists the vectors")
	}
	listed, of := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(list) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		members := regexp.MustCompile("`([a-z]+)`(?:[:;,]|$| *$)").FindAllStringSubmatch(cells[2], -1)
		for _, m := range members {
			listed[m[1]] = true
		}
		for _, section := range strings.Split(cells[1], ",") {
			of[strings.TrimSpace(section)] = len(members) > 0
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## (\d+)\.`).FindAllStringSubmatch(page, -1) {
		if !of[m[1]] {
			t.Errorf("section %s has no vector", m[1])
		}
	}
	var kept map[string]json.RawMessage
	must(0, json.Unmarshal(must(os.ReadFile("testdata/vectors.json")), &kept))
	for name := range kept {
		if !listed[name] {
			t.Errorf("%s belongs to no section", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("%s is listed, and there is no such vector", name)
	}
}
