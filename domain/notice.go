package domain

// The events of one notice: one change, told to one tenant. Guard and authorisation live in this one
// stream (domain.md, 3.2); the state machine is in notice_state.go, its decisions in notice_decide.go.

// NoticePrepared: the notice exists, with the terms of the tenant's agreement that govern it.
type NoticePrepared struct {
	Change        ID          `json:"change"`
	Subprocessor  ID          `json:"subprocessor"`
	Type          ChangeKind  `json:"type"`
	Effective     Date        `json:"effective"`
	Posted        Time        `json:"posted"` // when the change was announced
	Addressee     ID          `json:"addressee,omitempty"`
	Second        ID          `json:"second,omitempty"`              // its agency's contact, who is told too
	Law           string      `json:"law,omitempty" plain:"country"` // that governs the agreement
	Zone          string      `json:"zone,omitempty" plain:"zone"`   // in which its days are counted
	Model         Model       `json:"model"`
	NoticeDays    int64       `json:"noticeDays"`
	ObjectionDays int64       `json:"objectionDays"`
	WindowStart   WindowStart `json:"windowStart"`
	Proof         Proof       `json:"proof"`
	GraceDays     int64       `json:"graceDays"`
	Emergency     bool        `json:"emergency"`
	SCC           Instrument  `json:"scc"`
}

// NoticeChannel is how a notice travels.
type NoticeChannel string

// The channels. OUTBOX is a file in the data directory: nothing was delivered to anybody.
const (
	ByEmail   NoticeChannel = "EMAIL"
	ToOutbox  NoticeChannel = "OUTBOX"
	ByWebhook NoticeChannel = "WEBHOOK"
	ByPage    NoticeChannel = "PAGE"
)

// Values lists the channels.
func (NoticeChannel) Values() []string { return []string{"EMAIL", "OUTBOX", "WEBHOOK", "PAGE"} }

// NoticeSent: one attempt was made.
type NoticeSent struct {
	Channel NoticeChannel `json:"channel"`
	Attempt int64         `json:"attempt"` // from 1
}

// NoticeFailed: the attempt failed and will be repeated, or not.
type NoticeFailed struct {
	Channel NoticeChannel `json:"channel"`
	Attempt int64         `json:"attempt"`
	Reason  string        `json:"reason" plain:"word"`
	Final   bool          `json:"final"`
}

// NoticeProven: a proof of delivery. FETCHED is recorded but never evidence.
type NoticeProven struct {
	Channel NoticeChannel `json:"channel"`
	Level   Proof         `json:"level"`
}

// NoticeBounced: it came back after it had been handed over.
type NoticeBounced struct {
	Channel NoticeChannel `json:"channel"`
	Code    string        `json:"code" plain:"version"` // enhanced status code, such as 5.1.1
}

// WindowOpened: the objection window runs. Contractual counts from what the agreement names,
// Delivered from the proven delivery; the guard takes the later.
type WindowOpened struct {
	Trigger     WindowStart `json:"trigger"`
	Contractual Time        `json:"contractual"`
	Delivered   Time        `json:"delivered"`
	Closes      Time        `json:"closes"`
	Rule        DayRule     `json:"rule"` // what decided about the last day
}

// ReminderSent: the tenant was reminded.
type ReminderSent struct {
	Channel NoticeChannel `json:"channel"`
}

// By is how somebody answered, and so with which proof of who it was: a link alone, a link and a one-time
// code, signed in; or on paper, by e-mail or telephone, as our DPO entered it.
type By string

// The ways to answer.
const (
	ByLink      By = "LINK"
	ByLinkCode  By = "LINK_AND_CODE"
	BySignIn    By = "SIGNED_IN"
	ByLetter    By = "LETTER"
	ByMessage   By = "EMAIL"
	ByTelephone By = "TELEPHONE"
)

// Values lists the ways.
func (By) Values() []string {
	return []string{"LINK", "LINK_AND_CODE", "SIGNED_IN", "LETTER", "EMAIL", "TELEPHONE"}
}

// Entered reports whether somebody of ours entered the answer.
func (b By) Entered() bool { return b == ByLetter || b == ByMessage || b == ByTelephone }

// Ground is why somebody objects.
type Ground string

// Values lists the grounds.
func (Ground) Values() []string {
	return []string{"LOCATION", "SECURITY", "CONFLICT_OF_INTEREST", "LAW", "CONTRACT", "OTHER"}
}

// ObjectionRaised: the tenant objects. Whether it was late nobody states: the fold computes it from when
// it was received.
type ObjectionRaised struct {
	Ground   Ground   `json:"ground"`
	Text     Personal `json:"text" class:"CASE"` // free text can name people; it is the notice's, and outlives whoever wrote it
	By       By       `json:"by"`
	Received Date     `json:"received,omitempty"`                // of one that was entered: when it reached us
	Evidence string   `json:"evidence,omitempty" plain:"digest"` // of that letter, e-mail or note of the call
	OnTheir  ID       `json:"onBehalf,omitempty"`                // the sub-account an agency answers for
}

// ObjectionAnswered: we answered.
type ObjectionAnswered struct {
	Digest string `json:"digest,omitempty" plain:"digest"`
}

// MitigationAgreed: both agreed on a measure; the objection is settled.
type MitigationAgreed struct {
	Digest string `json:"digest,omitempty" plain:"digest"`
}

// ObjectionWithdrawn: the tenant took it back.
type ObjectionWithdrawn struct {
	By By `json:"by"`
}

// NoticeAuthorised: an explicit yes.
type NoticeAuthorised struct {
	By      By `json:"by"`
	OnTheir ID `json:"onBehalf,omitempty"`
}

// DeemedAuthorised: silence until the window closed, under a general authorisation.
type DeemedAuthorised struct {
	Closed Time `json:"closed"`
}

// TerminationExercised: the tenant leaves over it.
type TerminationExercised struct{}

// Activated: the sub-processor is used for this tenant from now on.
type Activated struct{}

// EmergencyInvoked: used before authorisation, under the agreement's emergency clause. It stays
// UNPROVEN, and conflicts with the clause on sub-processors of standard contractual clauses.
type EmergencyInvoked struct {
	Reason    string     `json:"reason" plain:"word"`
	Conflicts Instrument `json:"conflicts"` // whose clause knows no such exception; NONE: no conflict
}

// EngagementBlocked: it will not be used for this tenant.
type EngagementBlocked struct {
	Reason string `json:"reason" plain:"word"`
}

// NoticeWithdrawn: the change was withdrawn; the tenant is told.
type NoticeWithdrawn struct{}

// Kind is the wire name.
func (NoticePrepared) Kind() string { return "notice.prepared" }

// Kind is the wire name.
func (NoticeSent) Kind() string { return "notice.sent" }

// Kind is the wire name.
func (NoticeFailed) Kind() string { return "notice.failed" }

// Kind is the wire name.
func (NoticeProven) Kind() string { return "notice.proven" }

// Kind is the wire name.
func (NoticeBounced) Kind() string { return "notice.bounced" }

// Kind is the wire name.
func (WindowOpened) Kind() string { return "notice.window_opened" }

// Kind is the wire name.
func (ReminderSent) Kind() string { return "notice.reminder_sent" }

// Kind is the wire name.
func (ObjectionRaised) Kind() string { return "notice.objection_raised" }

// Kind is the wire name.
func (ObjectionAnswered) Kind() string { return "notice.objection_answered" }

// Kind is the wire name.
func (MitigationAgreed) Kind() string { return "notice.mitigation_agreed" }

// Kind is the wire name.
func (ObjectionWithdrawn) Kind() string { return "notice.objection_withdrawn" }

// Kind is the wire name.
func (NoticeAuthorised) Kind() string { return "notice.authorised" }

// Kind is the wire name.
func (DeemedAuthorised) Kind() string { return "notice.deemed_authorised" }

// Kind is the wire name.
func (TerminationExercised) Kind() string { return "notice.termination_exercised" }

// Kind is the wire name.
func (Activated) Kind() string { return "notice.activated" }

// Kind is the wire name.
func (EmergencyInvoked) Kind() string { return "notice.emergency_invoked" }

// Kind is the wire name.
func (EngagementBlocked) Kind() string { return "notice.engagement_blocked" }

// Kind is the wire name.
func (NoticeWithdrawn) Kind() string { return "notice.withdrawn" }

var noticeKinds = []Type{
	kind[NoticePrepared]("notice", "28(2)", "A notice to one tenant exists.").decided(),
	kind[NoticeSent]("notice", "28(2)", "One attempt to deliver it was made.").decided(),
	kind[NoticeFailed]("notice", "28(2)", "An attempt failed.").decided(),
	kind[NoticeProven]("notice", "28(2)", "A proof of delivery.").decided(),
	kind[NoticeBounced]("notice", "28(2)", "It came back.").decided(),
	kind[WindowOpened]("notice", "28(2)", "The objection window runs.").decided(),
	kind[ReminderSent]("notice", "28(2)", "The tenant was reminded.").decided(),
	kind[ObjectionRaised]("notice", "28(2)", "The tenant objects.").decided(),
	kind[ObjectionAnswered]("notice", "28(2)", "We answered the objection.").decided(),
	kind[MitigationAgreed]("notice", "28(2)", "A measure settles the objection.").decided(),
	kind[ObjectionWithdrawn]("notice", "28(2)", "The tenant took it back.").decided(),
	kind[NoticeAuthorised]("notice", "28(2)", "An explicit yes.").decided(),
	kind[DeemedAuthorised]("notice", "28(2)", "Silence until the window closed authorises.").decided(),
	kind[TerminationExercised]("notice", "28(2)", "The tenant leaves over it.").decided(),
	kind[Activated]("notice", "28(2)", "The sub-processor is used for this tenant.").decided(),
	kind[EmergencyInvoked]("notice", "28(2)", "Used before authorisation, in an emergency.").decided(),
	kind[EngagementBlocked]("notice", "28(2)", "It will not be used for this tenant.").decided(),
	kind[NoticeWithdrawn]("notice", "28(2)", "The change was withdrawn.").decided(),
}
