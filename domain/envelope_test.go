package domain

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"muniment/domain/canon"
)

func fullEnvelope() Envelope {
	return Envelope{
		Actor: Actor{ID: ID{15: 0xa}, Kind: Person, Role: "AGENT", Behalf: ID{15: 0xb}}, Auth: []Auth{"PASSWORD", "SECOND_FACTOR"},
		Basis: "CONSENT", Causation: ID{15: 1}, Correlation: ID{15: 2}, ID: ID{15: 3}, Kind: "interaction.listened",
		Occurred: Moment{At: moment("2026-10-01T08:17:00.123456Z"), Precision: Instant, Zone: "+02:00"}, Purpose: "SUPPORT",
		Recorded: moment("2026-10-01T08:17:01Z"), Salt: [32]byte{31: 0xff}, Source: "ctm", Stream: Stream{"interaction", ID{15: 4}},
		Subjects: []SubjectRef{{ID{15: 5}, Processor}, {ID{15: 6}, Controller}}, Tenant: ID{15: 7}, Version: 2,
	}
}

func TestEnvelopeRoundTrip(t *testing.T) {
	full := fullEnvelope()
	bare := Envelope{
		Actor: Actor{Kind: System}, ID: ID{15: 3}, Kind: "audit.report_generated", Occurred: Moment{At: moment("2026-10-01"), Precision: Day},
		Recorded: moment("2026-10-02"), Source: "muniment", Stream: Stream{"audit", ID{15: 4}}, Tenant: Operator, Version: 1,
	}
	zoned := bare
	zoned.Occurred = DayIn("2026-10-01", "+13:00")
	var kept []byte
	for name, e := range map[string]Envelope{"full": full, "bare": bare, "zoned": zoned} {
		text := e.Append(nil)
		if tree, err := canon.Parse(text); err != nil || !bytes.Equal(canon.Append(nil, tree), text) {
			t.Errorf("%s: not canonical: %v", name, err)
		}
		got, err := ParseEnvelope(text)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s: read back it differs (%v):\n%+v\n%+v", name, err, got, e)
		}
	}
	kept = append(full.Append(kept), '\n')
	kept = append(bare.Append(kept), '\n')
	kept = append(zoned.Append(kept), '\n')
	golden(t, "envelope.txt", kept)
}

func TestEnvelopeRefusesWhatWasNeverWritten(t *testing.T) {
	e := fullEnvelope()
	text := string(e.Append(nil))
	for _, c := range []struct{ old, new, says string }{
		{`"salt":"00`, `"salt":"0`, "salt"},
		{`"version":2`, `"version":"2"`, "version"},
		{`"source":"ctm"`, `"sauce":"ctm"`, "source: missing"},
		{`"stream":"interaction-`, `"stream":"Interaction-`, "stream"},
		{`"tenant":"`, `"tenant":"zz`, "tenant"},
		{`"tenant":"` + e.Tenant.String(), `"tenant":"` + ID{}.String(), "tenant: empty"},
		{`"kind":"interaction.listened"`, `"kind":""`, "kind: empty"},
		{`{"actor"`, `["actor"`, "envelope"},
		{`"precision":"INSTANT"`, `"precision":"DAY"`, "occurred"},
		{`"occurred":"2026-10-01T08:17:00.123456Z"`, `"occurred":"2026-10-01"`, "occurred"},
		{`"occurred":"2026-10-01T08:17:00.123456Z"`, `"occurred":"2026-10-01T10:17:00.123456+02:00"`, "occurred"},
		{`"occurred":"2026-10-01T08:17:00.123456Z","precision":"INSTANT"`, `"occurred":"2026-10-01","precision":"DAY"`, "occurred"},
	} {
		broken := strings.Replace(text, c.old, c.new, 1)
		if broken == text {
			t.Fatalf("%s is not in %s", c.old, text)
		}
		if _, err := ParseEnvelope([]byte(broken)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v", c.new, err)
		}
	}
}
