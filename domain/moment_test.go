package domain

import (
	"testing"
	"time"
)

// TestDays: a day is a date where it was that date.
func TestDays(t *testing.T) {
	for text, want := range map[string]struct{ at, over, in string }{
		"2026-10-01":       {"2026-10-01T00:00:00.000000Z", "2026-10-02T11:59:59.999999Z", "2026-10-01+13:00"},
		"2026-10-01+13:00": {"2026-09-30T11:00:00.000000Z", "2026-10-02T11:59:59.999999Z", "2026-10-01+13:00"},
		"2026-10-01-08:00": {"2026-10-01T08:00:00.000000Z", "2026-10-02T11:59:59.999999Z", "2026-10-01-08:00"},
		"2026-06-30":       {"2026-06-30T00:00:00.000000Z", "2026-07-01T11:59:59.999999Z", "2026-06-30+12:00"},
		"1970-01-02Z":      {"1970-01-02T00:00:00.000000Z", "1970-01-03T11:59:59.999999Z", "1970-01-02+00:00"},
	} {
		m, err := ParseMoment(text)
		if err != nil || m.Precision != Day {
			t.Errorf("%s: %+v, %v", text, m, err)
			continue
		}
		auckland, err := time.LoadLocation("Pacific/Auckland")
		if err != nil {
			t.Fatal(err)
		}
		if m.At.String() != want.at || m.Over().String() != want.over || m.In(auckland).Text() != want.in {
			t.Errorf("%s begins %s, is over %s, there is %s", text, m.At, m.Over(), m.In(auckland).Text())
		}
	}
	for _, text := range []string{"2026-02-30", "2026-10-01+15:00", "2026-10-01+2:00", "2026-10-01 +02:00", "1969-12-31", "1970-01-01+01:00", "2026-10"} {
		if m, err := ParseMoment(text); err == nil {
			t.Errorf("%s was read as %s", text, m.Text())
		}
	}
}

// TestWhoWasFirst: a day and an instant of it are in an order that nobody knows.
func TestWhoWasFirst(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"2026-10-01T10:00:00Z", "2026-10-01T12:00:00+02:00", true},
		{"2026-10-01T10:00:00Z", "2026-10-01T10:00:00.000001Z", false},
		{"2026-10-01+02:00", "2026-09-30T22:00:00Z", true},
		{"2026-10-01+02:00", "2026-09-30T21:59:59.999999Z", false},
		{"2026-10-01+02:00", "2026-10-01T21:59:59.999999Z", true},
		{"2026-10-01+02:00", "2026-10-01T22:00:00Z", false},
		{"2026-10-01", "2026-10-01T00:00:00Z", true},
		{"2026-10-01", "2026-09-30T23:59:59Z", false},
		{"2026-10-01", "2026-10-02T00:00:00Z", false},
		{"2026-10-01", "2026-10-01+02:00", true},
		{"2026-10-01+02:00", "2026-10-02+01:00", false},
		{"2026-10-01", "2026-10-02", false},
	} {
		a, err := ParseMoment(c.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := ParseMoment(c.b)
		if err != nil {
			t.Fatal(err)
		}
		if a.Same(b) != c.same || b.Same(a) != c.same {
			t.Errorf("%s and %s: %v, %v", c.a, c.b, a.Same(b), b.Same(a))
		}
	}
}
