package domain

import "slices"

// Medium is how somebody reached the company.
type Medium string

// The media.
const (
	Call Medium = "CALL"
	Text Medium = "TEXT"
	Form Medium = "FORM"
	Chat Medium = "CHAT"
	// OtherMedium is a contact whose source has another word for its medium, or none.
	OtherMedium Medium = "OTHER"
)

// Values lists the media.
func (Medium) Values() []string { return []string{"CALL", "TEXT", "FORM", "CHAT", "OTHER"} }

// Direction is who began.
type Direction string

// The directions. UNKNOWN is one that the source doesn't tell, or in another word.
const (
	Inbound          Direction = "INBOUND"
	Outbound         Direction = "OUTBOUND"
	UnknownDirection Direction = "UNKNOWN"
)

// Values lists the directions.
func (Direction) Values() []string { return []string{"INBOUND", "OUTBOUND", "UNKNOWN"} }

// DataField is a kind of personal data that a call tracker holds on an interaction: the vocabulary
// of views, edits, redactions and exports.
type DataField string

// Values lists the fields, as a call tracker redacts them (domain.md, 3.4).
func (DataField) Values() []string {
	return []string{"NAME", "NUMBER", "CALLER_ID", "ENHANCED_CALLER_ID", "EMAIL", "ADDRESS", "AUDIO", "TRANSCRIPT", "SUMMARY", "MESSAGE_TEXT",
		"MEDIA", "CUSTOM_FIELDS", "NOTES", "VISITOR_DATA", "IP_ADDRESS", "TAGS", "FORM_DATA", "LOCATION", "TRACKING_NUMBER",
		"SOURCE", "TIME", "STATUS", "CALL_FLOW", "DURATION"}
}

// InteractionRecorded: a call, text, form or chat took place. Subject 0 is the person who called or
// was called; subject 1, when there is one, the other party. Content (audio, transcript, text) never
// enters the ledger.
type InteractionRecorded struct {
	Medium         Medium    `json:"medium"`
	Direction      Direction `json:"direction"`
	Number         Personal  `json:"number" class:"INTERACTION"`
	Name           Personal  `json:"name" class:"INTERACTION"`
	Email          Personal  `json:"email" class:"INTERACTION"`
	City           Personal  `json:"city" class:"INTERACTION"`
	IP             Personal  `json:"ip" class:"INTERACTION"`
	Counterpart    Personal  `json:"counterpart" class:"INTERACTION" owner:"1"`
	Country        string    `json:"country,omitempty" plain:"country"`
	TrackingNumber string    `json:"trackingNumber,omitempty" plain:"ownnumber"`
	Status         string    `json:"status,omitempty" plain:"word"`
	Seconds        int64     `json:"seconds"`
	Recorded       bool      `json:"recorded"`
	Ended          Time      `json:"ended,omitempty"`
	Modified       Time      `json:"modified,omitempty"` // when the source last changed its record

	Participants []Participant `json:"participants,omitempty"`
}

// Participant is one more person who took part: of a conference, of a recording.
type Participant struct {
	Subject int64    `json:"subject" owner:"this"` // its index in the envelope's subjects
	Number  Personal `json:"number" class:"INTERACTION"`
	Name    Personal `json:"name" class:"INTERACTION"`
	Email   Personal `json:"email" class:"INTERACTION"`
}

// InteractionViewed: somebody looked at the contact's data (S27).
type InteractionViewed struct {
	Fields []DataField `json:"fields,omitempty"`
}

// InteractionListened: somebody listened to the recording (S21); the envelope's auth tells whether
// a PIN was asked.
type InteractionListened struct {
	Seconds int64 `json:"seconds"`
}

// InteractionDownloaded: a copy left the system.
type InteractionDownloaded struct {
	Field  DataField `json:"field"`
	Digest string    `json:"digest,omitempty" plain:"digest"`
}

// InteractionEdited: somebody changed the contact's data (S27).
type InteractionEdited struct {
	Fields []DataField `json:"fields"`
}

// Trigger is what set off a redaction (S24, S25).
type Trigger string

// The triggers. OBSERVED is a record that was found redacted at its source.
const (
	Automatic Trigger = "AUTOMATIC"
	Manual    Trigger = "MANUAL"
	OnRequest Trigger = "REQUEST"
	Observed  Trigger = "OBSERVED"
)

// Values lists the triggers.
func (Trigger) Values() []string { return []string{"AUTOMATIC", "MANUAL", "REQUEST", "OBSERVED"} }

// InteractionRedacted: personal data of the interaction was removed at its source. Survivors are
// what stays. A manual one carries the acknowledgement that it can't be undone.
type InteractionRedacted struct {
	Trigger      Trigger     `json:"trigger"`
	Fields       []DataField `json:"fields"`
	Survivors    []DataField `json:"survivors,omitempty"`
	Acknowledged bool        `json:"acknowledged,omitempty"`
	Reason       string      `json:"reason,omitempty" plain:"word"`
}

// Validate checks what no single field can.
func (e InteractionRedacted) Validate() error {
	if len(e.Fields) == 0 {
		return &FieldError{"fields", "expected at least one redacted field"}
	}
	return nil
}

// Takes reports whether the redaction takes away anything that the ledger itself holds of an
// interaction. One key seals all of it, so all of it goes.
func (e InteractionRedacted) Takes() bool {
	return slices.ContainsFunc(e.Fields, func(f DataField) bool {
		return slices.Contains([]DataField{"NAME", "NUMBER", "CALLER_ID", "ENHANCED_CALLER_ID", "EMAIL", "ADDRESS", "LOCATION", "IP_ADDRESS", "VISITOR_DATA"}, f)
	})
}

// Kind is the wire name.
func (InteractionRecorded) Kind() string { return "interaction.recorded" }

// Kind is the wire name.
func (InteractionViewed) Kind() string { return "interaction.viewed" }

// Kind is the wire name.
func (InteractionListened) Kind() string { return "interaction.listened" }

// Kind is the wire name.
func (InteractionDownloaded) Kind() string { return "interaction.downloaded" }

// Kind is the wire name.
func (InteractionEdited) Kind() string { return "interaction.edited" }

// Kind is the wire name.
func (InteractionRedacted) Kind() string { return "interaction.redacted" }

var interactionKinds = []Type{
	kind[InteractionRecorded]("interaction", "30", "A call, text, form or chat took place.").observed(),
	kind[InteractionUpdated]("interaction", "30", "Its source told of it again, with more: what a telling leaves out stays as it was.").observed(),
	kind[InteractionViewed]("interaction", "15, 32", "Somebody looked at its data.").observed(),
	kind[InteractionListened]("interaction", "15, 29, 32", "Somebody listened to its recording.").observed(),
	kind[InteractionDownloaded]("interaction", "15, 32", "A copy was downloaded.").observed(),
	kind[InteractionEdited]("interaction", "16, 32", "Its data was changed.").observed(),
	kind[InteractionRedacted]("interaction", "5(1)(e), 17", "Personal data was removed at its source.").observed(),
}

// Interaction is what decisions on an interaction need of its stream.
type Interaction struct {
	Recorded bool
	Redacted []DataField // fields known to be gone
}

// Apply folds one kept event.
func (i Interaction) Apply(k Kept) Interaction {
	switch e := k.Event.(type) {
	case InteractionRecorded:
		i.Recorded = true
	case InteractionRedacted:
		i.Redacted = append(i.Redacted[:len(i.Redacted):len(i.Redacted)], e.Fields...)
	}
	return i
}

// Redact decides to record a redaction by a person, who acknowledges that it can't be undone (S25).
func (i Interaction) Redact(e InteractionRedacted) ([]Event, *Refusal) {
	if !i.Recorded {
		return nil, &Refusal{Code: NotFound, Rule: "interaction.known", Message: "there is no such interaction"}
	}
	if !e.Acknowledged {
		return nil, Refuse("redaction.acknowledged", "house rule, for Art. 17 GDPR", "a redaction can't be undone: set acknowledged to true to say that this is understood")
	}
	return []Event{e}, nil
}
