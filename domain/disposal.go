package domain

import (
	"maps"
	"slices"

	"muniment/domain/canon"
)

// PeriodSet: from here on a family is kept for another time; with a class, the keys of that class are.
// What is disposed of can't be brought back, and whoever set the period said that this is understood.
type PeriodSet struct {
	Family       Family `json:"family"`
	Class        Class  `json:"class,omitempty"`
	Period       string `json:"period" plain:"period"` // a [Period]
	Ground       string `json:"ground" plain:"citation"`
	Case         string `json:"case" plain:"reference"`
	Acknowledged bool   `json:"acknowledged"`
}

// Cut is what a disposal takes of one family: the payloads of the kinds whose events occurred before an
// instant; with a class, only the keys of that class.
type Cut struct {
	Family         Family   `json:"family"`
	Class          Class    `json:"class,omitempty"`
	Period         string   `json:"period,omitempty" plain:"period"` // "": ordered again, after a restore
	Kinds          []string `json:"kinds" plain:"kind"`
	OccurredBefore Time     `json:"occurredBefore"`
}

// Taken is what a cut came to. It stands apart from the cuts: a customer who is shown by which cut its
// event went is not told how many of others' did.
type Taken struct {
	Family    Family `json:"family"`
	Class     Class  `json:"class,omitempty"`
	Struck    int64  `json:"struck"` // payloads
	Hold      int64  `json:"hold"`   // events held back, by [HeldBack]
	Binding   int64  `json:"binding"`
	InUse     int64  `json:"inUse"`
	Unremoved int64  `json:"unremoved"` // payloads that the log's engine can't remove in place
}

// DisposalOrdered: what is past its period and nothing keeps is disposed of, as far as it was recorded
// before this. From here on it can't be taken back.
type DisposalOrdered struct {
	RecordedBefore Time    `json:"recordedBefore"`
	Cuts           []Cut   `json:"cuts"`
	Gone           []int64 `json:"gone"` // of each cut: payloads that were gone already
}

// DisposalCompleted: it is done. A payload that is missing and that a cut covers was removed by it.
type DisposalCompleted struct {
	RecordedBefore Time           `json:"recordedBefore"`
	Cuts           []Cut          `json:"cuts"`
	Taken          []Taken        `json:"taken"`           // of each cut
	Keys           int64          `json:"keys"`            // destroyed; the journal beside the root names each
	Final          StrikeFinality `json:"final,omitempty"` // absent where no payload was removed
}

// Kind is the wire name.
func (PeriodSet) Kind() string { return "disposal.period_set" }

// Kind is the wire name.
func (DisposalOrdered) Kind() string { return "disposal.ordered" }

// Kind is the wire name.
func (DisposalCompleted) Kind() string { return "disposal.completed" }

var disposalKinds = []Type{
	kind[PeriodSet]("disposal", "5(1)(e), 5(2)", "A family of the ledger’s own events is kept for another time.").ours(),
	kind[DisposalOrdered]("disposal", "5(1)(e), 17", "What is past its period is disposed of.").ours(),
	kind[DisposalCompleted]("disposal", "5(1)(e), 17", "It is done: payloads struck, keys destroyed, and what was held back.").ours(),
}

// Validate checks the period, and the family's class.
func (e PeriodSet) Validate() error {
	if err := Period(e.Period).Validate(); err != nil {
		return &FieldError{"period", err.Error()}
	}
	return nil
}

// Covers reports whether the disposal removed what an event of a kind holds, if it is missing. With a
// class, whether it destroyed the key of a box of that class.
func (e DisposalCompleted) Covers(k Envelope, c Class) bool {
	return k.Recorded < e.RecordedBefore && slices.ContainsFunc(e.Cuts, func(cut Cut) bool { return cut.covers(k, c) })
}

func (c Cut) covers(k Envelope, class Class) bool {
	return (c.Class == "" || c.Class == class) && k.Occurred.Over() < c.OccurredBefore && slices.Contains(c.Kinds, k.Kind)
}

// ReadCuts reads the cuts of a disposal in canonical JSON, as an event is shown with them.
func ReadCuts(text []byte) (cuts []Cut, err error) {
	tree, err := canon.Parse(text)
	if err == nil {
		err = decodeTree(tree, &cuts)
	}
	return cuts, err
}

// Key is what the cut is of: a family, or a class in it.
func (c Cut) Key() string { return scheduleKey(c.Family, c.Class) }

func scheduleKey(f Family, c Class) string {
	if c == "" {
		return string(f)
	}
	return string(f) + "/" + string(c)
}

// Decided is a period that somebody set.
type Decided struct {
	Period Period `json:"period"`
	Ground string `json:"ground"`
	Case   string `json:"case"`
	Since  Time   `json:"since"`
	Seq    int64  `json:"seq"`
}

// Disposal is the retention schedule of the ledger's own events with what was done by it, folded by
// occurrence.
type Disposal struct {
	Decided map[string]Decided `json:"decided,omitempty"` // by family, or family/class
	Done    map[string]Time    `json:"done,omitempty"`    // so far back the last disposal reached
	Last    DisposalCompleted  `json:"last"`
	LastAt  Time               `json:"lastAt,omitempty"` // 0: there was none
}

// Apply folds one kept event.
func (d Disposal) Apply(k Kept) Disposal {
	switch e := k.Event.(type) {
	case PeriodSet:
		d.Decided = with(d.Decided, scheduleKey(e.Family, e.Class), Decided{Period(e.Period), e.Ground, e.Case, k.Occurred.At, k.Seq})
	case DisposalCompleted:
		d.Done = maps.Clone(d.Done)
		for _, c := range e.Cuts {
			d.Done = with(d.Done, c.Key(), max(c.OccurredBefore, d.Done[c.Key()]))
		}
		d.Last, d.LastAt = e, k.Occurred.At
	}
	return d
}

// Scheduled is one line of the schedule.
type Scheduled struct {
	Terms
	Class  Class  // "": the payloads; otherwise the keys of this class
	Period Period // "": as long as the ledger
	Ground string
	Case   string // "" while nobody decided
	Since  Time
}

// Schedule lists what holds for each family, and for a class that ends earlier.
func (d Disposal) Schedule() (list []Scheduled) {
	for _, t := range families {
		line := Scheduled{Terms: t, Period: t.Period, Ground: t.Ground}
		if set, ok := d.Decided[scheduleKey(t.Family, "")]; ok {
			line.Period, line.Ground, line.Case, line.Since = set.Period, set.Ground, set.Case, set.Since
		}
		list = append(list, line)
		if set, ok := d.Decided[scheduleKey(t.Family, t.Class)]; ok && t.Class != "" {
			list = append(list, Scheduled{Terms: t, Class: t.Class, Period: set.Period, Ground: set.Ground, Case: set.Case, Since: set.Since})
		}
	}
	return list
}

// Cuts are what the schedule lets go at a time. Keys that go with their payloads have no cut of their own.
func (d Disposal) Cuts(now Time) (cuts []Cut) {
	for _, s := range d.Schedule() {
		if s.Ends != Never {
			cuts = append(cuts, Cut{Family: s.Family, Class: s.Class, Period: string(s.Period), Kinds: s.Kinds, OccurredBefore: s.Period.Before(now)})
		}
	}
	return cuts
}

// Set decides to keep a family, or the keys of a class in it, for another time.
func (d Disposal) Set(e PeriodSet) ([]Event, *Refusal) {
	t, ok := e.Family.Terms()
	if !ok {
		return nil, Malformed("family", "there is no such family")
	}
	period := Period(e.Period)
	if err := period.Validate(); err != nil {
		return nil, Malformed("period", "%s", err)
	}
	payloads, keys := t.Period, t.Period
	if set, ok := d.Decided[scheduleKey(e.Family, "")]; ok {
		payloads, keys = set.Period, set.Period
	}
	if set, ok := d.Decided[scheduleKey(e.Family, t.Class)]; ok && t.Class != "" {
		keys = set.Period
	}
	now := payloads
	if e.Class != "" {
		now = keys
	}
	switch {
	case t.Ends == Never:
		return nil, Refuse("disposal.kept", "Art. 5(2), 17(3) GDPR", "%s are kept as long as the ledger: %s", e.Family, t.Ground)
	case e.Class != "" && e.Class != t.Class:
		return nil, Refuse("disposal.class", "Art. 5(1)(e) GDPR", "%s of %s is sealed with keys that other events of the same person need, or there is none: only INTERACTION of INTERACTIONS ends by itself", e.Class, e.Family)
	case e.Class != "" && payloads.Shorter(period), e.Class == "" && period.Shorter(keys) && keys != payloads:
		return nil, Refuse("disposal.class", "Art. 5(1)(e) GDPR", "keys can't outlive the payloads that they open: the class may end at the same time or earlier")
	case now == period:
		return nil, Refuse("disposal.change", "Art. 5(1)(e) GDPR", "the period is %s already", e.Period)
	case !e.Acknowledged:
		return nil, Refuse("disposal.acknowledged", "house rule, for Art. 5(1)(e) GDPR", "what is disposed of can't be brought back: set acknowledged to true to say that this is understood")
	}
	return []Event{e}, nil
}
