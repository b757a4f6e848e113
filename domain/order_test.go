package domain

import (
	"slices"
	"testing"
)

// TestProtectiveWins: where the order of two facts can't be known, whatever the order in which they
// came, the protective one decides.
func TestProtectiveWins(t *testing.T) {
	granted := ConsentGranted{Purpose: "MARKETING", Text: "v1", Channel: "WEB_FORM", Act: BoxTicked, Giver: "SELF"}
	withdrawn := ConsentWithdrawn{"MARKETING", "EMAIL"}
	for _, c := range []struct {
		name      string
		grant, no string
		event     Event
		want      ConsentStatus
	}{
		{"one instant", "2026-10-02T10:00:00Z", "2026-10-02T10:00:00Z", withdrawn, ConsentBack},
		{"one instant, refused", "2026-10-02T10:00:00Z", "2026-10-02T10:00:00Z", ConsentRefused{Purpose: "MARKETING"}, ConsentNo},
		{"one instant, expired", "2026-10-02T10:00:00Z", "2026-10-02T10:00:00Z", ConsentExpired{"MARKETING"}, ConsentOver},
		{"one instant, invalid", "2026-10-02T10:00:00Z", "2026-10-02T10:00:00Z", ConsentInvalidated{"MARKETING", "NO_TEXT"}, ConsentNotProven},
		{"asked at the same instant", "2026-10-02T10:00:00Z", "2026-10-02T10:00:00Z", ConsentRequested{Purpose: "MARKETING", Text: "v1", Channel: "VOICE"}, ConsentActive},
		{"a day against an instant of it", "2026-10-02T10:00:00Z", "2026-10-02", withdrawn, ConsentBack},
		{"an instant against its day", "2026-10-02", "2026-10-02T00:00:00Z", withdrawn, ConsentBack},
		{"two days", "2026-10-02", "2026-10-02", withdrawn, ConsentBack},
		{"the day before", "2026-10-02T00:00:00Z", "2026-10-01", withdrawn, ConsentActive},
		{"later", "2026-10-02T10:00:01Z", "2026-10-02T10:00:00Z", withdrawn, ConsentActive},
		{"earlier", "2026-10-02T09:59:59Z", "2026-10-02T10:00:00Z", withdrawn, ConsentBack},
		{"on the next day", "2026-10-03", "2026-10-02T23:59:59Z", withdrawn, ConsentActive},
	} {
		history := []Kept{happened(c.grant, granted), happened(c.no, c.event)}
		for range 2 {
			for i := range history {
				history[i].Revision = int64(i)
			}
			var state Consent
			for _, k := range InOrder(history) {
				state = state.Apply(k)
			}
			if state.Status != c.want {
				t.Errorf("%s, %T kept first: %s", c.name, history[0].Event, state.Status)
			}
			slices.Reverse(history)
		}
	}
}

func happened(when string, e Event) Kept {
	m, err := ParseMoment(when)
	if err != nil {
		panic(err)
	}
	return Kept{Envelope: Envelope{Occurred: m, Kind: e.Kind(), Subjects: []SubjectRef{{ID{0: 6}, Processor}}}, Event: e}
}

// TestOrderIsOne: any facts have one order, whatever the order in which they are compared.
func TestOrderIsOne(t *testing.T) {
	var all []Kept
	for _, when := range []string{"2026-10-01", "2026-10-01T00:00:00Z", "2026-10-01T10:00:00Z", "2026-10-01T23:59:59.999999Z", "2026-10-02", "2026-10-02T00:00:00Z"} {
		for _, e := range []Event{ConsentGranted{}, ConsentWithdrawn{}, &ConsentWithdrawn{}} {
			k := happened(when, e)
			k.Revision = int64(len(all))
			all = append(all, k)
		}
	}
	for i := range all {
		for j := range all {
			ij, ji := Order(&all[i], &all[j]), Order(&all[j], &all[i])
			if ij != -ji || (ij == 0) != (i == j) {
				t.Errorf("%d, %d: %d %d", i, j, ij, ji)
			}
			for k := range all {
				if ij < 0 && Order(&all[j], &all[k]) < 0 && Order(&all[i], &all[k]) >= 0 {
					t.Errorf("%d < %d < %d, but not the first and the last", i, j, k)
				}
			}
		}
	}
	if !Follows("consent", all[0].Occurred.At, all[len(all)-1].Occurred.At+1) || Follows("consent", all[0].Occurred.At, all[1].Occurred.At) ||
		!Follows("tenant", all[0].Occurred.At, all[1].Occurred.At) || Follows("tenant", all[17].Occurred.At, all[0].Occurred.At) {
		t.Error("Follows is wrong")
	}
}
