package calendar

import (
	"testing"
	"time"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestEaster(t *testing.T) {
	for _, want := range []string{"1818-03-22", "1943-04-25", "2000-04-23", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25", "2285-03-22"} {
		if got := Easter(day(want).Year()); got != day(want) {
			t.Errorf("got %s, want %s", got.Format(time.DateOnly), want)
		}
	}
}

func TestNextWorkingDay(t *testing.T) {
	for _, c := range []struct{ state, day, want string }{
		{"DE", "2026-10-01", "2026-10-01"},
		{"DE", "2026-10-03", "2026-10-05"}, // a Saturday and a holiday
		{"DE", "2026-04-03", "2026-04-07"}, // Good Friday to the Tuesday after Easter
		{"DE", "2026-05-14", "2026-05-15"}, // Ascension
		{"DE", "2026-05-25", "2026-05-26"}, // Whit Monday
		{"DE", "2026-12-25", "2026-12-28"},
		{"DE", "2026-01-06", "2026-01-06"}, // of some German states only
		{"DE", "2017-10-31", "2017-11-01"},
		{"DE", "2018-10-31", "2018-10-31"},
		{"AT", "2026-01-06", "2026-01-07"},
		{"AT", "2026-06-04", "2026-06-05"}, // Corpus Christi
		{"AT", "2026-10-26", "2026-10-27"},
		{"AT", "2026-04-03", "2026-04-07"},
		{"AT", "2026-10-03", "2026-10-05"},
		{"XX", "2026-12-25", "2026-12-25"}, // weekends only
		{"XX", "2026-12-26", "2026-12-28"},
		{"", "2026-12-27", "2026-12-28"},
	} {
		if got := NextWorkingDay(c.state, day(c.day)).Format(time.DateOnly); got != c.want {
			t.Errorf("%s, %s: got %s, want %s", c.state, c.day, got, c.want)
		}
	}
	if !Known("DE") || !Known("AT") || Known("XX") || Known("") {
		t.Error("it knows Germany and Austria, and says of others that it doesn't")
	}
	if name, _ := On("AT", day("2026-12-08")); name != "Immaculate Conception" {
		t.Errorf("got %q", name)
	}
}
