package domain

import "slices"

// ConsentChannel is where the person acted.
type ConsentChannel string

// Values lists the channels.
func (ConsentChannel) Values() []string {
	return []string{"WEB_FORM", "IVR_KEY", "VOICE", "SMS_KEYWORD", "EMAIL", "LINK", "PAPER", "IN_PERSON", "OTHER"}
}

// Act is what the person did.
type Act string

// The acts. Only the affirmative ones are consent (Art. 4(11), recital 32; C-673/17 Planet49).
const (
	BoxTicked        Act = "BOX_TICKED"
	KeyPressed       Act = "KEY_PRESSED"
	SaidYes          Act = "SAID_YES"
	KeywordSent      Act = "KEYWORD_SENT"
	Signed           Act = "SIGNED"
	PreTicked        Act = "PRE_TICKED"
	AnnouncementOnly Act = "ANNOUNCEMENT_ONLY"
	CarriedOn        Act = "CARRIED_ON"
)

// Values lists the acts.
func (Act) Values() []string {
	return []string{"BOX_TICKED", "KEY_PRESSED", "SAID_YES", "KEYWORD_SENT", "SIGNED", "PRE_TICKED", "ANNOUNCEMENT_ONLY", "CARRIED_ON"}
}

// Affirmative reports whether the act is a clear affirmative act.
func (a Act) Affirmative() bool { return a != PreTicked && a != AnnouncementOnly && a != CarriedOn }

// Giver is who gave consent for the subject (Art. 8 for children).
type Giver string

// Values lists the givers.
func (Giver) Values() []string { return []string{"SELF", "PARENT", "REPRESENTATIVE"} }

// Means is by what somebody is contacted.
type Means string

// Values lists the means.
func (Means) Values() []string { return []string{"PHONE", "SMS", "EMAIL", "POST", "CHAT"} }

// ConsentRequested: the person was asked.
type ConsentRequested struct {
	Purpose string         `json:"purpose" plain:"word"`
	Text    string         `json:"text" plain:"version"`
	Digest  string         `json:"digest,omitempty" plain:"digest"`
	Channel ConsentChannel `json:"channel"`
}

// ConsentGranted: the person agreed to a purpose, on an exact version of the text.
type ConsentGranted struct {
	Purpose  string         `json:"purpose" plain:"word"`
	Text     string         `json:"text" plain:"version"`            // version of the text shown
	Digest   string         `json:"digest,omitempty" plain:"digest"` // of that text
	Channel  ConsentChannel `json:"channel"`
	Act      Act            `json:"act"`
	Giver    Giver          `json:"giver"`
	Means    []Means        `json:"means,omitempty"`                   // that it is for; none: it names none, so all
	Artefact string         `json:"artefact,omitempty" plain:"digest"` // of the evidence kept elsewhere
	Evidence Personal       `json:"evidence" class:"CONSENT_EVIDENCE"`
}

// ConsentRefused: the person said no. A no counts however little is known of how it was said.
type ConsentRefused struct {
	Purpose string         `json:"purpose" plain:"word"`
	Text    string         `json:"text,omitempty" plain:"version"`
	Channel ConsentChannel `json:"channel,omitempty"`
}

// ConsentWithdrawn: the person took it back; not retroactive (Art. 7(3)). It is kept without a grant, too,
// and however little is known of how it was said.
type ConsentWithdrawn struct {
	Purpose string         `json:"purpose" plain:"word"`
	Channel ConsentChannel `json:"channel,omitempty"`
}

// ConsentExpired: its time is over.
type ConsentExpired struct {
	Purpose string `json:"purpose" plain:"word"`
}

// ConsentInvalidated: it turned out never to have been valid.
type ConsentInvalidated struct {
	Purpose string `json:"purpose" plain:"word"`
	Reason  string `json:"reason" plain:"word"`
}

// ConsentReceiptIssued: the person got a receipt.
type ConsentReceiptIssued struct {
	Purpose string `json:"purpose" plain:"word"`
	Digest  string `json:"digest" plain:"digest"`
}

// Kind is the wire name.
func (ConsentRequested) Kind() string { return "consent.requested" }

// Kind is the wire name.
func (ConsentGranted) Kind() string { return "consent.granted" }

// Kind is the wire name.
func (ConsentRefused) Kind() string { return "consent.refused" }

// Kind is the wire name.
func (ConsentWithdrawn) Kind() string { return "consent.withdrawn" }

// Kind is the wire name.
func (ConsentExpired) Kind() string { return "consent.expired" }

// Kind is the wire name.
func (ConsentInvalidated) Kind() string { return "consent.invalidated" }

// Kind is the wire name.
func (ConsentReceiptIssued) Kind() string { return "consent.receipt_issued" }

var consentKinds = []Type{
	kind[ConsentRequested]("consent", "7", "The person was asked.").observed(),
	kind[ConsentGranted]("consent", "6, 7, 9", "The person agreed to a purpose, on an exact text.").observed(),
	kind[ConsentRefused]("consent", "7", "The person said no.").observed(),
	kind[ConsentWithdrawn]("consent", "7(3)", "The person took it back.").observed(),
	kind[ConsentExpired]("consent", "7", "Its time is over.").observed(),
	kind[ConsentInvalidated]("consent", "7", "It turned out never to have been valid.").observed(),
	kind[ConsentReceiptIssued]("consent", "7", "The person got a receipt.").observed(),
}

// ConsentStatus is the state of one person's consent to one purpose.
type ConsentStatus string

// The states. INVALID is a grant without an affirmative act: never consent evidence.
const (
	ConsentNone      ConsentStatus = "NONE"
	ConsentAsked     ConsentStatus = "REQUESTED"
	ConsentActive    ConsentStatus = "GRANTED"
	ConsentNo        ConsentStatus = "REFUSED"
	ConsentBack      ConsentStatus = "WITHDRAWN"
	ConsentOver      ConsentStatus = "EXPIRED"
	ConsentNotProven ConsentStatus = "INVALID"
)

// Consent is one (subject, purpose), folded by occurrence.
type Consent struct {
	Subject ID `json:"subject,omitempty"`
	// Reported: who gave, withdrew or refused it is another system's word.
	Reported bool           `json:"reported,omitempty"`
	Purpose  string         `json:"purpose"`
	Status   ConsentStatus  `json:"status"`
	Text     string         `json:"text,omitempty"`
	Digest   string         `json:"digest,omitempty"`
	Channel  ConsentChannel `json:"channel,omitempty"`
	Act      Act            `json:"act,omitempty"`
	Giver    Giver          `json:"giver,omitempty"`
	Means    []Means        `json:"means,omitempty"`
	Since    Moment         `json:"since"`
	Seq      int64          `json:"seq"` // of the event that made the status
	// No is the person's last no, withdrawn or refused: a yes that may have come before it undoes nothing.
	No Moment `json:"no,omitzero"`
}

// Apply folds one kept event.
func (c Consent) Apply(k Kept) Consent {
	if len(k.Subjects) > 0 {
		c.Subject = k.Subjects[0].ID
	}
	status := func(purpose string, s ConsentStatus) {
		if purpose != StruckText || c.Purpose == "" { // one stream, one purpose: an earlier event may still tell it
			c.Purpose = purpose
		}
		c.Status, c.Since, c.Seq, c.Reported = s, k.Occurred, k.Seq, k.Reported
	}
	said := func(s ConsentStatus, purpose string) {
		status(purpose, s)
		if c.No == (Moment{}) || end(c.No) < end(k.Occurred) {
			c.No = k.Occurred
		}
	}
	switch e := k.Event.(type) {
	case ConsentRequested:
		if c.is("", ConsentAsked, ConsentOver, ConsentNotProven) { // asking again undoes neither a yes nor a no
			status(e.Purpose, ConsentAsked)
			c.Text, c.Digest, c.Channel = e.Text, e.Digest, e.Channel
		}
	case ConsentGranted:
		switch {
		case e.Act.Affirmative() && (c.No == (Moment{}) || !c.No.Same(k.Occurred)):
			status(e.Purpose, ConsentActive)
		case !e.Act.Affirmative() && c.is("", ConsentAsked, ConsentNotProven):
			status(e.Purpose, ConsentNotProven)
		default: // it is kept, and changes nothing that is valid
			return c
		}
		c.Text, c.Digest, c.Channel, c.Act, c.Giver, c.Means = e.Text, e.Digest, e.Channel, e.Act, e.Giver, e.Means
	case ConsentRefused:
		said(ConsentNo, e.Purpose)
		c.Text, c.Channel = e.Text, e.Channel
	case ConsentWithdrawn:
		said(ConsentBack, e.Purpose)
		c.Channel = e.Channel
	case ConsentExpired:
		if c.is("", ConsentAsked, ConsentActive) {
			status(e.Purpose, ConsentOver)
		}
	case ConsentInvalidated:
		if !c.is(ConsentBack, ConsentNo) {
			status(e.Purpose, ConsentNotProven)
		}
	}
	return c
}

func (c Consent) is(list ...ConsentStatus) bool { return slices.Contains(list, c.Status) }

// end is until when a moment can have been.
func end(m Moment) Time {
	_, to := m.Span()
	return to
}

// Grant decides to record consent.
func (c Consent) Grant(e ConsentGranted) ([]Event, *Refusal) {
	if !e.Act.Affirmative() {
		return nil, Refuse("consent.act", "Art. 4(11), 7 GDPR; C-673/17", "%s is no clear affirmative act, so it is no consent: ask the person to act", e.Act)
	}
	return []Event{e}, nil
}

// Withdraw records a withdrawal. It is as easy as giving (Art. 7(3)): it is never refused, also where no
// consent is known, for a person's no binds whatever the ledger knew of a yes.
func (Consent) Withdraw(purpose string, channel ConsentChannel) ([]Event, *Refusal) {
	return []Event{ConsentWithdrawn{Purpose: purpose, Channel: channel}}, nil
}

// ForPurpose is the purpose the event is about: consent is kept per subject and purpose.
func (e ConsentRequested) ForPurpose() string { return e.Purpose }

// ForPurpose is the purpose the event is about.
func (e ConsentGranted) ForPurpose() string { return e.Purpose }

// ForPurpose is the purpose the event is about.
func (e ConsentRefused) ForPurpose() string { return e.Purpose }

// ForPurpose is the purpose the event is about.
func (e ConsentWithdrawn) ForPurpose() string { return e.Purpose }

// ForPurpose is the purpose the event is about.
func (e ConsentExpired) ForPurpose() string { return e.Purpose }

// ForPurpose is the purpose the event is about.
func (e ConsentInvalidated) ForPurpose() string { return e.Purpose }

// ForPurpose is the purpose the event is about.
func (e ConsentReceiptIssued) ForPurpose() string { return e.Purpose }
