package domain

// NoticeStatus is one word for lists: how far one notice has come. It has no clock: a window that is
// over stays WINDOW_OPEN until silence is deemed or somebody answers; [Notice.WindowOver] asks by time.
type NoticeStatus string

// The states. Where several hold, the first of this list is shown: what ended it, then what is
// contested, then how far it came.
const (
	NoticeIsWithdrawn  NoticeStatus = "WITHDRAWN"   // the change will not happen
	NoticeIsTerminated NoticeStatus = "TERMINATED"  // the tenant leaves over it
	NoticeIsBlocked    NoticeStatus = "BLOCKED"     // it will not be used for this tenant
	NoticeIsObjected   NoticeStatus = "OBJECTED"    // an objection waits for our answer
	NoticeIsAnswered   NoticeStatus = "ANSWERED"    // we answered; an objection made in time still holds
	NoticeIsActivated  NoticeStatus = "ACTIVATED"   // used for this tenant
	NoticeIsAuthorised NoticeStatus = "AUTHORISED"  // an explicit yes
	NoticeIsDeemed     NoticeStatus = "DEEMED"      // silence authorised it
	NoticeIsEmergency  NoticeStatus = "EMERGENCY"   // used under the emergency clause, not authorised yet
	NoticeIsBounced    NoticeStatus = "BOUNCED"     // it came back or failed for good and no proof stands: a task
	NoticeIsOpen       NoticeStatus = "WINDOW_OPEN" // delivered as agreed; the tenant may object
	NoticeIsSent       NoticeStatus = "SENT"        // on its way, not proven as agreed
	NoticeIsPrepared   NoticeStatus = "PREPARED"    // nothing was sent yet
)

// Values lists the states.
func (NoticeStatus) Values() []string {
	return []string{"WITHDRAWN", "TERMINATED", "BLOCKED", "OBJECTED", "ANSWERED", "ACTIVATED",
		"AUTHORISED", "DEEMED", "EMERGENCY", "BOUNCED", "WINDOW_OPEN", "SENT", "PREPARED"}
}

// ObjectionState is where an objection stands.
type ObjectionState string

// The states of an objection.
const (
	ObjectionNone    ObjectionState = "NONE"
	ObjectionOpen    ObjectionState = "OPEN"
	ObjectionReplied ObjectionState = "ANSWERED"
	ObjectionSettled ObjectionState = "MITIGATED"
	ObjectionRevoked ObjectionState = "WITHDRAWN"
)

// Values lists the states.
func (ObjectionState) Values() []string {
	return []string{"NONE", "OPEN", "ANSWERED", "MITIGATED", "WITHDRAWN"}
}

// AuthorityBasis is what the use of a sub-processor for one tenant rests on (Art. 28(2) GDPR;
// domain.md, 3.2 rule 0).
type AuthorityBasis string

// The bases. AT_SIGNATURE never comes from a notice: [AuthorisedAtSignature] decides it.
const (
	NoAuthority       AuthorityBasis = "NONE"         // not authorised and not used
	UnprovenAuthority AuthorityBasis = "UNPROVEN"     // a finding: unknown model, emergency, or used without a yes
	ExplicitAuthority AuthorityBasis = "SPECIFIC"     // an explicit yes
	DeemedAuthority   AuthorityBasis = "DEEMED"       // silence under a general authorisation
	AnnexedAuthority  AuthorityBasis = "AT_SIGNATURE" // on the list annexed to the agreement
)

// Values lists the bases.
func (AuthorityBasis) Values() []string {
	return []string{"NONE", "UNPROVEN", "SPECIFIC", "DEEMED", "AT_SIGNATURE"}
}

// Authorises reports whether the basis allows use.
func (b AuthorityBasis) Authorises() bool {
	return b == ExplicitAuthority || b == DeemedAuthority || b == AnnexedAuthority
}

// AtLeast reports whether p is evidence of the asked level. An agreement that asks for nothing, or
// for FETCHED, which is evidence of nothing, is held to the default ACCEPTED: a window that nobody
// can prove was opened can't be relied on (Art. 5(2) GDPR).
func (p Proof) AtLeast(asked Proof) bool {
	if asked.rank() == 0 {
		asked = Accepted
	}
	return p.rank() >= asked.rank()
}

func (p Proof) rank() int {
	return map[Proof]int{HandedOver: 1, Accepted: 2, Acknowledged: 3}[p]
}

// OnlyTold reports whether the change needs no authorisation: a removal takes access away, so the
// tenant is told, not asked (domain.md, 3.2 rule 7). All other kinds need one, a rename too, because
// a new name can hide a new company.
func (c ChangeKind) OnlyTold() bool { return c == Remove }

// Engages reports whether the change brings in a company that had no access before.
func (c ChangeKind) Engages() bool { return c == AddSubprocessor || c == ReplaceBy }

// Reaches reports whether the channel carries the notice to somebody. A file in the outbox and a
// public page reach nobody by themselves.
func (c NoticeChannel) Reaches() bool { return c == ByEmail || c == ByWebhook }
