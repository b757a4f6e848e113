package domain

import (
	"reflect"
	"strings"
	"testing"
)

// Decisions are tested as given (facts), when (a decision), then (events, or the rule that refused).

// on is a fact: an event and when it happened, as a day or RFC 3339.
type on struct {
	when  string
	event Event
}

type folding[S any] interface{ Apply(Kept) S }

// moment reads the time of a test.
func moment(s string) Time {
	m, err := ParseMoment(s)
	if err != nil {
		panic(err)
	}
	return m.At
}

var (
	someTenant   = ID{0: 7}
	someActor    = ID{0: 8}
	anotherActor = ID{0: 9}
	someStream   = Stream{"notice", ID{0: 5}}
)

// fold folds facts into the empty state.
func fold[S folding[S]](facts []on) S {
	var s S
	for i, f := range facts {
		s = s.Apply(Kept{
			Envelope: Envelope{
				Actor: Actor{ID: someActor, Kind: Person}, Kind: f.event.Kind(), Tenant: someTenant, Stream: someStream,
				Occurred: At(moment(f.when)), Subjects: []SubjectRef{{ID{0: 6}, Processor}},
			},
			Event: f.event, Seq: int64(i), Revision: int64(i),
		})
	}
	return s
}

// row is one path through one rule.
type row[S folding[S]] struct {
	name  string
	given []on
	when  func(S) ([]Event, *Refusal)
	then  []Event
	rule  string // the refusing rule; then is empty
	says  string // part of its message
}

func checkRow[S folding[S]](t *testing.T, r row[S]) {
	t.Helper()
	state := fold[S](r.given)
	before := fold[S](r.given)
	events, no := r.when(state)
	if !reflect.DeepEqual(state, before) {
		t.Errorf("the decision changed its state")
	}
	if r.rule == "" {
		if no != nil {
			t.Fatalf("refused by %s: %s", no.Rule, no.Message)
		}
		if !reflect.DeepEqual(events, r.then) {
			t.Fatalf("got  %+v\nwant %+v", events, r.then)
		}
		for _, e := range events {
			if err := Check(e); err != nil {
				t.Errorf("%s can't be kept: %v", e.Kind(), err)
			}
		}
		return
	}
	switch {
	case no == nil:
		t.Fatalf("allowed %+v, want a refusal by %s", events, r.rule)
	case events != nil:
		t.Errorf("refused and decided at once: %+v", events)
	case no.Rule != r.rule:
		t.Fatalf("refused by %s, want %s: %s", no.Rule, r.rule, no.Message)
	case !strings.Contains(no.Message, r.says):
		t.Errorf("says %q, want it to say %q", no.Message, r.says)
	case no.Article == "" && no.Code == NotAllowed:
		t.Errorf("%s names no article", no.Rule)
	case strings.HasSuffix(no.Message, ".") || strings.Contains(no.Message, "%!"):
		t.Errorf("badly worded: %q", no.Message)
	}
}

// decide runs a table of rows.
func decide[S folding[S]](t *testing.T, rows []row[S]) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { checkRow(t, r) })
	}
}

// facts joins what was given.
func facts(groups ...[]on) (all []on) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}
