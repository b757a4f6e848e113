package intake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
)

// field reads an input that is after a real one, for the tenant shop.
func field(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "field", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "@T@", shop.String())
}

// fieldCalls reads a tracker's records of an account in the United States.
func fieldCalls(t *testing.T, name string) ([]Item, Reader) {
	t.Helper()
	r, err := CTM(strings.NewReader(field(t, name)), CTMOptions{Tenant: shop, DefaultRegion: "US", Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return all(t, r), r
}

func TestFieldWithheldCallers(t *testing.T) {
	items, r := fieldCalls(t, "14-callers-without-a-number/input.ndjson")
	if len(items) != 34 {
		t.Fatalf("%d lines", len(items))
	}
	for _, item := range items {
		if item.Err != nil || len(item.Sub) != 1 {
			t.Errorf("line %d: %v", item.Line, item.Err)
			continue
		}
		e := item.Sub[0].Event.(domain.InteractionRecorded)
		if e.Number.Present() || item.Sub[0].Subjects[0].Identifiers != nil || e.Seconds != 30 || e.TrackingNumber != "+12025550100" || e.Status != "ANSWERED" {
			t.Errorf("line %d: %+v", item.Line, e)
		}
	}
	if notes := r.(noter).Notes(); len(notes) != 0 {
		t.Errorf("a withheld number is no oddity: %v", notes)
	}
}

func TestFieldWrittenNumbers(t *testing.T) {
	const us, se = "+12025550143", "+46846500400"
	want := map[int]string{19: se, 20: se, 21: se, 16: "", 17: "", 18: "", 25: "", 29: ""}
	items, r := fieldCalls(t, "15-numbers-as-people-write-them/input.ndjson")
	if len(items) != 30 {
		t.Fatalf("%d lines", len(items))
	}
	for _, item := range items {
		if item.Err != nil || len(item.Sub) != 1 {
			t.Errorf("line %d: %v", item.Line, item.Err)
			continue
		}
		number, others := want[item.Line]
		if !others {
			number = us
		}
		s := item.Sub[0]
		if got := revealed(s.Event.(domain.InteractionRecorded).Number); got != number {
			t.Errorf("line %d: got %q, want %q", item.Line, got, number)
		}
		if ids := s.Subjects[0].Identifiers; (len(ids) == 1) != (number != "") || len(ids) == 1 && ids[0].Value != number {
			t.Errorf("line %d: %v", item.Line, ids)
		}
	}
	notes := r.(noter).Notes()
	for why, n := range map[string]int{oddNumber: 2, "a second number": 1, shortNumber: 1, otherAddress: 2} {
		if notes["kept without what a field held: "+why] != n {
			t.Errorf("%s: %v", why, notes)
		}
	}
	if drops := r.(dropper).Dropped(); drops["caller_number"] != 6 {
		t.Errorf("%v", drops)
	}
}

func TestFieldCopyThroughAccessPoint(t *testing.T) {
	items, _ := trailItems(t, field(t, "19-cloudtrail-reads/copy-through-access-point.ndjson"), trailOptions(""))
	if len(items) != 1 || len(items[0].Sub) != 1 {
		t.Fatalf("%+v", items)
	}
	s := items[0].Sub[0]
	if s.Event != (domain.InteractionDownloaded{Field: "AUDIO"}) || s.Actor.Login != "arn:aws:iam::111122223333:user/example" || s.Occurred.At.String() != "2026-10-02T09:00:03.000000Z" ||
		s.Stream.Name.ID != domain.KeyedID(make([]byte, 32), "object", "example-recordings/calls/CA1.mp3", "stream/interaction", 0) {
		t.Errorf("%+v", s)
	}
}

func TestFieldCloudEvents(t *testing.T) {
	r, err := CloudEvents(strings.NewReader(field(t, "25-cloudevents/input.ndjson")), CloudEventsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	items := all(t, r)
	refused := map[int]string{ // by line; every other line is taken
		2: "data.occurred: missing", 3: "data.occurred: missing", 5: "time: expected a time", 7: "time: expected a time", 8: "specversion", 9: "specversion",
		10: "data.data.seconds: missing", 21: "source: missing", 22: "type: unknown type",
	}
	if len(items) != 35 {
		t.Fatalf("%d lines", len(items))
	}
	for _, item := range items {
		if want := refused[item.Line]; want != "" {
			if item.Err == nil || !strings.HasPrefix(item.Err.Error(), want) {
				t.Errorf("line %d: %v, want %s", item.Line, item.Err, want)
			}
			continue
		}
		if item.Err != nil || len(item.Sub) != 1 {
			t.Errorf("line %d: %v", item.Line, item.Err)
			continue
		}
		s := item.Sub[0]
		switch e := s.Event.(type) {
		case domain.InteractionListened:
			if at := s.Occurred.At.String()[:19]; item.Line != 19 && at != "2026-10-01T10:30:00" || (s.Stream.ID == "F14-01") == (item.Line == 11) || e.Seconds != 4 && item.Line != 18 {
				t.Errorf("line %d: %s %+v", item.Line, at, s)
			}
		case domain.InteractionRecorded:
			if got, want := revealed(e.Number), fieldNumbers[item.Line]; got != want || (len(s.Subjects[0].Identifiers) == 1) != (want != "") {
				t.Errorf("line %d: got %q, want %q", item.Line, got, want)
			}
		default:
			t.Errorf("line %d: %s", item.Line, e.Kind())
		}
	}
}

// fieldNumbers are the persons' numbers of the telephony provider's events, by line.
var fieldNumbers = map[int]string{25: "+12025550161", 27: "+12025550161", 31: "+12025550161", 32: "+12025550161", 33: "+46846500400"}
