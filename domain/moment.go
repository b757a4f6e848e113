package domain

import (
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
		return 0, "", errors.New("expected an offset from UTC of 14 hours at most")
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

// Moment is when something happened in the world.
type Moment struct {
	At        Time
	Precision Precision
	Zone      string // ±hh:mm as stated by the source; "" when it stated none
}

// At is a moment known to the instant.
func At(t Time) Moment { return Moment{At: t, Precision: Instant} }

// ParseMoment reads an RFC 3339 time, or a day (then the precision is DAY, the instant its start in UTC).
func ParseMoment(s string) (Moment, error) {
	if d, err := ParseDate(s); err == nil {
		if err := d.Start().Check(); err != nil {
			return Moment{}, err
		}
		return Moment{At: d.Start(), Precision: Day}, nil
	}
	t, zone, err := ParseTime(s)
	if err != nil {
		return Moment{}, fmt.Errorf("%w, or a day such as 2026-10-01", err)
	}
	return Moment{At: t, Precision: Instant, Zone: zone}, nil
}

// Viewpoint is how every state is asked: as it was in the world at AsOf, as far as the ledger knew
// at KnownAt, resolved to Known, the greatest seq then kept.
type Viewpoint struct {
	AsOf    Time
	KnownAt Time
	Known   int64
}
