package domain

import (
	"encoding/hex"
	"fmt"
	"strings"

	"muniment/domain/canon"
)

// Capacity is the role in which we act towards one subject of an event (Art. 4(7), 4(8), 26, 28 GDPR).
type Capacity string

// The capacities.
const (
	Controller      Capacity = "CONTROLLER"
	JointController Capacity = "JOINT_CONTROLLER"
	Processor       Capacity = "PROCESSOR"
	SubProcessor    Capacity = "SUB_PROCESSOR"
)

// Values lists the capacities.
func (Capacity) Values() []string {
	return []string{"CONTROLLER", "JOINT_CONTROLLER", "PROCESSOR", "SUB_PROCESSOR"}
}

// SubjectRef names one data subject of an event and our capacity towards it.
type SubjectRef struct {
	ID       ID       `json:"id"`
	Capacity Capacity `json:"capacity"`
}

// ActorKind says what acted.
type ActorKind string

// The kinds of actor.
const (
	Person       ActorKind = "PERSON"
	Service      ActorKind = "SERVICE"
	System       ActorKind = "SYSTEM"
	UnknownActor ActorKind = "UNKNOWN"
)

// Values lists the kinds of actor.
func (ActorKind) Values() []string { return []string{"PERSON", "SERVICE", "SYSTEM", "UNKNOWN"} }

// Actor is who did it. The id is random; name and login are sealed in the user's own events.
type Actor struct {
	ID     ID        `json:"id,omitempty"`
	Kind   ActorKind `json:"kind"`
	Role   ActorRole `json:"role,omitempty"`
	Behalf ID        `json:"behalf,omitempty"`
}

// Envelope is what every event carries. docs/formats.md, section 5.
type Envelope struct {
	Actor       Actor
	Auth        []Auth
	Basis       Basis
	Causation   ID
	Correlation ID
	Evidence    string // SHA-256, in hex, of what shows a reported decision
	ID          ID
	Kind        string
	Occurred    Moment
	Purpose     string
	Recorded    Time
	Reported    bool // who did it, or that it was decided, is another system's word
	Salt        [32]byte
	Source      string
	Stream      Stream
	Subjects    []SubjectRef
	Tenant      ID
	Version     int
}

// Fact is an event about to be kept: the envelope without what keeping adds (kind, version,
// recorded, salt), and the event.
type Fact struct {
	Envelope
	Event Event
}

// Void stands where the log holds a record that Muniment didn't write: nothing is decided by it.
type Void struct{}

// Kind is none: no event is of it.
func (Void) Kind() string { return "" }

// Kept is an event that was kept, as folds and projections see it: personal fields are sealed.
type Kept struct {
	Envelope
	Event    Event
	Struck   bool // its payload was removed; Event is then [Type.Blank]
	Seq      int64
	Revision int64
	LogTime  Time
}

// CapacityOf is our capacity towards one person of the event; of somebody whom it doesn't name, though it
// holds their values, we are the processor.
func (e *Envelope) CapacityOf(subject ID) Capacity {
	for _, s := range e.Subjects {
		if s.ID == subject {
			return s.Capacity
		}
	}
	return Processor
}

// Append appends the canonical bytes of the envelope.
func (e *Envelope) Append(b []byte) []byte {
	b = append(b, `{"actor":{`...)
	if !e.Actor.Behalf.IsZero() {
		b = append(b, `"behalf":"`+e.Actor.Behalf.String()+`",`...)
	}
	if !e.Actor.ID.IsZero() {
		b = append(b, `"id":"`+e.Actor.ID.String()+`",`...)
	}
	b = append(b, `"kind":`...)
	b = canon.AppendString(b, string(e.Actor.Kind))
	b = member(b, "role", string(e.Actor.Role))
	b = append(b, '}')
	for i, a := range e.Auth {
		b = append(b, []string{`,"auth":[`, `,`}[min(i, 1)]...)
		b = canon.AppendString(b, string(a))
	}
	if len(e.Auth) > 0 {
		b = append(b, ']')
	}
	b = member(b, "basis", string(e.Basis))
	b = idMember(b, "causation", e.Causation)
	b = idMember(b, "correlation", e.Correlation)
	b = member(b, "evidence", e.Evidence)
	b = idMember(b, "id", e.ID)
	b = member(b, "kind", e.Kind)
	b = member(b, "occurred", e.Occurred.Text())
	b = member(b, "precision", string(e.Occurred.Precision))
	b = member(b, "purpose", e.Purpose)
	b = member(b, "recorded", e.Recorded.String())
	if e.Reported {
		b = append(b, `,"reported":true`...)
	}
	b = member(b, "salt", hex.EncodeToString(e.Salt[:]))
	b = member(b, "source", e.Source)
	b = member(b, "stream", e.Stream.String())
	for i, s := range e.Subjects {
		b = append(b, []string{`,"subjects":[`, `,`}[min(i, 1)]...)
		b = append(b, `{"capacity":`...)
		b = canon.AppendString(b, string(s.Capacity))
		b = append(b, `,"id":"`+s.ID.String()+`"}`...)
	}
	if len(e.Subjects) > 0 {
		b = append(b, ']')
	}
	b = idMember(b, "tenant", e.Tenant)
	b = append(b, `,"version":`...)
	b = canon.AppendInt(b, int64(e.Version))
	if e.Occurred.Precision != Day { // a day says its zone itself
		b = member(b, "zone", e.Occurred.Zone)
	}
	return append(b, '}')
}

func member(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, `,"`+name+`":`...)
	return canon.AppendString(b, value)
}

func idMember(b []byte, name string, id ID) []byte {
	if id.IsZero() {
		return b
	}
	return append(b, `,"`+name+`":"`+id.String()+`"`...)
}

// ParseEnvelope reads kept bytes. Bytes that the ledger never wrote are an error.
func ParseEnvelope(text []byte) (Envelope, error) {
	var e Envelope
	tree, err := canon.ParseLenient(text)
	if err != nil {
		return e, fmt.Errorf("envelope: %w", err)
	}
	var w wireEnvelope
	if err := decodeTree(tree, &w); err != nil {
		return e, fmt.Errorf("envelope: %w", err)
	}
	if err := canon.Unhex(e.Salt[:], w.Salt); err != nil {
		return e, fmt.Errorf("envelope: salt: %w", err)
	}
	// What Append leaves out as empty was never written empty.
	for _, m := range []struct {
		name  string
		empty bool
	}{{"id", w.ID.IsZero()}, {"kind", w.Kind == ""}, {"precision", w.Precision == ""}, {"source", w.Source == ""}, {"tenant", w.Tenant.IsZero()}} {
		if m.empty {
			return e, fmt.Errorf("envelope: %s: empty", m.name)
		}
	}
	if v, there := tree.(map[string]any)["reported"]; there && v != true {
		return e, fmt.Errorf("envelope: reported: expected true, or nothing")
	}
	if w.Evidence != "" {
		if err := Reasons["digest"].Check(w.Evidence); err != nil {
			return e, fmt.Errorf("envelope: evidence: %w", err)
		}
	}
	e.Evidence, e.Reported = w.Evidence, w.Reported
	e.Actor, e.Auth, e.Basis, e.Causation, e.Correlation = w.Actor, w.Auth, w.Basis, w.Causation, w.Correlation
	e.ID, e.Kind, e.Purpose, e.Recorded, e.Source = w.ID, w.Kind, w.Purpose, w.Recorded, w.Source
	e.Stream, e.Subjects, e.Tenant, e.Version = w.Stream, w.Subjects, w.Tenant, int(w.Version)
	if e.Occurred = w.Occurred; e.Occurred.Precision != w.Precision || w.Precision == Day && w.Zone != "" {
		return e, fmt.Errorf("envelope: occurred: expected an instant, or a day without a zone beside it, as precision says")
	}
	if w.Zone != "" {
		e.Occurred.Zone = w.Zone
	}
	return e, nil
}

type wireEnvelope struct {
	Actor       Actor        `json:"actor"`
	Auth        []Auth       `json:"auth,omitempty"`
	Basis       Basis        `json:"basis,omitempty"`
	Causation   ID           `json:"causation,omitempty"`
	Correlation ID           `json:"correlation,omitempty"`
	Evidence    string       `json:"evidence,omitempty"`
	ID          ID           `json:"id"`
	Kind        string       `json:"kind"`
	Occurred    Moment       `json:"occurred"`
	Precision   Precision    `json:"precision"`
	Purpose     string       `json:"purpose,omitempty"`
	Recorded    Time         `json:"recorded"`
	Reported    bool         `json:"reported,omitempty"`
	Salt        string       `json:"salt"`
	Source      string       `json:"source"`
	Stream      Stream       `json:"stream"`
	Subjects    []SubjectRef `json:"subjects,omitempty"`
	Tenant      ID           `json:"tenant"`
	Version     int64        `json:"version"`
	Zone        string       `json:"zone,omitempty"`
}

// MarshalText is the stream's name.
func (s Stream) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a stream's name.
func (s *Stream) UnmarshalText(b []byte) (err error) {
	*s, err = ParseStream(string(b))
	return err
}

// ValidSource reports whether s may name a source system.
func ValidSource(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}
