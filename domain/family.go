package domain

import "slices"

// Family is what a retention schedule speaks of: kinds of events that are kept for the same reason, and
// so for the same time.
type Family string

// The families. The first ones end; the others are kept as long as the ledger.
const (
	Interactions Family = "INTERACTIONS"
	Accesses     Family = "ACCESSES"
	Consents     Family = "CONSENTS"
	Exports      Family = "EXPORTS"
	SignIns      Family = "SIGN_INS"
	People       Family = "PEOPLE"
	Accounts     Family = "ACCOUNTS"
	Register     Family = "REGISTER"
	Erasures     Family = "ERASURES"
	Integrity    Family = "INTEGRITY"
)

// Values lists the families.
func (Family) Values() []string {
	list := make([]string, len(families))
	for i, f := range families {
		list[i] = string(f.Family)
	}
	return list
}

// Ending is how it is told that nothing needs an event of a family any more.
type Ending string

// The endings.
const (
	Never      Ending = "NEVER"       // as long as the ledger
	OneByOne   Ending = "ONE_BY_ONE"  // each by its own age: nothing is folded from it
	WithStream Ending = "WITH_STREAM" // when its thing is over, and the thing's last event is old enough
)

// Values lists the endings.
func (Ending) Values() []string { return []string{"NEVER", "ONE_BY_ONE", "WITH_STREAM"} }

// Terms are what holds for a family where nobody decided otherwise. They are a default, not legal advice.
type Terms struct {
	Family Family
	Ends   Ending
	Period Period // "" for what never ends
	Ground string // why so long; for what never ends, why never
	// Class is sealed apart, one key for each thing, so its keys may go earlier than the payloads; "" for
	// none. Other classes share a key among all events of a person: they go when the person is erased.
	Class Class
	Kinds []string
}

var families = []Terms{
	{Family: Interactions, Ends: WithStream, Period: "P3Y", Class: InteractionData, Ground: "Art. 5(1)(e) GDPR; claims lapse after three years as a rule (§ 195 BGB)",
		Kinds: []string{"interaction.edited", "interaction.recorded", "interaction.redacted", "interaction.updated"}},
	{Family: Accesses, Ends: OneByOne, Period: "P3Y", Ground: "Art. 5(2), 15(1) GDPR, C-579/21; claims lapse after three years as a rule (§ 195 BGB)",
		Kinds: []string{"audit.ledger_queried", "interaction.downloaded", "interaction.listened", "interaction.viewed"}},
	{Family: Consents, Ends: WithStream, Period: "P5Y",
		Ground: "Art. 7(1) GDPR: a default, which the customer's instruction changes. § 7a UWG asks five years, from the grant and from each use, of telephone advertising to consumers in Germany only",
		Kinds:  []string{"consent.expired", "consent.granted", "consent.invalidated", "consent.receipt_issued", "consent.refused", "consent.requested", "consent.withdrawn"}},
	{Family: Exports, Ends: WithStream, Period: "P3Y", Ground: "Art. 5(2), 32 GDPR; claims lapse after three years as a rule (§ 195 BGB)",
		Kinds: []string{"export.approved", "export.delivered", "export.downloaded", "export.expired", "export.generated", "export.requested"}},
	{Family: SignIns, Ends: OneByOne, Period: "P1Y", Ground: "Art. 5(1)(e), 32 GDPR; logs of access for six months to a year (CNIL, recommendation 2021-122)",
		Kinds: []string{"audit.credentials_refused", "audit.link_used", "user.sign_in_failed", "user.signed_in"}},
	{Family: People, Ends: Never, Ground: "who somebody is, as long as anything here names them; people, staff and contacts go by erasure (Art. 17 GDPR)",
		Kinds: []string{"subject.identifier_attached", "subject.identifier_detached", "user.confidentiality_committed", "user.disabled", "user.enrolled", "user.role_changed",
			"user.second_factor_enrolled", "user.second_factor_removed"}},
	{Family: Accounts, Ends: Never, Ground: "our own duties towards an account: agreement, notices, instructions, its deletion (Art. 5(2), 28 GDPR)",
		Kinds: []string{"agreement.amended", "agreement.ended", "agreement.signed",
			"notice.activated", "notice.authorised", "notice.bounced", "notice.deemed_authorised", "notice.emergency_invoked", "notice.engagement_blocked", "notice.failed", "notice.mitigation_agreed",
			"notice.objection_answered", "notice.objection_raised", "notice.objection_withdrawn", "notice.prepared", "notice.proven", "notice.reminder_sent", "notice.sent", "notice.termination_exercised",
			"notice.window_opened", "notice.withdrawn", "retention.policy_disabled", "retention.policy_set", "retention.run_completed",
			"tenant.contact_designated", "tenant.deletion_certified", "tenant.deletion_requested", "tenant.keys_destroyed", "tenant.legal_basis_declared", "tenant.mandate_ended", "tenant.mandate_recorded", "tenant.offboarded",
			"tenant.onboarded", "tenant.role_declared"}},
	{Family: Register, Ends: Never, Ground: "who our sub-processors were on any day, and who we are (Art. 13(1)(e), 28(2), 30 GDPR)",
		Kinds: []string{"organisation.dpo_appointed", "organisation.established", "organisation.representative_appointed",
			"subprocessor.change_announced", "subprocessor.change_withdrawn", "subprocessor.deletion_confirmed", "subprocessor.due_diligence_completed", "subprocessor.ended", "subprocessor.flow_down_signed", "subprocessor.list_published", "subprocessor.list_withdrawn",
			"subprocessor.proposed", "subprocessor.suspended"}},
	{Family: Erasures, Ends: Never, Ground: "what was destroyed, on whose word, and what must be kept or never contacted again (Art. 5(2), 17(3), 21(3) GDPR)",
		Kinds: []string{"disposal.completed", "disposal.ordered", "disposal.period_set", "interaction.keys_destroyed", "strike.approved", "strike.completed", "strike.proposed",
			"subject.erasure_completed", "subject.erasure_requested", "subject.hold_lifted", "subject.hold_placed", "subject.identifiers_suppressed", "subject.keys_destroyed"}},
	{Family: Integrity, Ends: Never, Ground: "what shows that the ledger is whole, and which reports were made from it (Art. 5(2), 32 GDPR)",
		Kinds: []string{"audit.credential_made", "audit.credential_revoked", "audit.report_generated", "audit.service_started", "epoch.sealed", "epoch.withdrawn", "finding.closed", "finding.raised", "log.key_added", "log.key_retired", "vault.epoch_rotated", "vault.erasures_entered", "vault.tail_lost"}},
}

// Terms are the family's; ok is false for a word that names none.
func (f Family) Terms() (t Terms, ok bool) {
	i := slices.IndexFunc(families, func(t Terms) bool { return t.Family == f })
	if i < 0 {
		return Terms{}, false
	}
	return families[i], true
}

// FamilyOf is the family that a kind is in.
func FamilyOf(kind string) (Family, bool) {
	for _, t := range families {
		if slices.Contains(t.Kinds, kind) {
			return t.Family, true
		}
	}
	return "", false
}

// HeldBack is why an event that is old enough isn't disposed of.
type HeldBack string

// The reasons: a legal hold on somebody it is about (Art. 17(3)(b), (e)); what it tells still binds; its
// thing was in use since.
const (
	NotHeld HeldBack = ""
	OnHold  HeldBack = "HOLD"
	Binding HeldBack = "BINDING"
	InUse   HeldBack = "IN_USE"
)

// Keeps tells why the history of a thing keeps a family's events although each is old enough: it is not
// over, or something of it happened since. What only followed from an erasure is no use of it.
func (t Terms) Keeps(history []Kept, occurredBefore Time) HeldBack {
	if t.Ends != WithStream {
		return NotHeld
	}
	var consent Consent
	var export Export
	for _, k := range InOrder(history) {
		family, _ := FamilyOf(k.Kind)
		if terms, _ := family.Terms(); terms.Ends != Never && k.Occurred.Over() >= occurredBefore {
			return InUse
		}
		consent, export = consent.Apply(k), export.Apply(k)
	}
	switch {
	case t.Family == Consents && consent.Status == ConsentActive,
		t.Family == Exports && (export.Status == ExportAsked || export.Status == ExportAgreed || export.Status == ExportMade):
		return Binding
	}
	return NotHeld
}
