package intake

import (
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const tenantHex = "c0ffee00000000000000000000000001"

// line is a good event with some members replaced: "name", "JSON" pairs; JSON "" leaves one out.
func line(pairs ...string) string {
	members := []string{"kind", `"interaction.listened"`, "tenant", `"` + tenantHex + `"`, "sourceId", `"l1"`, "occurred", `"2026-10-01T10:30:00+02:00"`,
		"of", `{"id":"CA1","at":"2026-10-01T08:17:00Z"}`, "subjects", `[{"phone":"+12025550143"}]`, "data", `{"seconds":42}`}
	for i := 0; i < len(pairs); i += 2 {
		found := false
		for j := 0; j < len(members); j += 2 {
			if members[j] == pairs[i] {
				members[j+1], found = pairs[i+1], true
			}
		}
		if !found {
			members = append(members, pairs[i], pairs[i+1])
		}
	}
	var out []string
	for j := 0; j < len(members); j += 2 {
		if members[j+1] != "" {
			out = append(out, `"`+members[j]+`":`+members[j+1])
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}

func TestRefusedEvents(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{line("kind", ""), "kind: missing"},
		{line("kind", `"consent.grant"`), "kind: unknown kind; the nearest known are consent.granted, "},
		{line("kind", `"interaction.recoded"`), "nearest known are interaction.recorded, "},
		{line("kind", `7`), "kind: expected a string"},
		{line("tenant", ""), "tenant: missing"},
		{line("tenant", `"c0ffee"`), "tenant: expected an id of 32 hex digits"},
		{line("tenant", `"zzffee00000000000000000000000001"`), "tenant: expected an id of 32 hex digits"},
		{line("tenant", `"00000000000000000000000000000000"`), "tenant: expected an id"},
		{line("sourceId", ""), "id: missing"},
		{line("sourceId", `""`), "sourceId: must not be empty"},
		{line("sourceId", `"`+strings.Repeat("a", 257)+`"`), "sourceId: expected at most 256 characters"},
		{line("id", `"0123456789abcdef0123456789abcdef"`), "id: give id or sourceId, not both"},
		{line("ordinal", "-1"), "ordinal: expected a number"},
		{line("ordinal", "4294967296"), "ordinal: expected a number"},
		{line("ordinal", "1.5"), "ordinal: expected a number"},
		{line("sourceId", "", "id", `"0123456789abcdef0123456789abcdef"`, "ordinal", "2"), "ordinal: has a meaning only beside sourceId"},
		{line("source", `"CTM!"`), "source: expected the name"},
		{line("occurred", ""), "occurred: missing"},
		{line("occurred", `"1970-01-01T00:00:00Z"`), "occurred: 1970-01-01T00:00:00Z is the zero of a clock"},
		{line("occurred", `"1970-01-01"`), "occurred: 1970-01-01T00:00:00Z is the zero of a clock"},
		{line("of", `{"id":"CA1","at":"1970-01-01T00:00:00Z"}`), "of.at: 1970-01-01T00:00:00Z is the zero of a clock"},
		{line("kind", `"interaction.recorded"`, "data", `{"medium":"CALL","direction":"INBOUND","seconds":1,"recorded":false,"ended":"1970-01-01T00:00:00Z"}`), "data.ended: 1970-01-01T00:00:00Z is the zero of a clock"},
		{line("occurred", `"yesterday"`), "occurred: expected a time such as"},
		{line("occurred", `"2026-02-30"`), "occurred: expected a time such as"},
		{line("occurred", `"1969-12-31T23:59:59Z"`), "occurred: expected a year"},
		{line("of", `{"id":"CA1"}`), "of.at: missing"},
		{line("of", `{"at":"2026-10-01"}`), "of.id: missing"},
		{line("of", `"CA1"`), "of: expected an object"},
		{line("of", `{"id":"CA1","at":"2026-10-01","x":1}`), "of.x: unknown field"},
		{line("stream", `"interaction-0123456789abcdef0123456789abcdef"`), "of: give of or stream, not both"},
		{line("stream", `"interaction"`, "of", ""), "stream: expected a stream name"},
		{line("actor", `{"kind":"ROBOT"}`), "actor.kind: expected one of PERSON, SERVICE, SYSTEM, UNKNOWN"},
		{line("actor", `{"role":"BOSS"}`), "actor.role: expected one of"},
		{line("actor", `{"login":"u1","id":"0123456789abcdef0123456789abcdef"}`), "actor.login: give id or login, not both"},
		{line("actor", `{"name":"Agent Example"}`), "actor.login: missing"},
		{line("actor", `{"system":"x"}`), "actor.login: missing"},
		{line("actor", `{"login":"u1","system":"a/b"}`), "actor.system: expected the name of a system"},
		{line("actor", `{"phone":"1"}`), "actor.phone: unknown field"},
		{line("auth", `"PIN"`), "auth: expected a list"},
		{line("auth", `["PIN","BADGE"]`), "auth.1: expected one of"},
		{line("purpose", `"marketing"`), "purpose: expected a word in capitals"},
		{line("basis", `"BECAUSE"`), "basis: expected one of CONSENT"},
		{line("subjects", `{"phone":"+12025550143"}`), "subjects: expected a list"},
		{line("subjects", `["+12025550143"]`), "subjects.0: expected an object"},
		{line("subjects", `[{},{"phone":"2025550143"}]`), "subjects.1.phone: no telephone number that can be dialled"},
		{line("subjects", `[{"phone":"+1202555"}]`), "subjects.0.phone: no telephone number"},
		{line("subjects", `[{"phone":"2025550143","country":"SE"}]`), "subjects.0.phone: no telephone number of its country"},
		{line("subjects", `[{"phone":"Anna +12025550143"}]`), "subjects.0.phone: no telephone number"},
		{line("subjects", `[{"phone":"+12025550143","country":"se"}]`), "subjects.0.country: expected a country code"},
		{line("subjects", `[{"email":"a@example.com","country":"SE"}]`), "subjects.0.country: belongs to a phone number"},
		{line("subjects", `[{"email":"Anna <a@example.com>"}]`), "subjects.0.email: no e-mail address"},
		{line("subjects", `[{"email":"a@localhost"}]`), "subjects.0.email: no e-mail address"},
		{line("subjects", `[{"id":"0123456789abcdef0123456789abcdef","email":"a@example.com"}]`), "subjects.0.id: give id or identifiers, not both"},
		{line("subjects", `[{"capacity":"OWNER"}]`), "subjects.0.capacity: expected one of CONTROLLER"},
		{line("subjects", `[`+strings.Repeat(`{},`, 16)+`{}]`), "subjects: expected at most 16"},
		{line("data", `{"seconds":"42"}`), "data.seconds: expected an integer, got a string"},
		{line("data", `{"seconds":-1}`), "data.seconds: expected a number from 0"},
		{line("data", `{"seconds":1e3}`), "data.seconds: expected an integer, got a fraction, or a number beyond 2^53"},
		{line("data", `{}`), "data.seconds: missing"},
		{line("data", ""), "data.seconds: missing"},
		{line("data", `{"seconds":1,"pin":2}`), "data.pin: unknown field"},
		{line("data", `[]`), "data: expected an object, got a list"},
		{line("data", `{"seconds":1,"+12025550143":2}`), "data.?: unknown field"},
		{line("+12025550143", `1`), "?: unknown field"},
		{line("colour", `"blue"`), "colour: unknown field"},
		{line()[:50], "truncated JSON"},
		{line() + "}", "data after the JSON text"},
		{`{"kind":"a","kind":"b"}`, "duplicate name in an object at byte"},
		{line("purpose", "\"\xff\xfe\""), "invalid UTF-8"},
		{line("purpose", `"\ud800"`), "unpaired surrogate"},
		{line("purpose", strings.Repeat("[", 100)+strings.Repeat("]", 100)), "nested too deeply"},
		{`"interaction.listened"`, "expected an object"},
		{`not json`, "not JSON"},
	} {
		items := all(t, Events(strings.NewReader(c.in+"\n"+line()), EventOptions{}))
		if len(items) != 2 || items[0].Err == nil || items[1].Err != nil || items[1].Line != 2 {
			t.Errorf("%.200s: %s", c.in, told(items))
			continue
		}
		if got := items[0].Err.Error(); !strings.Contains(got, c.want) {
			t.Errorf("%.200s:\ngot  %s\nwant %s", c.in, got, c.want)
		}
		if items[0].Sub != nil {
			t.Errorf("%.200s: refused and submitted", c.in)
		}
	}
}

func TestEvent(t *testing.T) {
	in := `{"kind":"interaction.listened","tenant":"C0FFEE00-0000-0000-0000-000000000001","source":"portal","sourceId":"l1","ordinal":3,
		"occurred":"2026-10-01T10:30:00+02:00","of":{"id":"CA1","at":"2026-10-01"},"purpose":"QUALITY","basis":"CONTRACT","auth":["PIN","PASSWORD","PIN"],
		"actor":{"login":"u1","name":"Agent Example","email":"agent@example.org","kind":"PERSON","role":"AGENT","behalf":"0123456789abcdef0123456789abcdef"},
		"subjects":[{"phone":"08-465 004 00","country":"SE","email":"Anna.Example@Räksmörgås.example.COM","login":"x","system":"web"},{"capacity":"CONTROLLER"}],"data":{"seconds":42}}`
	items := all(t, Events(strings.NewReader(strings.ReplaceAll(in, "\n", " ")), EventOptions{}))
	if items[0].Err != nil {
		t.Fatal(items[0].Err)
	}
	at, zone, _ := domain.ParseTime("2026-10-01T10:30:00+02:00")
	behalf, _ := domain.ParseID("0123456789abcdef0123456789abcdef")
	want := &ledger.Submission{
		Source: "portal", SourceID: "l1", Ordinal: 3, Tenant: shop, Stream: ledger.StreamRef{ID: "CA1", At: domain.Date("2026-10-01").Start()},
		Event: domain.InteractionListened{Seconds: 42}, Occurred: domain.Moment{At: at, Precision: domain.Instant, Zone: zone},
		Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT", Behalf: behalf}, System: "portal", Login: "u1", Name: "Agent Example", Email: "agent@example.org"},
		Auth:  []domain.Auth{"PASSWORD", "PIN"}, Purpose: "QUALITY", Basis: "CONTRACT",
		Subjects: []ledger.SubjectClaim{
			{Capacity: domain.Processor, Identifiers: []ledger.Identifier{
				{Type: domain.Phone, Value: "+46846500400", Country: "SE"}, {Type: domain.Email, Value: "Anna.Example@xn--rksmrgs-5wao1o.example.com"}, {Type: domain.Login, Value: "web/x"},
			}},
			{Capacity: domain.Controller},
		},
	}
	if d := cmp.Diff(want, items[0].Sub[0], cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
}

func TestOperatorTenant(t *testing.T) {
	items := all(t, Events(strings.NewReader(line("tenant", `"operator"`)), EventOptions{Source: "crm"}))
	if items[0].Err != nil || items[0].Sub[0].Tenant != domain.Operator || items[0].Sub[0].Source != "crm" {
		t.Errorf("%+v", items[0])
	}
}
