package graphql

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
)

// DateTime is the scalar of the schema.
type DateTime struct {
	domain.Time
	as domain.Moment // zero: an instant; otherwise what was given, or is known
}

// end is the time asked for where a day counts as a whole: its last microsecond in its zone, or in UTC.
func (d DateTime) end() domain.Time {
	if d.as.Precision == domain.Day {
		return d.Time + domain.Time((24*time.Hour)/time.Microsecond) - 1
	}
	return d.Time
}

// day is the day that was given; "" for an instant.
func (d DateTime) day() domain.Date {
	if d.as.Precision == domain.Day {
		return d.as.Date()
	}
	return ""
}

// moment is the time as it was given.
func (d DateTime) moment() domain.Moment {
	if d.as.Precision == domain.Day {
		return d.as
	}
	return domain.At(d.Time)
}

// ImplementsGraphQLType names the scalar.
func (DateTime) ImplementsGraphQLType(name string) bool { return name == "DateTime" }

// UnmarshalGraphQL reads RFC 3339, or a day.
func (d *DateTime) UnmarshalGraphQL(input any) error {
	s, ok := input.(string)
	if !ok {
		return fmt.Errorf("expected a time such as 2026-10-01T08:17:00Z, or a day")
	}
	m, err := domain.ParseMoment(s)
	d.Time, d.as = m.At, m
	return err
}

// MarshalJSON writes RFC 3339 in UTC; a day as a day.
func (d DateTime) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, d.moment().Text()), nil
}

// Date is the scalar of the schema.
type Date struct{ domain.Date }

// ImplementsGraphQLType names the scalar.
func (Date) ImplementsGraphQLType(name string) bool { return name == "Date" }

// UnmarshalGraphQL reads YYYY-MM-DD.
func (d *Date) UnmarshalGraphQL(input any) (err error) {
	s, ok := input.(string)
	if !ok {
		return fmt.Errorf("expected a day such as 2026-10-01")
	}
	d.Date, err = domain.ParseDate(s)
	return err
}

// MarshalJSON writes YYYY-MM-DD.
func (d Date) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, string(d.Date)), nil }

// Position is the scalar of the schema: a whole number that GraphQL's Int can't hold.
type Position int64

// ImplementsGraphQLType names the scalar.
func (Position) ImplementsGraphQLType(name string) bool { return name == "Position" }

// UnmarshalGraphQL reads a whole number.
func (p *Position) UnmarshalGraphQL(input any) error {
	switch n := input.(type) {
	case int32:
		*p = Position(n)
	case float64:
		*p = Position(n)
	default:
		return fmt.Errorf("expected a whole number")
	}
	return nil
}

func when(t domain.Time) DateTime { return DateTime{Time: t} }

// on is a time that may be known as a day only.
func on(m domain.Moment) DateTime { return DateTime{Time: m.At, as: m} }

// asKnown is when a row occurred: day is its text where only that is known.
func asKnown(at domain.Time, day string) DateTime {
	if m, err := domain.ParseMoment(day); err == nil {
		return on(m)
	}
	return when(at)
}

func whenSet(t domain.Time) *DateTime {
	if t == 0 {
		return nil
	}
	return &DateTime{Time: t}
}

// Global ids are noun and id, as stream names are.

func nodeID(noun string, id domain.ID) gql.ID { return gql.ID(noun + "-" + id.String()) }

// bareID reads a global id of a noun, or the 32 digits alone.
func bareID(field, noun string, id gql.ID) (domain.ID, *domain.Refusal) {
	digits := strings.TrimPrefix(string(id), noun+"-")
	parsed, err := domain.ParseID(digits)
	if err != nil {
		return parsed, domain.Malformed(field, "expected the id of a %s, such as %s-<32 hex digits>", noun, noun)
	}
	return parsed, nil
}

// filterID reads an optional id of a filter.
func filterID(field, noun string, id *gql.ID) (domain.ID, error) {
	if id == nil {
		return domain.ID{}, nil
	}
	parsed, no := bareID(field, noun, *id)
	if no != nil {
		return parsed, no
	}
	return parsed, nil
}

// enumOf is the enum value of a wire name: noun.verbed → NOUN_VERBED.
func enumOf(kind string) string { return strings.ToUpper(strings.ReplaceAll(kind, ".", "_")) }

var kindOfEnum = func() map[string]string {
	m := map[string]string{}
	for _, t := range domain.Catalogue {
		m[enumOf(t.Kind)] = t.Kind
	}
	return m
}()

func words[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// typed makes words of the schema the domain's own type.
func typed[S ~string](list []string) []S {
	out := make([]S, len(list))
	for i, s := range list {
		out[i] = S(s)
	}
	return out
}

func deref[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}
