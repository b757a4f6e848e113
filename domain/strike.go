package domain

// StrikeReason is what stands in a field that is kept in the clear and mustn't stand there.
type StrikeReason string

// Values lists the reasons: a person's name; a number or address; data of a special category (Art. 9,
// 10); whatever else is about a person; what an authority or court ordered to be removed.
func (StrikeReason) Values() []string {
	return []string{"NAME", "CONTACT", "SPECIAL_CATEGORY", "OTHER_PERSONAL", "ORDERED"}
}

// StrikeFinality is what removing a payload comes to where it lay.
type StrikeFinality string

// The degrees. BYTES_GONE: they were overwritten in the ledger's files and the journals emptied.
// SERVER_KEEPS: a database server has old row versions until it vacuums, and its own journals longer.
const (
	StrikeGone        StrikeFinality = "BYTES_GONE"
	StrikeServerHolds StrikeFinality = "SERVER_KEEPS"
)

// Values lists the degrees.
func (StrikeFinality) Values() []string { return []string{"BYTES_GONE", "SERVER_KEEPS"} }

// StrikeProposed: the payload of an event is to be removed, because personal data slipped into a field
// that is kept in the clear. Its stream is named by that event's id.
type StrikeProposed struct {
	Event  ID           `json:"event"`
	Reason StrikeReason `json:"reason"`
	Case   string       `json:"case" plain:"reference"`
}

// StrikeApproved: a second person agreed. From here on it can't be taken back.
type StrikeApproved struct{}

// StrikeCompleted: payload and salt of the event are gone from the ledger; its leaf stays.
type StrikeCompleted struct {
	Event    ID             `json:"event"`
	Position int64          `json:"position"` // of the struck event
	Final    StrikeFinality `json:"final"`
}

// Kind is the wire name.
func (StrikeProposed) Kind() string { return "strike.proposed" }

// Kind is the wire name.
func (StrikeApproved) Kind() string { return "strike.approved" }

// Kind is the wire name.
func (StrikeCompleted) Kind() string { return "strike.completed" }

var strikeKinds = []Type{
	kind[StrikeProposed]("strike", "5(1)(c), 17", "Somebody asks to remove an event’s payload from the ledger.").ours(),
	kind[StrikeApproved]("strike", "5(1)(c), 17, 32", "A second person agreed.").ours(),
	kind[StrikeCompleted]("strike", "5(1)(c), 17", "The payload and its salt are gone; the event’s leaf stays.").ours(),
}

// StrikeStatus is how far a strike has come.
type StrikeStatus string

// The statuses, in order.
const (
	StrikeAsked  StrikeStatus = "PROPOSED"
	StrikeAgreed StrikeStatus = "APPROVED"
	StrikeDone   StrikeStatus = "COMPLETED"
)

// Values lists the statuses.
func (StrikeStatus) Values() []string { return []string{"PROPOSED", "APPROVED", "COMPLETED"} }

// Strike is the removal of one event's payload, folded by occurrence.
type Strike struct {
	Event    ID             `json:"event,omitempty"`
	Status   StrikeStatus   `json:"status,omitempty"` // "" before it was proposed
	Reason   StrikeReason   `json:"reason,omitempty"`
	Case     string         `json:"case,omitempty"`
	Proposer ID             `json:"proposer,omitempty"`
	Approver ID             `json:"approver,omitempty"`
	Proposed Time           `json:"proposed,omitempty"`
	Done     Time           `json:"done,omitempty"`
	Final    StrikeFinality `json:"final,omitempty"`
}

// Apply folds one kept event. Which event it is about the stream's name says, whatever was struck.
func (s Strike) Apply(k Kept) Strike {
	s.Event = k.Stream.ID
	switch e := k.Event.(type) {
	case StrikeProposed:
		s.Status, s.Reason, s.Case, s.Proposer, s.Proposed = StrikeAsked, e.Reason, e.Case, k.Actor.ID, k.Occurred.At
	case StrikeApproved:
		s.Status, s.Approver = StrikeAgreed, k.Actor.ID
	case StrikeCompleted:
		s.Status, s.Done, s.Final = StrikeDone, k.Occurred.At, e.Final
	}
	return s
}

// Propose decides to ask for the removal of what was kept.
func (s Strike) Propose(e StrikeProposed, of Kept) ([]Event, *Refusal) {
	if s.Status != "" {
		return nil, Refuse("strike.once", "Art. 5(1)(c) GDPR", "a strike of this event is %s already", s.Status)
	}
	if of.Struck {
		return nil, Refuse("strike.once", "Art. 5(1)(c) GDPR", "the payload of this event is gone already: it was disposed of at the end of its period")
	}
	t, _ := Lookup(of.Kind)
	if !t.Writable() {
		return nil, Refuse("strike.nothing", "Art. 5(2) GDPR", "no field of %s that is kept in the clear can hold what somebody wrote, so there is nothing to strike; sealed values are erased or redacted", of.Kind)
	}
	if e, ok := of.Event.(interface{ Steers() bool }); ok && e.Steers() {
		return nil, Refuse("strike.steers", "Art. 5(2), 17(3) GDPR", "what %s says decides what is kept and what is destroyed, so it must stay readable here; docs/erasure.md says what can be done", of.Kind)
	}
	return []Event{e}, nil
}

// Approve decides the second person's agreement: not the proposer's own.
func (s Strike) Approve(actor ID) ([]Event, *Refusal) {
	if s.Status != StrikeAsked {
		return nil, Refuse("strike.once", "Art. 5(1)(c) GDPR", "only a proposed strike can be approved, once; this one is %s", s.Status)
	}
	if actor == s.Proposer {
		return nil, Refuse("strike.fourEyes", "house rule, for Art. 5(1)(f), 32 GDPR", "whoever proposed a strike can't approve it: another person must, with a sign-in of its own (muniment token create --role dpo)")
	}
	return []Event{StrikeApproved{}}, nil
}
