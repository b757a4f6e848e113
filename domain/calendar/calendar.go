// Package calendar knows on which days a state doesn't work: Saturdays, Sundays and its public
// holidays, movable feasts computed. A state joins by adding its holidays to states; of a state
// without them only weekends are known, and [Known] says so.
package calendar

import "time"

// Holiday is a day of one year on which a whole state rests.
type Holiday struct {
	Month time.Month
	Day   int
	Name  string
}

// Holidays lists a state's nationwide holidays of a year. Those of a region are not in it.
type Holidays func(year int) []Holiday

// states is by country code (ISO 3166-1).
var states = map[string]Holidays{"AT": austria, "DE": germany}

// Known reports whether the state's holidays are known here, not only its weekends.
func Known(state string) bool { return states[state] != nil }

// Rests reports whether the day is a Saturday, a Sunday or a known holiday of the state. Only the
// calendar day of t counts, in t's own zone.
func Rests(state string, t time.Time) bool {
	if day := t.Weekday(); day == time.Saturday || day == time.Sunday {
		return true
	}
	_, holiday := On(state, t)
	return holiday
}

// On names the state's holiday on a day, if it is one.
func On(state string, t time.Time) (name string, ok bool) {
	if !Known(state) {
		return "", false
	}
	for _, h := range states[state](t.Year()) {
		if h.Month == t.Month() && h.Day == t.Day() {
			return h.Name, true
		}
	}
	return "", false
}

// NextWorkingDay is the day itself when the state works on it, else the first later one.
func NextWorkingDay(state string, t time.Time) time.Time {
	for Rests(state, t) {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

// Easter is Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876).
func Easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

// afterEaster is the day so many days after Easter Sunday; before it when negative.
func afterEaster(year, days int, name string) Holiday {
	t := Easter(year).AddDate(0, 0, days)
	return Holiday{t.Month(), t.Day(), name}
}
