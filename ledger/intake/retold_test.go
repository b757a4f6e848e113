package intake

import (
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

func tracker(t *testing.T, in string) Reader {
	t.Helper()
	r, err := CTM(strings.NewReader(in), CTMOptions{Tenant: shop, DefaultRegion: "US", Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// toldOf is every state that a source told of its one interaction, in its order, with the values in the clear.
func toldOf(t *testing.T, l *ledger.Ledger) (all []domain.Telling) {
	t.Helper()
	records, err := l.Log.Read(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		k, boxes, err := ledger.DecodeBoxes(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, is := domain.TellingOf(&k); !is {
			continue
		}
		values := map[string]string{}
		for i := range boxes {
			opened, err := l.Vault.Open(t.Context(), &k.Envelope, &boxes[i])
			if err != nil {
				t.Fatal(err)
			}
			for path, v := range opened {
				values[path] = v
			}
		}
		k.Event = domain.Opened(k.Event, values)
		told, _ := domain.TellingOf(&k)
		all = append(all, told)
	}
	domain.OrderTellings(all)
	return all
}

func TestFieldSameCallAgain(t *testing.T) {
	l := newShop(t)
	first, second := field(t, "18-same-call-again/1.json")+"\n", field(t, "18-same-call-again/2.json")+"\n"
	imported(t, l, tracker(t, first), "kept 1, duplicate 0, refused 0")
	imported(t, l, tracker(t, second), "kept 1, duplicate 0, refused 0")
	for _, again := range []string{first, second, second + first} {
		imported(t, l, tracker(t, again), Summary{Duplicate: strings.Count(again, "F18-1")}.String())
	}
	all := toldOf(t, l)
	if len(all) != 2 || all[0].Event.Status != "NO_ANSWER" || all[0].Event.Seconds != 0 {
		t.Fatalf("%+v", all)
	}
	e := domain.ToldSoFar(all).Event
	if e.Status != "ANSWERED" || e.Seconds != 95 || !e.Recorded || revealed(e.Name) != "Person Example" || revealed(e.Number) != "+12025550153" || e.Ended == 0 {
		t.Errorf("%+v", e)
	}
}

func TestFieldRecordingComesLater(t *testing.T) {
	l := newShop(t)
	in := field(t, "30-recording-comes-later/input.ndjson")
	imported(t, l, tracker(t, in), "kept 2, duplicate 0, refused 0") // both in one chunk
	imported(t, l, tracker(t, in), "kept 0, duplicate 2, refused 0")
	all := toldOf(t, l)
	if len(all) != 2 || all[0].Event.Recorded || all[0].Event.Name.Present() {
		t.Fatalf("%+v", all)
	}
	if e := domain.ToldSoFar(all).Event; !e.Recorded || revealed(e.Name) != "Person Example" || revealed(e.Email) != "p@example.com" || e.Seconds != 30 {
		t.Errorf("%+v", e)
	}
	people := map[domain.ID]bool{}
	for _, k := range history(t, l) {
		if _, is := domain.TellingOf(&k); is {
			people[k.Subjects[0].ID] = true
		}
	}
	if len(people) != 1 {
		t.Errorf("one person became %d", len(people))
	}
}

// TestToldInAnyOrder: the record's own time of change decides, not when it came.
func TestToldInAnyOrder(t *testing.T) {
	call := func(more string) string {
		return `{"sid":"CA7","direction":"inbound","unix_time":1790842620,"caller_number":"+12025550143",` + more + `}` + "\n"
	}
	states := []string{
		call(`"status":"no-answer","updated_at":"2026-10-01T08:18:00Z"`),
		call(`"status":"voicemail","duration":20,"updated_at":"2026-10-01T08:19:00Z"`),
		call(`"status":"answered","name":"Person Example","updated_at":"2026-10-01T08:20:00Z"`),
		call(`"status":"voicemail","updated_at":"2026-10-01T08:21:00Z"`), // back again
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}} {
		l := newShop(t)
		for _, i := range order {
			imported(t, l, tracker(t, states[i]), "kept 1, duplicate 0, refused 0")
		}
		for _, i := range order {
			imported(t, l, tracker(t, states[i]), "kept 0, duplicate 1, refused 0")
		}
		all := toldOf(t, l)
		e := domain.ToldSoFar(all).Event
		if len(all) != 4 || e.Status != "VOICEMAIL" || e.Seconds != 20 || revealed(e.Name) != "Person Example" || all[0].Event.Status != "NO_ANSWER" || all[2].Event.Status != "ANSWERED" {
			t.Errorf("%v: %+v", order, all)
		}
	}
}

// TestToldWithLess: what a later telling leaves out, or no longer shows, adds nothing.
func TestToldWithLess(t *testing.T) {
	l := newShop(t)
	imported(t, l, tracker(t, flat(oneCall)), "kept 1, duplicate 0, refused 0")
	for _, less := range []string{with("name", "null"), with("caller_number_complete", "null", "caller_number", `"Anonymous"`), set(set(flat(oneCall), "agent_id", "null"), "agent", "null"), with("audio", "null"), with("direction", `"sideways"`), with("duration", `"soon"`)} {
		imported(t, l, tracker(t, less), "kept 0, duplicate 1, refused 0")
	}
	imported(t, l, tracker(t, set(set(flat(oneCall), "agent_id", `"USR2"`), "agent", `{"id":"USR2"}`)), "kept 1, duplicate 0, refused 0")
	imported(t, l, tracker(t, set(set(flat(oneCall), "agent_id", `"USR2"`), "agent", `{"id":"USR2"}`)), "kept 0, duplicate 1, refused 0")
}

// TestSummaryToldAgain: a telephony provider revises what it said of a call.
func TestSummaryToldAgain(t *testing.T) {
	l := newShop(t)
	revised := set(inData(inData(oneSummary, "duration", "50"), "end_time", `"2026-10-01T09:00:40Z"`), "time", `"2026-10-01T09:10:00Z"`)
	imported(t, l, cloudReader(t, revised), "kept 1, duplicate 0, refused 0")
	imported(t, l, cloudReader(t, oneSummary), "kept 1, duplicate 0, refused 0")
	imported(t, l, cloudReader(t, oneSummary+"\n"+revised), "kept 0, duplicate 2, refused 0")
	if e := domain.ToldSoFar(toldOf(t, l)).Event; e.Seconds != 50 || e.Ended.String() != "2026-10-01T09:00:40.000000Z" {
		t.Errorf("an older telling that came late counts: %+v", e)
	}
}
