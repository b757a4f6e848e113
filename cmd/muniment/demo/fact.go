package demo

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"muniment/domain"
)

// The systems that facts come from: the company's own records, and the call tracker, whose events
// must name it to speak of its calls.
const (
	source  = "demo"
	tracker = "ctm"
)

// object is any JSON object.
type object = map[string]any

// fact is a line of the native format (docs/intake.md).
type fact struct {
	Kind     string   `json:"kind"`
	Tenant   string   `json:"tenant"`
	Source   string   `json:"source"`
	SourceID string   `json:"sourceId"`
	Occurred string   `json:"occurred"`
	Of       *ref     `json:"of,omitempty"`
	Stream   string   `json:"stream,omitempty"`
	Actor    object   `json:"actor,omitempty"`
	Auth     []string `json:"auth,omitempty"`
	Purpose  string   `json:"purpose,omitempty"`
	Basis    string   `json:"basis,omitempty"`
	Subjects []object `json:"subjects,omitempty"`
	Data     object   `json:"data,omitempty"`
}

// ref is a thing by its id at the source and its own time.
type ref struct {
	ID string `json:"id"`
	At string `json:"at"`
}

const operator = "operator"

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func refTo(id string, at time.Time) *ref { return &ref{id, instant(at)} }

// own is a fact of the company itself.
func own(kind, id string, at time.Time, data object) fact {
	return fact{Kind: kind, Tenant: operator, Source: source, SourceID: id, Occurred: instant(at), Data: data}
}

// fact is a fact of an account, as the company's own records have it.
func (a *account) fact(kind, id string, at time.Time, data object) fact {
	f := own(kind, a.short+"/"+id, at, data)
	f.Tenant = a.id.String()
	return f
}

// tracked is a fact of an account, as its call tracker tells it.
func (a *account) tracked(kind, id string, at time.Time, data object) fact {
	f := a.fact(kind, id, at, data)
	f.Source = tracker
	return f
}

// by says which person acted, by id.
func (f fact) by(id domain.ID, role string) fact {
	f.Actor = object{"id": id.String(), "kind": "PERSON", "role": role}
	return f
}

// about says whom it is about, by id; our capacity towards business contacts and staff is our own.
func (f fact) about(id domain.ID) fact {
	f.Subjects = []object{{"id": id.String(), "capacity": "CONTROLLER"}}
	return f
}

// byTime orders facts as they happened: the views take what comes in order without folding anew.
func byTime(facts []fact) []fact {
	slices.SortStableFunc(facts, func(a, b fact) int { return cmp.Compare(a.Occurred, b.Occurred) })
	return facts
}

// lines writes one JSON object a line.
func lines[T any](list []T) []byte {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	for _, v := range list {
		if err := out.Encode(v); err != nil {
			panic(err) // texts, numbers and lists always have a form
		}
	}
	return b.Bytes()
}
