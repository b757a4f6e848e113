package domain

import (
	"time"

	"muniment/domain/calendar"
)

// Counting is how the days of an agreement are counted: full calendar days in its zone. The day of the
// event that starts a period is not counted, the last day is counted to its end. So counts § 187(1) and
// § 188(1) BGB; under a law that isn't known here it is our house rule, after the model of Regulation
// 1182/71, which binds acts of the Union, not contracts.
type Counting struct {
	Law  string // governing law, by country; "" when nobody knows
	Zone string // "" is UTC
}

// DayRule is what decides when the last day to declare something falls on a day without work.
type DayRule string

// The rules. Under BGB_193 and ABGB_903 such a day is replaced by the next working day. HOUSE_RULE is no
// law: the governing law is not known to us, and the last day stays.
const (
	BGB193    DayRule = "BGB_193"
	ABGB903   DayRule = "ABGB_903"
	HouseRule DayRule = "HOUSE_RULE"
)

// Values lists the rules.
func (DayRule) Values() []string { return []string{"BGB_193", "ABGB_903", "HOUSE_RULE"} }

// Rule is the governing law's rule about the last day.
func (c Counting) Rule() DayRule {
	switch c.Law {
	case "DE":
		return BGB193
	case "AT":
		return ABGB903
	}
	return HouseRule
}

// maxDays bounds the periods of an agreement, so that a typing error can't overflow into the past.
const maxDays = 36_500

func clampDays(n int64) int { return int(max(0, min(n, maxDays))) }

// EndOfDays is 24:00 of the last of n full days after the day of from.
func (c Counting) EndOfDays(from Time, n int64) Time {
	y, m, d := c.in(from).Date()
	return TimeOf(time.Date(y, m, d+1+clampDays(n), 0, 0, 0, 0, c.location()))
}

// EndOfWindow is the same for a period in which something is declared: the governing law may move its
// last day to the next working day.
func (c Counting) EndOfWindow(from Time, n int64) Time {
	end := c.EndOfDays(from, n)
	if c.Rule() == HouseRule {
		return end
	}
	y, m, d := calendar.NextWorkingDay(c.Law, c.in(end-1)).Date()
	return TimeOf(time.Date(y, m, d+1, 0, 0, 0, 0, c.location()))
}

// after is n full days after a midnight.
func (c Counting) after(midnight Time, n int64) Time {
	return TimeOf(c.in(midnight).AddDate(0, 0, clampDays(n)))
}

// Start is the first instant of a day.
func (c Counting) Start(d Date) Time {
	y, m, day := d.Start().Std().Date()
	return TimeOf(time.Date(y, m, day, 0, 0, 0, 0, c.location()))
}

// Day is the calendar day of an instant.
func (c Counting) Day(t Time) Date { return Date(c.in(t).Format(time.DateOnly)) }

// LastDay is the day that ends at a midnight.
func (c Counting) LastDay(end Time) Date { return c.Day(end - 1) }

// Name is the zone's name.
func (c Counting) Name() string {
	if c.Zone == "" {
		return "UTC"
	}
	return c.Zone
}

func (c Counting) in(t Time) time.Time { return t.Std().In(c.location()) }

// location is the zone. One that the machine doesn't know was refused with the agreement ([AgreementSigned.Validate]).
func (c Counting) location() *time.Location {
	if zone, err := time.LoadLocation(c.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// dayOf is the calendar day of an instant in UTC.
func dayOf(t Time) Date { return Counting{}.Day(t) }
