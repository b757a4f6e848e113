package vault

import (
	"encoding/hex"
	"strings"

	"muniment/domain"
)

// boxesVector holds boxes that the event of the other vectors has none of: one that belongs to a thing and holds text of
// people in paragraphs, and one with values in the elements of a list. No kind has such a list yet, and the box doesn't
// know of kinds; plain texts of many lengths show where padding ends.
func boxesVector(v *Vault, tenant, subject domain.ID) (list []any) {
	notice := domain.Stream{Noun: "notice", ID: domain.ID{0x61, 0x10}}
	objection := domain.Fact{Event: domain.ObjectionRaised{Ground: "SECURITY"}}
	objection.Envelope = domain.Envelope{ID: domain.ID{0x71}, Tenant: tenant, Stream: notice, Kind: objection.Event.Kind()}
	recording := domain.Fact{Event: domain.InteractionRecorded{Medium: domain.Call}}
	recording.Envelope = domain.Envelope{ID: domain.ID{0x72}, Tenant: tenant, Stream: domain.Stream{Noun: "interaction", ID: domain.ID{0x62}}, Kind: recording.Event.Kind()}
	add := func(f *domain.Fact, w want, values ...domain.PersonalField) {
		n := byte(len(list))
		k := slot{domain.ID{0x80 + n}, [32]byte(fill(0xc3 + n))}
		b := v.boxWith([24]byte(fill(0xd3 + n)[:24]), f, w, k, values)
		opened := map[string]any{}
		for i, field := range values { // boxWith has sorted them, as its commitments are
			opened[field.Path] = map[string]any{"opening": hex.EncodeToString(opening(newExpander(k.key[:]), f.ID, field.Path)), "commitment": hex.EncodeToString(b.Commitments[i].Hash[:]), "value": field.Value}
		}
		kind, _ := domain.Lookup(f.Event.Kind())
		list = append(list, map[string]any{"event": f.ID.String(), "tenant": tenant.String(), "stream": f.Stream.String(), "version": kind.Version, "box": string(b.Append(nil)), "key": hex.EncodeToString(k.key[:]),
			"opened": opened, "padded": len(b.Ciphertext) - 16})
	}
	text := strings.Repeat("We object.\nOur callers’ doctors – Åsa, 李, 😀 – are named in what is recorded.\n", 9)
	add(&objection, want{tenant, notice.ID, domain.Class("CASE"), domain.ID{}}, domain.PersonalField{Path: "/text", Value: text})
	add(&recording, want{tenant, subject, domain.InteractionData, recording.Stream.ID}, domain.PersonalField{Path: "/participants/1/name", Value: "Bo Example"}, domain.PersonalField{Path: "/participants/0/name", Value: "Åsa Example"})
	const around = len(`{"/text":""}`) + 1 // and the byte that padding begins with
	for _, n := range []int{32, 33, 64, 65, 128, 129, 1025} {
		add(&objection, want{tenant, notice.ID, domain.Class("CASE"), domain.ID{}}, domain.PersonalField{Path: "/text", Value: strings.Repeat("x", n-around)})
	}
	return list
}
