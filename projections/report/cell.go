package report

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// Cell is one typed value: its words for people, its form in CSV, its value in JSON.
type Cell interface {
	words() string
	csv() string
	json.Marshaler
}

// Text is a plain text.
type Text string

func (t Text) words() string                { return string(t) }
func (t Text) csv() string                  { return string(t) }
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(string(t)) }

// List is several plain texts.
type List []string

func (l List) words() string                { return strings.Join(l, ", ") }
func (l List) csv() string                  { return strings.Join(l, "; ") }
func (l List) MarshalJSON() ([]byte, error) { return json.Marshal([]string(l)) }

// Code is a word of a closed vocabulary: files carry the code, pages its words.
type Code string

func (c Code) words() string                { return wordsOf(string(c)) }
func (c Code) csv() string                  { return string(c) }
func (c Code) MarshalJSON() ([]byte, error) { return json.Marshal(string(c)) }

// Codes is several of them.
type Codes []string

func (c Codes) words() string {
	all := make([]string, len(c))
	for i, code := range c {
		all[i] = wordsOf(code)
	}
	return strings.Join(all, ", ")
}
func (c Codes) csv() string                  { return strings.Join(c, "; ") }
func (c Codes) MarshalJSON() ([]byte, error) { return json.Marshal([]string(c)) }

// Number is a count or a position.
type Number int64

func (n Number) words() string                { return grouped(int64(n)) }
func (n Number) csv() string                  { return strconv.FormatInt(int64(n), 10) }
func (n Number) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, int64(n), 10), nil }

// YesNo is an answer.
type YesNo bool

func (y YesNo) words() string { return y.csv() }
func (y YesNo) csv() string {
	if y {
		return "yes"
	}
	return "no"
}
func (y YesNo) MarshalJSON() ([]byte, error) { return strconv.AppendBool(nil, bool(y)), nil }

// ID is an identifier of the ledger's own.
type ID domain.ID

func (id ID) words() string                { return domain.ID(id).String() }
func (id ID) csv() string                  { return domain.ID(id).String() }
func (id ID) MarshalJSON() ([]byte, error) { return json.Marshal(domain.ID(id).String()) }

// Instant is a time of the ledger's own.
type Instant domain.Time

func (t Instant) words() string                { return clock(domain.Time(t)) + " UTC" }
func (t Instant) csv() string                  { return domain.Time(t).String() }
func (t Instant) MarshalJSON() ([]byte, error) { return json.Marshal(domain.Time(t).String()) }

// Moment is when something happened, as exactly as the source knew.
type Moment domain.Moment

func (m Moment) words() string {
	if m.Precision == domain.Day {
		return domain.Moment(m).Text() + " (the day only)"
	}
	return clock(m.At) + " UTC"
}

func (m Moment) csv() string {
	return domain.Moment(m).Text()
}
func (m Moment) MarshalJSON() ([]byte, error) { return json.Marshal(m.csv()) }

// Local is a moment in the zone that its source stated.
type Local domain.Moment

func (l Local) format(layout string) string {
	zone, err := time.Parse("-07:00", l.Zone)
	if err != nil {
		return l.At.String() + " " + l.Zone
	}
	return l.At.Std().In(zone.Location()).Format(layout)
}

func (l Local) words() string                { return l.format("2006-01-02 15:04:05 -07:00") }
func (l Local) csv() string                  { return l.format("2006-01-02T15:04:05.000000-07:00") }
func (l Local) MarshalJSON() ([]byte, error) { return json.Marshal(l.csv()) }

// Day is a calendar day.
type Day domain.Date

func (d Day) words() string                { return string(d) }
func (d Day) csv() string                  { return string(d) }
func (d Day) MarshalJSON() ([]byte, error) { return json.Marshal(string(d)) }

// Seconds is a duration.
type Seconds int64

func (s Seconds) words() string                { return (time.Duration(s) * time.Second).String() }
func (s Seconds) csv() string                  { return strconv.FormatInt(int64(s), 10) }
func (s Seconds) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, int64(s), 10), nil }

// Personal is a value about a person, or what became of it.
type Personal struct {
	Type  string // of an identifier, such as PHONE
	Text  string
	State ledger.State
}

func (p Personal) words() string {
	shown := stateWords[p.State]
	if p.State == ledger.StateClear {
		shown = p.Text
	}
	if p.Type != "" {
		return wordsOf(p.Type) + ": " + shown
	}
	return shown
}
func (p Personal) csv() string { return p.words() }

// MarshalJSON has no value unless it is clear.
func (p Personal) MarshalJSON() ([]byte, error) {
	shown := struct {
		Type  string       `json:"type,omitempty"`
		Value *string      `json:"value"`
		State ledger.State `json:"state"`
	}{Type: p.Type, State: p.State}
	if p.State == ledger.StateClear {
		shown.Value = &p.Text
	}
	return json.Marshal(shown)
}

// Personals is several of them, such as a person's numbers.
type Personals []Personal

func (p Personals) words() string {
	all := make([]string, len(p))
	for i, x := range p {
		all[i] = x.words()
	}
	return strings.Join(all, ", ")
}
func (p Personals) csv() string                  { return p.words() }
func (p Personals) MarshalJSON() ([]byte, error) { return json.Marshal([]Personal(p)) }

// absent is a nil cell for a zero value.
func absent[C Cell](c C, zero bool) Cell {
	if zero {
		return nil
	}
	return c
}

func textOr(s string) Cell   { return absent(Text(s), s == "") }
func codeOr(s string) Cell   { return absent(Code(s), s == "") }
func listOr(l []string) Cell { return absent(List(l), len(l) == 0) }
func idOr(id domain.ID) Cell { return absent(ID(id), id.IsZero()) }
func codesOr[S ~string](l []S) Cell {
	codes := make(Codes, len(l))
	for i, c := range l {
		codes[i] = string(c)
	}
	return absent(codes, len(l) == 0)
}
