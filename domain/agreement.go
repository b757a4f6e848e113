package domain

// Model is how a tenant authorises sub-processors (Art. 28(2)).
type Model string

// The models. UNKNOWN is never read as GENERAL.
const (
	General      Model = "GENERAL"
	Specific     Model = "SPECIFIC"
	UnknownModel Model = "UNKNOWN"
)

// Values lists the models.
func (Model) Values() []string { return []string{"GENERAL", "SPECIFIC", "UNKNOWN"} }

// WindowStart is what starts the objection window.
type WindowStart string

// The starts.
const (
	OnPosting  WindowStart = "POSTING"
	OnSending  WindowStart = "SENDING"
	OnDelivery WindowStart = "DELIVERY"
)

// Values lists the starts.
func (WindowStart) Values() []string { return []string{"POSTING", "SENDING", "DELIVERY"} }

// Proof is how well the delivery of a notice is proven (domain.md, 3.2), weakest first.
type Proof string

// The proof levels. FETCHED is never evidence: mail scanners follow links.
const (
	NoProof      Proof = "NONE"
	HandedOver   Proof = "HANDED_OVER"
	Accepted     Proof = "ACCEPTED"
	Fetched      Proof = "FETCHED"
	Acknowledged Proof = "ACKNOWLEDGED"
)

// Values lists the levels.
func (Proof) Values() []string {
	return []string{"NONE", "HANDED_OVER", "ACCEPTED", "FETCHED", "ACKNOWLEDGED"}
}

// AgreementSigned is the data processing agreement with a tenant (Art. 28(3)).
type AgreementSigned struct {
	Model         Model       `json:"model"`
	List          string      `json:"list" plain:"version"`                  // which published list is annexed
	ListEffective Date        `json:"listEffective,omitempty"`               // its version, by effective date
	NoticeDays    int64       `json:"noticeDays"`                            // before a change takes effect
	ObjectionDays int64       `json:"objectionDays"`                         // to object
	WindowStart   WindowStart `json:"windowStart"`                           // what starts the window
	Proof         Proof       `json:"proof"`                                 // the level that opens the window
	GraceDays     int64       `json:"graceDays"`                             // for bounces, before deeming
	Emergency     bool        `json:"emergency"`                             // has an emergency clause
	SCC           bool        `json:"scc"`                                   // is under standard contractual clauses
	Digest        string      `json:"digest,omitempty" plain:"digest"`       // of the signed text
	Version       string      `json:"textVersion,omitempty" plain:"version"` // of the terms
}

// AgreementAmended replaces the terms from its occurrence on.
type AgreementAmended AgreementSigned

// AgreementEnded ends it.
type AgreementEnded struct{}

// Kind is the wire name.
func (AgreementSigned) Kind() string { return "agreement.signed" }

// Kind is the wire name.
func (AgreementEnded) Kind() string { return "agreement.ended" }

// Kind is the wire name.
func (AgreementAmended) Kind() string { return "agreement.amended" }

var agreementKinds = []Type{
	kind[AgreementSigned]("agreement", "28(2), 28(3)", "The data processing agreement with a tenant.").decided(),
	kind[AgreementAmended]("agreement", "28(2), 28(3)", "New terms replace the earlier ones.").decided(),
	kind[AgreementEnded]("agreement", "28(3)(g)", "It ended.").decided(),
}

// Agreement is a tenant's terms, folded by occurrence. One stream per tenant.
type Agreement struct {
	Terms  AgreementSigned `json:"terms"`
	Since  Time            `json:"since"`
	Seq    int64           `json:"seq"`
	Active bool            `json:"active"`
	// Reported: another system says that something of it was decided, and nobody decided it here.
	Reported bool `json:"reported,omitempty"`
}

// Apply folds one kept event.
func (a Agreement) Apply(k Kept) Agreement {
	switch e := k.Event.(type) {
	case AgreementSigned:
		return Agreement{Terms: e, Since: k.Occurred.At, Seq: k.Seq, Active: true, Reported: a.Reported}
	case AgreementAmended:
		return Agreement{Terms: AgreementSigned(e), Since: k.Occurred.At, Seq: k.Seq, Active: true, Reported: a.Reported}
	case Unproven:
		a.Reported = true
	case AgreementEnded:
		a.Active, a.Since, a.Seq = false, k.Occurred.At, k.Seq
	}
	return a
}

// Sign decides to conclude the agreement.
func (a Agreement) Sign(e AgreementSigned) ([]Event, *Refusal) {
	if a.Active {
		return nil, Refuse("agreement.once", "Art. 28(3) GDPR", "an agreement is in force: amend it instead")
	}
	return []Event{e}, nil
}

// Amend decides to change the terms.
func (a Agreement) Amend(e AgreementSigned) ([]Event, *Refusal) {
	if !a.Active {
		return nil, Refuse("agreement.active", "Art. 28(3) GDPR", "no agreement is in force: sign one first")
	}
	return []Event{AgreementAmended(e)}, nil
}

// End decides to record its end.
func (a Agreement) End() ([]Event, *Refusal) {
	if !a.Active {
		return nil, Refuse("agreement.active", "Art. 28(3) GDPR", "no agreement is in force")
	}
	return []Event{AgreementEnded{}}, nil
}
