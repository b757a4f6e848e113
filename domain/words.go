package domain

import "slices"

// The lists of words below are open: they grow as law and practice do. A word that this build doesn't know
// is refused where somebody enters it, and kept and shown as it is where it was kept before. How many words
// there are is part of a directory's mark, so that an older build refuses what it would misread.

// ActorRole is in which role somebody acted.
type ActorRole string

// Values lists the roles.
func (ActorRole) Values() []string {
	return []string{"DPO", "OPERATOR", "CUSTOMER", "REGULATOR", "AGENT", "SUBJECT", "REPRESENTATIVE", "AUTHORITY", "SUBPROCESSOR", "AUDITOR", "SYSTEM"}
}

// Auth is one way in which the actor proved itself.
type Auth string

// Values lists the ways.
func (Auth) Values() []string {
	return []string{"PASSWORD", "SECOND_FACTOR", "PIN", "API_KEY", "LINK", "CODE", "SSO", "PASSKEY", "CERTIFICATE"}
}

// Basis is a legal basis: Art. 6(1) GDPR, Art. 9(2) GDPR, Art. 6(1)(ea) UK GDPR, or Art. 31 of the Swiss FADP.
type Basis string

// Values lists the bases, in the order of their letters.
func (Basis) Values() []string {
	return []string{
		"CONSENT", "CONTRACT", "LEGAL_OBLIGATION", "VITAL_INTERESTS", "PUBLIC_TASK", "LEGITIMATE_INTERESTS", // Art. 6(1)(a)-(f)
		"EXPLICIT_CONSENT", "EMPLOYMENT_LAW", "VITAL_INTERESTS_INCAPABLE", "MEMBERS", "MADE_PUBLIC", "LEGAL_CLAIMS", // Art. 9(2)(a)-(f)
		"SUBSTANTIAL_PUBLIC_INTEREST", "HEALTH_CARE", "PUBLIC_HEALTH", "ARCHIVES_RESEARCH", // Art. 9(2)(g)-(j)
		"RECOGNISED_INTERESTS",                                  // Art. 6(1)(ea) UK GDPR
		"CH_PRINCIPLES", "CH_CONSENT", "CH_INTERESTS", "CH_LAW", // Art. 30, 31 FADP
	}
}

// Class says which key seals a personal value, and so what dies together at erasure.
type Class string

// The classes. Values of a person die with the person's keys; text about a matter belongs to the matter,
// the thing whose stream it is kept in, and outlives the erasure of whoever wrote it.
const (
	Contact         Class = "CONTACT"
	InteractionData Class = "INTERACTION"
	ConsentEvidence Class = "CONSENT_EVIDENCE"
	Suppression     Class = "SUPPRESSION"
	Staff           Class = "STAFF"
	BusinessContact Class = "BUSINESS_CONTACT"
	RequestData     Class = "REQUEST"
	BreachText      Class = "BREACH"
	ComplaintText   Class = "COMPLAINT"
	Investigation   Class = "INVESTIGATION"
	CaseText        Class = "CASE"
	Instruction     Class = "INSTRUCTION"
)

// Values lists the classes.
func (Class) Values() []string {
	return []string{"CONTACT", "INTERACTION", "CONSENT_EVIDENCE", "SUPPRESSION", "STAFF", "BUSINESS_CONTACT", "REQUEST",
		"BREACH", "COMPLAINT", "INVESTIGATION", "CASE", "INSTRUCTION"}
}

// PersonClasses lists the classes whose values belong to a person: those that an erasure can name.
func PersonClasses() []string {
	return slices.DeleteFunc(Class("").Values(), func(c string) bool { return Class(c).OfThing() })
}

// OfThing reports whether values of the class belong to the thing whose stream they are kept in.
func (c Class) OfThing() bool {
	switch c {
	case BreachText, ComplaintText, Investigation, CaseText, Instruction:
		return true
	}
	return false
}

// Outlives reports whether what the class seals stays when an account's data is deleted: it proves our own
// duties. Of a word that this build doesn't know it is assumed, since a key can only be destroyed once.
func (c Class) Outlives() bool {
	switch c {
	case Contact, InteractionData, ConsentEvidence, Suppression, Staff, RequestData:
		return false
	}
	return true
}

// words counts the words of the open lists.
func words() int {
	return len(ActorRole("").Values()) + len(Auth("").Values()) + len(Basis("").Values()) + len(Class("").Values())
}
