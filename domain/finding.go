package domain

// FindingKind is what is wrong. LOG_… are incidents of the log: something was done to its engine's
// streams past Muniment, witnesses have seen another log under the same key, or it was restored without its end.
type FindingKind string

// Values lists the kinds of finding.
func (FindingKind) Values() []string {
	return []string{
		"LOG_TRUNCATION", "LOG_DELETION", "LOG_TOMBSTONE", "LOG_FOREIGN", "LOG_SCAVENGE", "LOG_GAP", "LOG_REWRITTEN", "LOG_FORGED",
		"LOG_ROLLBACK", "LOG_FORK", "LOG_TAIL_LOST",
		"REPORTED_DECISION",
		"HOLD_OVERDUE",
		"EPOCH_WRONG",
	}
}

// FindingOutcome is how a finding was closed.
type FindingOutcome string

// Values lists the outcomes.
func (FindingOutcome) Values() []string { return []string{"MENDED", "EXPLAINED", "MISTAKEN"} }

// FindingRaised: something is wrong, and where it shows. It is closed by an event, never deleted.
type FindingRaised struct {
	Finding  FindingKind `json:"finding"`
	Place    string      `json:"place,omitempty" plain:"reference"` // the engine's name of the stream, or the witness's
	Position int64       `json:"position,omitempty"`                // of the engine, or the size that the witness has seen
}

// FindingClosed: somebody looked into it and says what came of it.
type FindingClosed struct {
	Outcome FindingOutcome `json:"outcome"`
	Case    string         `json:"case" plain:"reference"` // where that is written down
}

// Kind is the wire name.
func (FindingRaised) Kind() string { return "finding.raised" }

// Kind is the wire name.
func (FindingClosed) Kind() string { return "finding.closed" }

var findingKinds = []Type{
	kind[FindingRaised]("finding", "5(2), 32", "Something is wrong, and where it shows.").ours(),
	kind[FindingClosed]("finding", "5(2), 32", "It was looked into; this came of it.").ours(),
}

// FindingStatus is whether somebody has still to look into it.
type FindingStatus string

// The statuses.
const (
	FindingOpen FindingStatus = "OPEN"
	FindingDone FindingStatus = "CLOSED"
)

// Values lists the statuses.
func (FindingStatus) Values() []string { return []string{"OPEN", "CLOSED"} }

// Finding is one finding, folded by occurrence.
type Finding struct {
	Finding  FindingKind    `json:"finding,omitempty"`
	Status   FindingStatus  `json:"status,omitempty"` // "" before it was raised
	Place    string         `json:"place,omitempty"`
	Position int64          `json:"position,omitempty"`
	Raised   Time           `json:"raised,omitempty"`
	Closed   Time           `json:"closed,omitempty"`
	Outcome  FindingOutcome `json:"outcome,omitempty"`
	Case     string         `json:"case,omitempty"`
	Seq      int64          `json:"seq"` // of the event that raised it
}

// Apply folds one kept event.
func (f Finding) Apply(k Kept) Finding {
	switch e := k.Event.(type) {
	case FindingRaised:
		f = Finding{Finding: e.Finding, Status: FindingOpen, Place: e.Place, Position: e.Position, Raised: k.Occurred.At, Seq: k.Seq}
	case FindingClosed:
		f.Status, f.Closed, f.Outcome, f.Case = FindingDone, k.Occurred.At, e.Outcome, e.Case
	}
	return f
}

// Close decides to close it.
func (f Finding) Close(e FindingClosed) ([]Event, *Refusal) {
	switch {
	case f.Status == "":
		return nil, Refuse("finding.open", "Art. 5(2) GDPR", "there is no such finding")
	case f.Status == FindingDone:
		return nil, Refuse("finding.open", "Art. 5(2) GDPR", "the finding was closed on %s as %s", f.Closed, f.Outcome)
	case e.Case == "":
		return nil, Malformed("case", "say where it is written down what was found out, such as SEC-2026-014")
	}
	return []Event{e}, nil
}
