package domain

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

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

// Instrument is the contract that the agreement uses, as far as a decision of the Commission wrote it.
type Instrument string

// The instruments: Implementing Decision (EU) 2021/914 for transfers to third countries, by module (4:
// a processor here for a controller elsewhere), and 2021/915 within the Union (Art. 28(7) GDPR).
const (
	SCCModule1   Instrument = "SCC_2021_914_MODULE_1"
	SCCModule2   Instrument = "SCC_2021_914_MODULE_2"
	SCCModule3   Instrument = "SCC_2021_914_MODULE_3"
	SCCModule4   Instrument = "SCC_2021_914_MODULE_4"
	SCCInUnion   Instrument = "SCC_2021_915"
	NoInstrument Instrument = "NONE"
)

// Values lists the instruments.
func (Instrument) Values() []string {
	return []string{"SCC_2021_914_MODULE_1", "SCC_2021_914_MODULE_2", "SCC_2021_914_MODULE_3", "SCC_2021_914_MODULE_4", "SCC_2021_915", "NONE"}
}

// Clause is the clause of the instrument on the use of sub-processors; "" where it has none (modules 1
// and 4 know no processor whose sub-processors it could bind).
func (i Instrument) Clause() string {
	switch i {
	case SCCModule2, SCCModule3:
		return "SCC 2021/914 clause 9(a)"
	case SCCInUnion:
		return "SCC 2021/915 clause 7.7(a)"
	}
	return ""
}

// AgreementSigned is the data processing agreement with a tenant (Art. 28(3)).
type AgreementSigned struct {
	Effective     Date        `json:"effective"`           // first day on which it holds
	Until         Date        `json:"until,omitempty"`     // last day; none: until it is ended
	Law           string      `json:"law" plain:"country"` // that governs it
	Zone          string      `json:"zone" plain:"zone"`   // in which its days are counted
	Model         Model       `json:"model"`
	List          string      `json:"list,omitempty" plain:"version"`        // which published list is annexed
	ListEffective Date        `json:"listEffective,omitempty"`               // its version, by effective date
	NoticeDays    int64       `json:"noticeDays"`                            // before a change takes effect
	ObjectionDays int64       `json:"objectionDays"`                         // to object
	WindowStart   WindowStart `json:"windowStart"`                           // what starts the window
	Proof         Proof       `json:"proof"`                                 // the level that opens the window
	GraceDays     int64       `json:"graceDays"`                             // for bounces, before deeming
	Emergency     bool        `json:"emergency"`                             // has an emergency clause
	SCC           Instrument  `json:"scc"`                                   // the standard contractual clauses it uses
	Digest        string      `json:"digest,omitempty" plain:"digest"`       // of the signed text
	Version       string      `json:"textVersion,omitempty" plain:"version"` // of the terms
}

// Counting is how its days are counted.
func (e AgreementSigned) Counting() Counting { return Counting{Law: e.Law, Zone: e.Zone} }

// Validate reports the first term that makes no sense in any agreement.
func (e AgreementSigned) Validate() error {
	switch {
	case e.NoticeDays < 1 || e.NoticeDays > maxDays:
		return at("noticeDays", fmt.Errorf("expected 1 to %d days", maxDays))
	case e.ObjectionDays < 1 || e.ObjectionDays > maxDays:
		return at("objectionDays", fmt.Errorf("expected 1 to %d days", maxDays))
	case e.GraceDays > maxDays:
		return at("graceDays", fmt.Errorf("expected 0 to %d days", maxDays))
	case e.Until != "" && e.Until < e.Effective:
		return at("until", errors.New("the last day lies before the first"))
	case e.ListEffective != "" && e.List == "":
		return at("list", errors.New("name the list whose version is annexed"))
	}
	if _, err := time.LoadLocation(e.Zone); err != nil || e.Zone == "Local" {
		return at("zone", errors.New("expected a time zone that is known, such as Europe/Berlin"))
	}
	return nil
}

// AgreementAmended replaces the terms from its effective day on.
type AgreementAmended AgreementSigned

// Validate reports the first term that makes no sense.
func (e AgreementAmended) Validate() error { return AgreementSigned(e).Validate() }

// AgreementEnded ends it.
type AgreementEnded struct {
	Effective Date `json:"effective"` // the first day on which it doesn't hold any more
}

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

// AgreedTerms are terms and when they were agreed.
type AgreedTerms struct {
	AgreementSigned
	Agreed Time `json:"agreed"`
}

// Agreement is a tenant's terms. Which of them hold depends on the day: [Agreement.On]. One stream per tenant.
type Agreement struct {
	Agreed []AgreedTerms `json:"agreed,omitempty"` // in the order they were agreed
	Since  Time          `json:"since"`
	Seq    int64         `json:"seq"`
	// Reported: another system says that something of it was decided, and nobody decided it here.
	Reported bool `json:"reported,omitempty"`
}

// Apply folds one kept event.
func (a Agreement) Apply(k Kept) Agreement {
	a.Agreed = slices.Clone(a.Agreed) // folds never share a slice
	switch e := k.Event.(type) {
	case AgreementSigned:
		a.Agreed = append(a.Agreed, AgreedTerms{e, k.Occurred.At})
	case AgreementAmended:
		a.Agreed = append(a.Agreed, AgreedTerms{AgreementSigned(e), k.Occurred.At})
	case Unproven:
		a.Reported = true
		return a
	case AgreementEnded:
		last := Date(e.Effective.Start().Std().AddDate(0, 0, -1).Format(time.DateOnly))
		for i, t := range a.Agreed {
			if t.Until == "" || t.Until > last {
				a.Agreed[i].Until = last
			}
		}
	default:
		return a
	}
	a.Since, a.Seq = k.Occurred.At, k.Seq
	return a
}

// On is the terms that hold on a day: those that began last, of two that began together the later agreed.
func (a Agreement) On(day Date) (terms AgreedTerms, inForce bool) {
	for _, t := range a.Agreed {
		if t.Effective <= day && t.Effective >= terms.Effective {
			terms = t
		}
	}
	return terms, terms.Effective != "" && (terms.Until == "" || day <= terms.Until)
}

// At is [Agreement.On] at an instant, whose day is that of the terms' own zone.
func (a Agreement) At(now Time) (terms AgreedTerms, inForce bool) {
	return a.Seen(Viewpoint{AsOf: now})
}

// Seen is [Agreement.On] on the day asked about.
func (a Agreement) Seen(v Viewpoint) (terms AgreedTerms, inForce bool) {
	for _, t := range slices.Backward(a.Agreed) {
		if found, ok := a.On(v.Day(t.Counting())); ok && found == t {
			return found, true
		}
	}
	return AgreedTerms{}, false
}

// Last is the terms agreed last, whether they hold or not.
func (a Agreement) Last() AgreementSigned {
	if len(a.Agreed) == 0 {
		return AgreementSigned{Model: UnknownModel}
	}
	return a.Agreed[len(a.Agreed)-1].AgreementSigned
}

// open reports whether terms hold now or will.
func (a Agreement) open(now Time) bool {
	return slices.ContainsFunc(a.Agreed, func(t AgreedTerms) bool {
		return t.Until == "" || t.Until >= max(t.Effective, t.Counting().Day(now))
	})
}

// Sign decides to conclude the agreement. annexed is the list version that it names, as published; zero
// when there is no such one.
func (a Agreement) Sign(e AgreementSigned, annexed ListPublished, now Time) ([]Event, *Refusal) {
	if a.open(now) {
		return nil, Refuse("agreement.once", "Art. 28(3) GDPR", "an agreement is in force, or will be: amend it instead")
	}
	if no := e.annexes(annexed); no != nil {
		return nil, no
	}
	return []Event{e}, nil
}

// Amend decides to change the terms.
func (a Agreement) Amend(e AgreementSigned, annexed ListPublished, now Time) ([]Event, *Refusal) {
	if !a.open(now) {
		return nil, Refuse("agreement.active", "Art. 28(3) GDPR", "no agreement is in force: sign one first")
	}
	if no := e.annexes(annexed); no != nil {
		return nil, no
	}
	return []Event{AgreementAmended(e)}, nil
}

// annexes refuses terms that annex a list nobody published: they would authorise nothing, and look as if they did.
func (e AgreementSigned) annexes(list ListPublished) *Refusal {
	if e.List == "" || e.List == list.List && (e.ListEffective == "" || e.ListEffective == list.Effective) {
		return nil
	}
	no := Refuse("agreement.list", "Art. 28(2) GDPR", "no list %s was published; import it first, or name the one that is annexed", e.List)
	if no.Field = "list"; list.List == e.List {
		no.Field, no.Message = "listEffective", fmt.Sprintf("the list %s has no version of %s; name a day from which one of its versions holds", e.List, e.ListEffective)
	}
	return no
}

// End decides to record its end.
func (a Agreement) End(e AgreementEnded, now Time) ([]Event, *Refusal) {
	if !a.open(now) {
		return nil, Refuse("agreement.active", "Art. 28(3) GDPR", "no agreement is in force")
	}
	return []Event{e}, nil
}
