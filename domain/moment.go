package domain

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// MaxSkew is how far in the future an occurrence may lie: clocks differ a little.
const MaxSkew = 5 * time.Minute

// Time is microseconds since 1970, UTC. In bytes: RFC 3339 with exactly six decimals.
type Time int64

const timeLayout = "2006-01-02T15:04:05.000000Z"

// TimeOf truncates t to microseconds.
func TimeOf(t time.Time) Time { return Time(t.UnixMicro()) }

// Std is the time as the standard library has it, in UTC.
func (t Time) Std() time.Time { return time.UnixMicro(int64(t)).UTC() }

func (t Time) String() string { return t.Std().Format(timeLayout) }

// firstTime and lastTime bound what the bytes of an event can hold and [ParseTime] reads.
const (
	firstTime Time = 0
	lastTime  Time = 253402300799_999999 // 9999-12-31T23:59:59.999999Z
)

var errYear = errors.New("expected a year from 1970 to 9999")

// Check reports a time that could be written into an event and not be read again.
func (t Time) Check() error {
	if t < firstTime || t > lastTime {
		return errYear
	}
	return nil
}

// MarshalText writes six decimals.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads RFC 3339 with any zone and up to six decimals.
func (t *Time) UnmarshalText(b []byte) error {
	parsed, _, err := ParseTime(string(b))
	*t = parsed
	return err
}

// maxOffset is the greatest offset of a zone that there is, in seconds.
const maxOffset = 14 * 60 * 60

var errOffset = errors.New("expected an offset from UTC of 14 hours at most")

// ErrZeroTime: the time is the zero of a clock.
var ErrZeroTime = errors.New("1970-01-01T00:00:00Z is the zero of a clock, which systems write when they know no time: expected when it was")

// ParseTime reads RFC 3339, whose t and z may be small, and returns the instant and the zone offset as
// written (±hh:mm).
func ParseTime(s string) (Time, string, error) {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil {
		return 0, "", fmt.Errorf("expected a time such as 2026-10-01T08:17:00Z or 2026-10-01T10:17:00+02:00 (RFC 3339)")
	}
	if _, offset := t.Zone(); offset < -maxOffset || offset > maxOffset {
		return 0, "", errOffset
	}
	// Judged before it becomes microseconds, which have no room for every year.
	if y := t.UTC().Year(); y < 1970 || y > 9999 {
		return 0, "", errYear
	}
	return TimeOf(t), t.Format("-07:00"), nil
}

// Date is a calendar day, YYYY-MM-DD.
type Date string

// ParseDate checks that the day exists.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fmt.Errorf("expected a day such as 2026-10-01")
	}
	return Date(s), nil
}

// Start is the first instant of the day in UTC. A Date that was never checked gives zero.
func (d Date) Start() Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 0
	}
	return TimeOf(t)
}

// Precision says how exactly an occurrence is known.
type Precision string

// The precisions.
const (
	Instant Precision = "INSTANT"
	Day     Precision = "DAY"
)

// Moment is when something happened in the world. A DAY is a calendar date, in the zone where it was that
// date; At, its first instant there, is only where lists put it. Where nobody stated a zone it is UTC's.
type Moment struct {
	At        Time
	Precision Precision
	Zone      string // ±hh:mm as stated by the source, or of the tenant; "" when nobody stated one
}

// At is a moment known to the instant.
func At(t Time) Moment { return Moment{At: t, Precision: Instant} }

// DayIn is a date in a zone (±hh:mm, or ""). A Date that was never checked gives the zero of a clock.
func DayIn(d Date, zone string) Moment {
	return Moment{At: d.Start() - offset(zone), Precision: Day, Zone: zone}
}

// ParseMoment reads an RFC 3339 time, or a day, with the offset of its zone or without.
func ParseMoment(s string) (Moment, error) {
	if m, ok, err := parseDay(s); ok {
		return m, err
	}
	t, zone, err := ParseTime(s)
	if err != nil {
		return Moment{}, fmt.Errorf("%w, or a day such as 2026-10-01", err)
	}
	return Moment{At: t, Precision: Instant, Zone: zone}, nil
}

// parseDay reads a date; ok is false for what is none.
func parseDay(s string) (m Moment, ok bool, err error) {
	date, zone := s, ""
	if len(s) > len(time.DateOnly) {
		date, zone = s[:len(time.DateOnly)], s[len(time.DateOnly):]
	}
	d, err := ParseDate(date)
	if err != nil {
		return m, false, nil
	}
	if zone == "Z" {
		zone = "+00:00"
	}
	if zone != "" {
		at, err := time.Parse("-07:00", zone)
		if err != nil {
			return m, false, nil
		}
		if _, sec := at.Zone(); sec < -maxOffset || sec > maxOffset {
			return m, true, errOffset
		}
	}
	m = DayIn(d, zone)
	return m, true, m.At.Check()
}

// Text is the moment as it is written and shown: a DAY is 2026-10-01 or 2026-10-01+02:00.
func (m Moment) Text() string {
	if m.Precision != Day {
		return m.At.String()
	}
	return string(m.Date()) + m.Zone
}

// MarshalText is [Moment.Text].
func (m Moment) MarshalText() ([]byte, error) { return []byte(m.Text()), nil }

// UnmarshalText reads [Moment.Text], and nothing else.
func (m *Moment) UnmarshalText(b []byte) (err error) {
	if *m, err = ParseMoment(string(b)); err != nil {
		return err
	}
	if m.Precision != Day {
		m.Zone = ""
	}
	if m.Text() != string(b) {
		return errors.New("expected a time in UTC with six decimals, or a day such as 2026-10-01 or 2026-10-01+02:00")
	}
	return nil
}

// Date is the calendar date in its zone.
func (m Moment) Date() Date { return Date((m.At + offset(m.Zone)).Std().Format(time.DateOnly)) }

// In gives a DAY whose zone nobody stated that of a place. Others stay as they are.
func (m Moment) In(place *time.Location) Moment {
	if m.Precision != Day || m.Zone != "" || place == nil {
		return m
	}
	d := m.Date()
	noon := (d.Start() + day/2).Std()
	start := time.Date(noon.Year(), noon.Month(), noon.Day(), 0, 0, 0, 0, place)
	return DayIn(d, start.Format("-07:00"))
}

const (
	hour = Time(time.Hour / time.Microsecond)
	day  = 24 * hour
)

// Span is from when to when, exclusive, it can have been.
func (m Moment) Span() (from, to Time) {
	if m.Precision != Day {
		return m.At, m.At + 1
	}
	return m.At, m.At + day
}

// Over is the last instant at which it can have been, in whichever zone: nothing is called older than that.
func (m Moment) Over() Time {
	if m.Precision != Day {
		return m.At
	}
	return m.Date().Start() + day + 12*hour - 1
}

// Same reports whether nobody can tell which of two was first: two facts of one instant, a day and an
// instant of that day, two facts of one date. Then the one that protects the person wins.
func (m Moment) Same(o Moment) bool {
	if m.Precision == Day && o.Precision == Day {
		return m.Date() == o.Date()
	}
	from, to := m.Span()
	start, end := o.Span()
	return from < end && start < to
}

// offset is that of a zone ±hh:mm; 0 for "".
func offset(zone string) Time {
	t, err := time.Parse("-07:00", zone)
	if err != nil {
		return 0
	}
	_, sec := t.Zone()
	return Time(sec) * Time(time.Second/time.Microsecond)
}

// Viewpoint is how every state is asked: as it was in the world at AsOf, as far as the ledger knew
// at KnownAt, resolved to Known, the greatest seq then kept.
type Viewpoint struct {
	AsOf    Time
	KnownAt Time
	Known   int64
	Asked   Date // when a day was asked about, not an instant: AsOf is then its end in UTC
}

// Day is the calendar day that was asked about, where days are counted so: a day stays the same day in every zone.
func (v Viewpoint) Day(c Counting) Date { return cmp.Or(v.Asked, c.Day(v.AsOf)) }
