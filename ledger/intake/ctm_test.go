package intake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"

	"github.com/google/go-cmp/cmp"
)

// The records are written for these tests, in the shape of a tracker's API.
const (
	oneCall = `{"id":42,"sid":"CA42","account_id":9001,"name":"Example Caller","cnam":"EXAMPLE CALLER","source":"Ads","duration":107,"direction":"inbound","email":"Caller@Example.com",
		"city":"Stockholm","country":"SE","called_at":"2026-10-01 10:17 AM +02:00","unix_time":1790842620,"tracking_number":"+46846500400","redacted":false,
		"caller_number_complete":"+12025550143","caller_number":"+12025550143","visitor_ip":"203.0.113.7","call_path":[{"route_name":"Main"}],"status":"answered",
		"audio":"https://example.com/recording","tag_list":["follow up"],"notes":null,"agent_id":"USR1","agent":{"id":"USR1","name":"Agent Example","email":"agent@example.org","team":"A"},
		"transcription_text":"Hello, please delete my data.","summary":""}`
	oneForm = `{"id":43,"sid":"FR43","name":"Example Person","direction":"form","unix_time":1790924400,"caller_number":"(202) 555-0144","tracking_number":"08-465 004 01",
		"form":{"customer_number_to_dial":"+12025550144","name":"Example Person","email":"person@@example.com","form_id":77,"custom":[{"id":"consent","label":"I agree","value":"yes"}]}}`
)

func flat(s string) string { return strings.ReplaceAll(s, "\n", " ") }

func ctmItems(t *testing.T, in, region string) ([]Item, map[string]int) {
	t.Helper()
	r, err := CTM(strings.NewReader(in), CTMOptions{Tenant: shop, DefaultRegion: region, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return all(t, r), r.(dropper).Dropped()
}

// with replaces members of the call: name, JSON.
func with(pairs ...string) string {
	s := strings.TrimSuffix(strings.TrimSpace(flat(oneCall)), "}")
	for i := 0; i < len(pairs); i += 2 {
		at := strings.Index(s, `"`+pairs[i]+`":`)
		if at < 0 {
			s += fmt.Sprintf(`,"%s":%s`, pairs[i], pairs[i+1])
			continue
		}
		head, rest := s[:at], s[at+len(pairs[i])+3:]
		end := strings.Index(rest, `,"`)
		s = head + `"` + pairs[i] + `":` + pairs[i+1] + rest[end:]
	}
	return s + "}"
}

func TestCall(t *testing.T) {
	items, drops := ctmItems(t, flat(oneCall), "")
	if len(items) != 1 || items[0].Err != nil || len(items[0].Sub) != 1 {
		t.Fatal(told(items))
	}
	at, _, _ := domain.ParseTime("2026-10-01T08:17:00Z")
	want := &ledger.Submission{
		Source: "ctm", SourceID: "CA42", Tenant: shop, Stream: ledger.StreamRef{ID: "CA42", At: at}, Retold: true,
		Occurred: domain.Moment{At: at, Precision: domain.Instant, Zone: "+02:00"},
		Actor:    ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT"}, System: "ctm", Login: "USR1", Name: "Agent Example", Email: "agent@example.org"},
		Subjects: []ledger.SubjectClaim{{Capacity: domain.Processor, Identifiers: []ledger.Identifier{
			{Type: domain.Phone, Value: "+12025550143", Country: "US"}, {Type: domain.Email, Value: "Caller@example.com"},
		}}},
	}
	got := items[0].Sub[0]
	event := got.Event.(domain.InteractionRecorded)
	got.Event = nil
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	plain, personal := domain.Split(event)
	const wantPlain = `{"country":"US","direction":"INBOUND","ended":"2026-10-01T08:18:47.000000Z","medium":"CALL","recorded":true,"seconds":107,"status":"ANSWERED","trackingNumber":"+46846500400"}`
	if string(plain) != wantPlain {
		t.Errorf("got  %s\nwant %s", plain, wantPlain)
	}
	values := map[string]string{}
	for _, p := range personal {
		values[p.Path] = p.Value
	}
	if d := cmp.Diff(map[string]string{"/number": "+12025550143", "/name": "Example Caller", "/email": "Caller@Example.com", "/city": "Stockholm", "/ip": "203.0.113.7"}, values); d != "" {
		t.Error(d)
	}
	names := slices.Sorted(maps.Keys(drops))
	if d := cmp.Diff(strings.Fields("account_id agent.team audio call_path cnam source tag_list transcription_text"), names); d != "" {
		t.Error(d)
	}
}

func TestForm(t *testing.T) {
	items, drops := ctmItems(t, flat(oneForm), "SE")
	if len(items) != 1 || items[0].Err != nil || len(items[0].Sub) != 1 {
		t.Fatal(told(items))
	}
	s := items[0].Sub[0]
	e := s.Event.(domain.InteractionRecorded)
	if e.Medium != domain.Form || e.TrackingNumber != "+46846500401" || s.Actor.Kind != domain.System || e.Recorded {
		t.Errorf("%+v", e)
	}
	if text, _ := e.Email.Reveal(); text != "person@@example.com" {
		t.Error("an address that leads nowhere is still what the person typed")
	}
	if len(s.Subjects[0].Identifiers) != 1 || s.Subjects[0].Identifiers[0].Value != "+12025550144" {
		t.Errorf("%+v", s.Subjects)
	}
	if drops["form.custom"] != 1 || drops["form.form_id"] != 1 {
		t.Errorf("%v", drops)
	}
}

func TestMedia(t *testing.T) {
	for direction, want := range map[string]string{
		"inbound": "CALL INBOUND", "outbound": "CALL OUTBOUND", "msg_inbound": "TEXT INBOUND", "msg_outbound": "TEXT OUTBOUND", "chat": "CHAT INBOUND", "form": "FORM INBOUND",
	} {
		items, _ := ctmItems(t, with("direction", `"`+direction+`"`), "")
		if items[0].Err != nil {
			t.Fatal(items[0].Err)
		}
		e := items[0].Sub[0].Event.(domain.InteractionRecorded)
		if got := string(e.Medium) + " " + string(e.Direction); got != want {
			t.Errorf("%s: got %s", direction, got)
		}
	}
}

func TestWithheldNumber(t *testing.T) {
	for _, marker := range []string{`"anonymous"`, `"Anonymous"`, `"unknown"`, `"Restricted"`, `"+266696687"`, `"+7378742833"`, `""`, `null`} {
		items, _ := ctmItems(t, with("caller_number_complete", marker, "caller_number", marker), "SE")
		if items[0].Err != nil {
			t.Errorf("%s: %s", marker, items[0].Err)
			continue
		}
		s := items[0].Sub[0]
		e := s.Event.(domain.InteractionRecorded)
		if e.Number.Present() || len(s.Subjects[0].Identifiers) != 1 || e.Country != "SE" {
			t.Errorf("%s: %v %v %q", marker, e.Number.Present(), s.Subjects, e.Country)
		}
	}
}

func TestRefusedCalls(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{with("unix_time", `"soon"`, "called_at", `null`), "unix_time: missing, or no time"},
		{with("unix_time", `null`, "called_at", `"yesterday"`), "unix_time: missing, or no time"},
		{with("unix_time", `0`, "called_at", `null`), "unix_time: is zero, which stands for no time"},
		{with("sid", `null`, "id", `null`), "sid: missing"},
		{with("sid", `"`+strings.Repeat("a", 129)+`"`), "sid: expected at most 128 bytes"},
		{with("status", `"in progress"`), "status: the call is still under way"},
		{`{"sid":"a","sid":"b"}`, "duplicate name"},
		{`{"sid":"a"`, "truncated JSON"},
	} {
		items, _ := ctmItems(t, c.in+"\n"+flat(oneCall), "")
		if len(items) != 2 || items[0].Err == nil || items[1].Err != nil {
			t.Errorf("%.200s: %s", c.in, told(items))
			continue
		}
		if got := items[0].Err.Error(); !strings.Contains(got, c.want) {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// TestOddFields: no odd field loses a call. What is sure is kept; the field is counted, once.
func TestOddFields(t *testing.T) {
	tooLong := `"` + strings.Repeat("a", domain.MaxPersonal+1) + `"`
	for _, c := range []struct {
		in, field string // in is the call with that field odd; "" when it can be read after all
		kept      func(*ledger.Submission, domain.InteractionRecorded) bool
	}{
		{with("caller_number_complete", `"+1202555"`, "caller_number", `"555"`), "caller_number_complete", noNumber},
		{with("caller_number_complete", `null`, "caller_number", `"Anna"`), "caller_number", noNumber},
		{with("caller_number_complete", `{"a":1}`), "caller_number_complete", func(_ *ledger.Submission, e domain.InteractionRecorded) bool {
			return revealed(e.Number) == "+12025550143"
		}},
		{with("caller_number_complete", `"+12025550143 / +12025550144"`), "caller_number_complete", func(_ *ledger.Submission, e domain.InteractionRecorded) bool {
			return revealed(e.Number) == "+12025550143"
		}},
		{with("caller_number_complete", `12025550143.0`), "caller_number_complete", nil},
		{with("tracking_number", `"46500400"`), "tracking_number", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return e.TrackingNumber == "" }},
		{with("unix_time", `"soon"`), "unix_time", nil},
		{with("unix_time", `[]`), "", nil},
		{with("unix_time", `"1790842620"`), "", nil},
		{with("unix_time", `1790842620.0`), "", nil},
		{with("unix_time", `1790842620000`), "", nil},
		{with("unix_time", `null`, "called_at", `"2026-10-01T08:17:00Z"`), "", nil},
		{with("unix_time", `null`, "called_at", `"2026-10-01 10:17:00 +0200"`), "", nil},
		{with("unix_time", `null`, "called_at", `"Thu, 01 Oct 2026 08:17:00 GMT"`), "", nil},
		{with("direction", `"sideways"`), "direction", func(_ *ledger.Submission, e domain.InteractionRecorded) bool {
			return e.Direction == domain.UnknownDirection && e.Medium == domain.OtherMedium
		}},
		{with("direction", `null`), "direction", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return e.Medium == domain.Call }},
		{with("direction", `"Inbound"`), "", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return e.Direction == domain.Inbound }},
		{with("duration", `-1`), "duration", lasted(0)},
		{with("duration", `"soon"`), "duration", lasted(0)},
		{with("duration", `"NaN"`), "duration", lasted(0)},
		{with("duration", `1e300`), "duration", lasted(0)},
		{with("duration", `"107"`), "", lasted(107)},
		{with("duration", `107.4`), "", lasted(107)},
		{with("duration", `"00:01:47"`), "", lasted(107)},
		{with("duration", `"1:47"`), "", lasted(107)},
		{with("duration", `"1m 47s"`), "", lasted(107)},
		{with("duration", `"PT1M47S"`), "", lasted(107)},
		{with("duration", `""`), "", lasted(0)},
		{with("visitor_ip", `"home"`), "visitor_ip", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return !e.IP.Present() }},
		{with("visitor_ip", `"203.0.113.7:443, 10.0.0.1"`), "", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return revealed(e.IP) == "203.0.113.7" }},
		{with("name", `["Anna"]`), "name", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return !e.Name.Present() }},
		{with("name", tooLong), "name", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return !e.Name.Present() }},
		{with("email", tooLong), "email", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return !e.Email.Present() }},
		{with("city", `7.5`), "city", nil},
		{with("country", `"Sweden"`, "caller_number_complete", `null`, "caller_number", `null`), "country", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return e.Country == "" }},
		{with("status", `{}`), "", nil},
		{with("status", `true`), "status", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return e.Status == "" }},
		{with("audio", `"false"`), "", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return !e.Recorded }},
		{with("audio", `true`), "", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return e.Recorded }},
		{with("form", `"none"`), "form", nil},
		{with("redacted", `"no"`), "", func(_ *ledger.Submission, e domain.InteractionRecorded) bool { return e.Name.Present() }},
		{with("redacted", `"perhaps"`), "redacted", func(s *ledger.Submission, e domain.InteractionRecorded) bool {
			_, personal := domain.Split(e)
			return personal == nil && s.Subjects[0].Identifiers == nil
		}},
		{`{"sid":"a","direction":"inbound","unix_time":1790842620,"agent":"Agent Example"}`, "agent", func(s *ledger.Submission, _ domain.InteractionRecorded) bool { return s.Actor.Login == "" }},
		{`{"sid":"a","direction":"inbound","unix_time":1790842620,"agent_id":"` + strings.Repeat("a", 257) + `"}`, "agent_id", func(s *ledger.Submission, _ domain.InteractionRecorded) bool {
			return s.Actor.Login == "" && s.Actor.Kind == domain.UnknownActor
		}},
	} {
		r, err := CTM(strings.NewReader(c.in), CTMOptions{Tenant: shop, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		items := all(t, r)
		if len(items) != 1 || items[0].Err != nil || len(items[0].Sub) != 1 {
			t.Errorf("%.300s: %s", c.in, told(items))
			continue
		}
		drops, notes := r.(dropper).Dropped(), r.(noter).Notes()
		if c.field != "" && (drops[c.field] != 1 || len(notes) != 1) || c.field == "" && len(notes) != 0 {
			t.Errorf("%s of %.300s: %v %v", c.field, c.in, drops, notes)
		}
		s := items[0].Sub[0]
		if s.Occurred.At.String() != "2026-10-01T08:17:00.000000Z" {
			t.Errorf("%.300s: %s", c.in, s.Occurred.At)
		}
		if c.kept != nil && !c.kept(s, s.Event.(domain.InteractionRecorded)) {
			t.Errorf("%.300s: kept %+v %+v", c.in, s, s.Event)
		}
	}
}

func noNumber(_ *ledger.Submission, e domain.InteractionRecorded) bool { return !e.Number.Present() }

func revealed(p domain.Personal) string {
	s, _ := p.Reveal()
	return s
}

func lasted(seconds int64) func(*ledger.Submission, domain.InteractionRecorded) bool {
	return func(_ *ledger.Submission, e domain.InteractionRecorded) bool {
		return e.Seconds == seconds && (e.Ended != 0) == (seconds != 0)
	}
}

func TestRedactedWords(t *testing.T) {
	for _, word := range []string{`true`, `"true"`, `1`, `"Yes"`} {
		items, _ := ctmItems(t, with("redacted", word), "")
		if items[0].Err != nil || len(items[0].Sub) != 2 {
			t.Errorf("%s: %s", word, told(items))
		}
	}
}

func TestRedactedCall(t *testing.T) {
	items, _ := ctmItems(t, with("redacted", "true", "name", `"[redacted]"`, "caller_number_complete", "null", "caller_number", `"xxxxxxxx"`, "transcription_text", "null", "tag_list", "[]"), "")
	if items[0].Err != nil || len(items[0].Sub) != 2 {
		t.Fatal(told(items))
	}
	recorded, found := items[0].Sub[0], items[0].Sub[1]
	if _, personal := domain.Split(recorded.Event); personal != nil || recorded.Subjects[0].Identifiers != nil {
		t.Errorf("a redacted call holds something about the person: %v", recorded.Subjects)
	}
	if found.Occurred.At != domain.TimeOf(clock()) || found.Stream != recorded.Stream || !found.Observed {
		t.Errorf("%+v", found)
	}
	e := found.Event.(domain.InteractionRedacted)
	want := domain.InteractionRedacted{Trigger: domain.Observed,
		Fields:    []domain.DataField{"NAME", "NUMBER", "ENHANCED_CALLER_ID", "ADDRESS", "TRANSCRIPT", "SUMMARY", "MESSAGE_TEXT", "MEDIA", "CUSTOM_FIELDS", "NOTES", "VISITOR_DATA", "TAGS", "FORM_DATA"},
		Survivors: []domain.DataField{"CALLER_ID", "EMAIL", "AUDIO", "IP_ADDRESS", "TRACKING_NUMBER", "SOURCE", "TIME", "STATUS", "CALL_FLOW", "DURATION"},
	}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
}

// TestSameIDsAtEveryImport: the record's own time makes the id, whatever else changes.
func TestSameIDsAtEveryImport(t *testing.T) {
	l := newShop(t)
	read := func(in string) Reader {
		r, err := CTM(strings.NewReader(in), CTMOptions{Tenant: shop, DefaultRegion: "SE", Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	imported(t, l, read(`{"page":1,"calls":[`+oneCall+`,`+oneForm+`]}`), "kept 2, duplicate 0, refused 0")
	imported(t, l, read(`[`+oneForm+`,`+oneCall+`]`), "kept 0, duplicate 2, refused 0")
	imported(t, l, read(with("notes", `"called back"`)), "kept 0, duplicate 1, refused 0")
	// The redaction is new, so the line is kept; what was recorded first stands.
	imported(t, l, read(with("redacted", "true", "name", "null")), "kept 1, duplicate 0, refused 0")
	imported(t, l, read(with("redacted", "true", "name", "null")), "kept 0, duplicate 1, refused 0")
	var kinds []string
	for _, k := range history(t, l) {
		kinds = append(kinds, k.Kind)
		if k.Tenant != shop || k.Source != "ctm" {
			t.Errorf("%+v", k.Envelope)
		}
	}
	want := "subject.identifier_attached subject.identifier_attached user.enrolled interaction.recorded subject.identifier_attached interaction.recorded interaction.redacted"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("got %s", got)
	}
}

func TestCTMOptions(t *testing.T) {
	if _, err := CTM(strings.NewReader(""), CTMOptions{}); err == nil || !strings.Contains(err.Error(), "tenant: missing") {
		t.Errorf("got %v", err)
	}
	if _, err := CTM(strings.NewReader(""), CTMOptions{Tenant: shop, DefaultRegion: "Sweden"}); err == nil || !strings.Contains(err.Error(), "region: expected") {
		t.Errorf("got %v", err)
	}
}
