package intake

import (
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"muniment/domain"
	"muniment/domain/canon"
)

// call is one foreign record, read leniently: what is absent, null or empty is not there; a field that
// nothing asks for is left out and counted; and so is one that can't be read. A call is never lost for
// one odd field: only without its id or its time there is nothing to keep.
type call struct {
	object
	form, agent object
	drops       drops
	notes       notes
}

// leave leaves a field out because of what stands in it: it is counted by name, and once only.
func (c call) leave(name, why string) {
	o, field := c.holder(name)
	c.drops.add(o.prefix, field)
	c.notes["kept without what a field held: "+why]++
	delete(o.members, field)
}

// holder is the object that a field's name leads into.
func (c call) holder(name string) (o object, field string) {
	prefix, rest, inside := strings.Cut(name, ".")
	switch {
	case inside && prefix == "form":
		return c.form, rest
	case inside && prefix == "agent":
		return c.agent, rest
	}
	return c.object, name
}

// member is an object that may be missing; then it is empty.
func (o object) member(name string) object {
	members, _ := o.members[name].(map[string]any)
	return object{o.prefix + name + ".", members, o.fault}
}

// part is that; something else in its place is left out.
func (c call) part(name string) object {
	if _, ok := c.members[name].(map[string]any); !ok && c.has(name) {
		c.leave(name, "no object")
	}
	return c.member(name)
}

// first is the first of the named fields that has text in it.
func (c call) first(names ...string) string {
	for _, name := range names {
		o, field := c.holder(name)
		switch v := o.members[field].(type) {
		case nil:
		case string:
			if s := strings.TrimSpace(v); s != "" {
				return s
			}
		case int64: // ids come as numbers or as text
			return strconv.FormatInt(v, 10)
		default:
			if !empty(v) {
				c.leave(name, "no text")
			}
		}
	}
	return ""
}

// short is that, of at most limit bytes.
func (c call) short(limit int, names ...string) string {
	for _, name := range names {
		s := c.first(name)
		if len(s) <= limit && s != "" {
			return s
		}
		if s != "" {
			c.leave(name, "more text than is kept")
		}
	}
	return ""
}

// has reports whether a field holds anything.
func (c call) has(name string) bool { return !empty(c.members[name]) }

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// flag reads a truth that may be written as a word or a number; said is false where it can't be told.
func flag(v any) (is, said bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case int64:
		return v == 1, v == 0 || v == 1
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "t", "yes", "y", "1", "on":
			return true, true
		case "false", "f", "no", "n", "0", "off", "", "null", "none":
			return false, true
		}
		return false, false
	}
	return false, empty(v)
}

// there reports whether a field says that something is there: by a truth, or by holding it.
func (c call) there(name string) bool {
	is, said := flag(c.members[name])
	return is || !said && c.has(name)
}

const mostSeconds = 366 * 24 * 3600

// seconds reads how long something took; 0 when it doesn't say.
func (c call) seconds(name string) int64 {
	n, ok := readSeconds(c.members[name])
	if !ok {
		c.leave(name, "no number of seconds")
		return 0
	}
	return n
}

var (
	clockForm = regexp.MustCompile(`^(?:([0-9]{1,4}):)?([0-9]{1,4}):([0-9]{1,2})(?:\.[0-9]+)?$`)
	spanForm  = regexp.MustCompile(`^(?i)(?:PT)?\s*(?:([0-9]{1,4}) ?h(?:ours?|rs?)?)? ?(?:([0-9]{1,6}) ?m(?:in(?:ute)?s?)?)? ?(?:([0-9]{1,8})(?:\.[0-9]+)? ?s(?:ec(?:ond)?s?)?)?$`)
)

// readSeconds reads 95, 95.4, "95", "1:35", "00:01:35", "PT1M35S" and "1m 35s".
func readSeconds(v any) (n int64, ok bool) {
	switch v := v.(type) {
	case nil:
		return 0, true
	case int64:
		return v, v >= 0 && v <= mostSeconds
	case canon.Number:
		return secondsOf(string(v))
	case string:
		s := strings.TrimSpace(v)
		if s == "" {
			return 0, true
		}
		parts := clockForm.FindStringSubmatch(s)
		if parts == nil {
			parts = spanForm.FindStringSubmatch(s)
		}
		if parts == nil || parts[1]+parts[2]+parts[3] == "" {
			return secondsOf(s)
		}
		for i, unit := range []int64{3600, 60, 1} {
			count, _ := strconv.ParseInt("0"+parts[i+1], 10, 64) // digits, few enough
			n += count * unit
		}
		return n, n <= mostSeconds
	}
	return 0, false
}

func secondsOf(s string) (int64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= mostSeconds) {
		return 0, false
	}
	return int64(math.Round(f)), true
}

// timeForms are the forms of a time that leave nothing to guess: each says its zone.
var timeForms = []string{"2006-01-02 03:04 PM -07:00", "2006-01-02 3:04 PM -07:00", "2006-01-02 03:04:05 PM -07:00", "2006-01-02 15:04:05 -07:00", "2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04 -07:00", "2006-01-02 15:04:05-07:00", "2006-01-02 15:04:05-07", "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05-07", "2006-01-02 15:04:05Z", time.RFC1123Z}

// utcForms end in the name of the one zone whose name says which it is.
var utcForms = []string{"2006-01-02 15:04:05 UTC", "2006-01-02T15:04:05 UTC", "2006-01-02 15:04:05 GMT", "Mon, 02 Jan 2006 15:04:05 GMT", "Mon, 02 Jan 2006 15:04:05 UTC"}

// readTime reads an instant: a time with its zone, or the seconds since 1970, as a number or as text,
// perhaps with a fraction or in milliseconds or microseconds. Zero is no time.
func readTime(v any) (m domain.Moment, ok bool) {
	switch v := v.(type) {
	case int64:
		return sinceEpoch(float64(v), v)
	case canon.Number:
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return m, false
		}
		return sinceEpoch(f, int64(math.Min(f, 1<<62)))
	case string:
		s := strings.TrimSpace(v)
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return sinceEpoch(f, int64(math.Max(0, math.Min(f, 1<<62))))
		}
		if at, zone, err := domain.ParseTime(s); err == nil {
			return domain.Moment{At: at, Precision: domain.Instant, Zone: zone}, at != 0
		}
		for _, form := range timeForms {
			if t, err := time.Parse(form, s); err == nil {
				return momentOf(t, t.Format("-07:00"))
			}
		}
		for _, form := range utcForms {
			if t, err := time.Parse(form, s); err == nil {
				return momentOf(t.UTC(), "+00:00")
			}
		}
	}
	return m, false
}

func momentOf(t time.Time, zone string) (domain.Moment, bool) {
	if y := t.UTC().Year(); y < 1970 || y > 9999 {
		return domain.Moment{}, false
	}
	m := domain.At(domain.TimeOf(t))
	m.Zone = zone
	return m, m.At != 0
}

// sinceEpoch reads a number of seconds; what would lie beyond the year 2514 is milliseconds, and what
// would then, microseconds.
func sinceEpoch(f float64, whole int64) (domain.Moment, bool) {
	const beyond = 1 << 34
	switch {
	case !(f > 0) || f >= beyond*1e6:
		return domain.Moment{}, false
	case f >= beyond*1e3:
		return domain.At(domain.Time(whole)), true
	case f >= beyond:
		return domain.At(domain.Time(whole * 1000)), true
	}
	return domain.At(domain.Time(math.Round(f * 1e6))), true
}

// readIP reads a network address, perhaps with a port, or the first of several that a request passed.
func readIP(s string) (string, bool) {
	s, _, _ = strings.Cut(s, ",")
	s = strings.TrimSpace(s)
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().String(), true
	}
	at, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return "", false
	}
	return at.String(), true
}
