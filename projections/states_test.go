package projections

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"muniment/domain"
	"muniment/ledger"
)

// TestStatesAtEveryPairOfDays: whatever the order in which facts become known, the state at any
// pair of days is the fold of what had happened by the one and was known by the other.
func TestStatesAtEveryPairOfDays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t)
		defer h.Close()
		tenant := h.Tenant("Example Dental")
		person := domain.NewID()
		type fact struct {
			event domain.Event
			day   int
			at    domain.Moment
			seq   int64
		}
		var facts []fact
		for range rapid.IntRange(1, 12).Draw(rt, "facts") {
			f := fact{day: rapid.IntRange(2, 8).Draw(rt, "day")}
			f.event = rapid.SampledFrom([]domain.Event{
				domain.ConsentGranted{Purpose: "MARKETING", Text: "v1", Channel: "WEB_FORM", Act: domain.BoxTicked, Giver: "SELF"},
				domain.ConsentGranted{Purpose: "MARKETING", Text: "v2", Channel: "VOICE", Act: domain.AnnouncementOnly, Giver: "SELF"},
				domain.ConsentWithdrawn{Purpose: "MARKETING", Channel: "WEB_FORM"},
				domain.ConsentRefused{Purpose: "MARKETING", Text: "v1", Channel: "VOICE"},
			}).Draw(rt, "event")
			f.at = day(f.day)
			if rapid.Bool().Draw(rt, "day alone") {
				f.at = domain.DayIn(f.at.Date(), "")
			} else {
				f.at.At += domain.Time(rapid.IntRange(0, 2).Draw(rt, "hours")) * 3_600_000_000
			}
			f.seq = h.keep(ledger.Submission{Tenant: tenant, Event: f.event, Occurred: f.at, Subjects: []ledger.SubjectClaim{{ID: person, Capacity: domain.Processor}}})
			facts = append(facts, f)
		}
		for asOf := 1; asOf <= 9; asOf++ {
			for _, known := range facts {
				var seen []fact
				for _, f := range facts {
					if f.at.At <= h.at(asOf, known.seq).AsOf && f.seq <= known.seq {
						seen = append(seen, f)
					}
				}
				var history []domain.Kept
				for i, f := range seen {
					history = append(history, domain.Kept{Envelope: domain.Envelope{Occurred: f.at, Subjects: []domain.SubjectRef{{ID: person}}}, Event: f.event, Seq: f.seq, Revision: int64(i)})
				}
				var want domain.Consent
				for _, k := range domain.InOrder(history) {
					want = want.Apply(k)
				}
				c, err := h.all().Consents(context.Background(), StateFilter{Tenant: tenant, Subject: person}, h.at(asOf, known.seq), Page{})
				if err != nil {
					rt.Fatal(err)
				}
				var got domain.Consent
				if len(c.Edges) > 1 {
					rt.Fatalf("day %d, known %d: %d states at once", asOf, known.seq, len(c.Edges))
				}
				if len(c.Edges) == 1 {
					got = c.Edges[0].Node.State
				}
				if !reflect.DeepEqual(got, want) {
					rt.Fatalf("day %d, known %d:\n got %+v\nwant %+v", asOf, known.seq, got, want)
				}
			}
		}
		before := h.dump()
		if err := h.views.Rebuild(context.Background()); err != nil {
			rt.Fatal(err)
		}
		if after := h.dump(); after != before {
			rt.Fatalf("a rebuild gives other rows:\n%s\n--- before\n%s", after, before)
		}
	})
}

// list keeps one version of a published list.
func (h *house) list(effective domain.Date, names ...string) int64 {
	e := domain.ListPublished{List: "main", Effective: effective, Digest: strings.Repeat("ab", 32)}
	for _, n := range names {
		name, place, _ := strings.Cut(n, "@")
		e.Entries = append(e.Entries, domain.Entry{Key: domain.KeyedID(make([]byte, 32), "entry", name, "entry", 0), Name: name, Purpose: "hosting", Locations: []string{place}})
	}
	return h.keep(ledger.Submission{Tenant: domain.Operator, Event: e, Occurred: domain.Moment{At: effective.Start(), Precision: domain.Day}})
}

// on names who stood on the register on a day, as known at a seq.
func (h *house) on(date domain.Date, known int64) string {
	c, err := h.all().Subprocessors(context.Background(), StateFilter{}, domain.Viewpoint{AsOf: date.Start(), Known: known}, Page{})
	if err != nil {
		h.t.Fatal(err)
	}
	var names []string
	for _, e := range c.Edges {
		names = append(names, e.Node.State.LegalName+"@"+e.Node.State.Locations[0])
	}
	return strings.Join(names, " ")
}

// TestRegisterInAnyOrder: replaying the versions of a list in any order rebuilds its history, and
// what was known before a late version came is still answered.
func TestRegisterInAnyOrder(t *testing.T) {
	versions := map[domain.Date][]string{
		"2026-01-01": {"Acme@SE", "Beta@US"},
		"2026-03-01": {"Acme@DE", "Gamma@SE"}, // Acme moved, Beta gone, Gamma new
		"2026-05-01": {"Acme@DE", "Beta@US", "Gamma@SE"},
		"2026-07-01": {},
	}
	want := map[domain.Date]string{"2025-12-31": "", "2026-01-01": "Acme@SE Beta@US", "2026-02-28": "Acme@SE Beta@US", "2026-03-01": "Acme@DE Gamma@SE",
		"2026-04-30": "Acme@DE Gamma@SE", "2026-05-01": "Acme@DE Beta@US Gamma@SE", "2026-07-01": "", "2026-10-01": ""}
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t)
		defer h.Close()
		order := rapid.Permutation([]domain.Date{"2026-01-01", "2026-03-01", "2026-05-01", "2026-07-01"}).Draw(rt, "order")
		var last int64
		for i, d := range order {
			before := h.on("2026-06-01", last)
			seq := h.list(d, versions[d]...)
			if again := h.on("2026-06-01", last); i > 0 && again != before {
				rt.Fatalf("what was known before %s changed: %q, then %q", d, before, again)
			}
			last = seq
		}
		for d, names := range want {
			if got := h.on(d, last); got != names {
				rt.Fatalf("order %v, on %s: got %q, want %q", order, d, got, names)
			}
		}
	})
}
