package ledger_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestOpaque: no id may hold the number or address that is submitted with it, however it is written.
func TestOpaque(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		id      string
		refused bool
	}{
		{"CA1", false}, {"call/2026-10-01/17", false}, {"12025550", false}, {"form/example.com/1", false}, {"person", false},
		{"+12025550143", true}, {"12025550143", true}, {"2025550143", true}, {"call:202-555-0143", true}, {"(202) 555-0143", true}, {"%2B12025550143", true},
		{"%252B1%20202%20555%200143", true}, {"1.202.555.0143/2026", true}, {"0012025550143", true}, {"x_202_555_0143", true},
		{"person@example.com", true}, {"PERSON@Example.com", true}, {"mailto:person@example.com/7", true}, {"person%40example.com", true},
	} {
		s := call("", phone(1))
		e := s.Event.(domain.InteractionRecorded)
		e.Number, e.Email = domain.Clear("+12025550143"), domain.Clear("Person@example.com")
		s.Event = e
		s.Subjects = []ledger.SubjectClaim{{Capacity: domain.Processor}}
		s.SourceID, s.Stream.ID = c.id, "CA"+domain.NewID().String()
		o := h.take(s)[0]
		if (o.Err != nil) != c.refused {
			t.Errorf("%s: %v", c.id, o.Err)
		}
		if c.refused {
			checkRefusal(t, o.Err, domain.Invalid, "sourceId", "ids can't be erased")
		}
	}
	s := call("CA9", ledger.Identifier{Type: domain.Phone, Value: "+46846500400"})
	s.Stream.ID = "08-465 004 00"
	checkRefusal(t, h.take(s)[0].Err, domain.Invalid, "of.id", "ids can't be erased")
}
