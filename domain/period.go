package domain

import (
	"fmt"
	"strconv"
	"time"
)

// Period is a length of time in whole days, months or years (ISO 8601-1), such as P90D, P18M or P3Y.
type Period string

func (p Period) parse() (n int, unit byte, err error) {
	if len(p) >= 3 && p[0] == 'P' {
		unit = p[len(p)-1]
		n, err = strconv.Atoi(string(p[1 : len(p)-1]))
	}
	if err != nil || n < 1 || n > map[byte]int{'D': 36525, 'M': 1200, 'Y': 100}[unit] || fmt.Sprintf("P%d%c", n, unit) != string(p) {
		return 0, 0, fmt.Errorf("expected a period of days, months or years, a hundred years at most, such as P90D, P18M or P3Y")
	}
	return n, unit, nil
}

// Validate reports why the text is no period.
func (p Period) Validate() error {
	_, _, err := p.parse()
	return err
}

// Before is the instant that lies the period before another, by the calendar in UTC; a day that a month
// doesn't have counts on into the next. Nothing occurs before 1970, so it doesn't lie before that.
func (p Period) Before(t Time) Time {
	n, unit, err := p.parse()
	if err != nil {
		return 1 // nothing is as old
	}
	at := t.Std()
	switch unit {
	case 'D':
		at = at.AddDate(0, 0, -n)
	case 'M':
		at = at.AddDate(0, -n, 0)
	case 'Y':
		at = at.AddDate(-n, 0, 0)
	}
	return max(1, TimeOf(at))
}

// longest is a day from which periods are compared: the leap day makes the years before it long.
var longest = TimeOf(time.Date(2024, time.February, 29, 0, 0, 0, 0, time.UTC))

// Shorter reports whether the period ends before another would.
func (p Period) Shorter(q Period) bool { return p.Before(longest) > q.Before(longest) }
