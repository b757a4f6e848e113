package domain

const customer ActorRole = "CUSTOMER"

// Answer is who answers a notice, and with which proof of who it is.
type Answer struct {
	Actor    Actor
	By       By
	OnBehalf ID   // the sub-account for which an agency answers; zero for one's own account
	Mandated bool // that account has recorded the agency's mandate
}

// mandate refuses an answer for another account without its recorded mandate.
func (n Notice) mandate(a Answer) *Refusal {
	switch {
	case a.OnBehalf.IsZero():
		return nil
	case a.OnBehalf != n.Tenant:
		return Refuse("notice.mandate", n.article(), "this notice was given to another account than the one answered for; answer that account's own notice")
	case !a.Mandated:
		return Refuse("notice.mandate", n.article(), "an agency's answer binds a sub-account only under a recorded mandate; record the mandate, or let the sub-account answer")
	}
	return nil
}

// ownWord refuses anybody but a person of the tenant: we can't acknowledge or agree for those whose
// decision it is.
func (n Notice) ownWord(a Answer) *Refusal {
	if a.Actor.Kind != Person || a.Actor.Role != customer {
		return &Refusal{Code: Unauthorised, Rule: "notice.person", Article: n.article(),
			Message: "only a person of this tenant can say so; ask its contact for notices to do it"}
	}
	return n.mandate(a)
}

// identified refuses a link alone, which whoever reads the mailbox can follow.
func (n Notice) identified(a Answer) *Refusal {
	if a.By != ByLinkCode && a.By != BySignIn {
		return &Refusal{Code: Unauthorised, Rule: "notice.identity", Article: n.article(),
			Message: "a link alone is enough to acknowledge or to object, not to agree; sign in, or ask for a one-time code and enter it"}
	}
	return n.ownWord(a)
}

// objectable refuses where no objection can be taken: it is taken at any time while the notice stands,
// even when the sub-processor is in use.
func (n Notice) objectable() *Refusal {
	if no := n.undecided(); no != nil {
		return no
	}
	if n.Objection.State == ObjectionOpen {
		return Refuse("notice.objection", n.article(), "an objection of %s is open already; it must be answered first", dayOf(n.Objection.At))
	}
	return nil
}

// Object decides to take an objection.
func (n Notice) Object(ground Ground, text Personal, a Answer) ([]Event, *Refusal) {
	if no := n.objectable(); no != nil {
		return nil, no
	}
	if no := n.mandate(a); no != nil {
		return nil, no
	}
	return []Event{ObjectionRaised{Ground: ground, Text: text, By: a.By, OnTheir: a.OnBehalf}}, nil
}

// EnterObjection decides to take an objection that reached us by letter, e-mail or telephone. It counts
// from the day it was received; the evidence of it is named by its digest.
func (n Notice) EnterObjection(e ObjectionRaised, now Time) ([]Event, *Refusal) {
	if no := n.objectable(); no != nil {
		return nil, no
	}
	switch days := n.Terms.Counting(); {
	case !e.By.Entered():
		return nil, Malformed("channel", "expected LETTER, EMAIL or TELEPHONE; who answers by link or signs in answers for itself")
	case e.Evidence == "":
		return nil, Refuse("notice.evidence", "Art. 5(2), 28(2) GDPR", "an objection that we enter ourselves needs its evidence; give the digest of the letter, the e-mail or the note of the call")
	case e.Received > days.Day(now):
		return nil, Malformed("received", "lies in the future")
	case e.Received < days.Day(n.Prepared):
		return nil, Malformed("received", "lies before this notice, which was prepared on %s", days.Day(n.Prepared))
	}
	return []Event{e}, nil
}

// AnswerObjection decides to record our answer, by the digest of its text if there is one. It settles
// nothing: only the tenant can, or a block.
func (n Notice) AnswerObjection(digest string) ([]Event, *Refusal) {
	if no := n.undecided(); no != nil {
		return nil, no
	}
	if n.Objection.State != ObjectionOpen {
		return nil, Refuse("notice.objection", n.article(), "no objection waits for an answer")
	}
	return []Event{ObjectionAnswered{Digest: digest}}, nil
}

func (n Notice) contested() *Refusal {
	if no := n.undecided(); no != nil {
		return no
	}
	if !n.Objection.Holds() {
		return Refuse("notice.objection", n.article(), "this tenant has no objection pending; one must be raised first")
	}
	return nil
}

// AgreeMitigation decides to record the measure that settles an objection. It is our record of
// their consent, so it names the document in which both agreed.
func (n Notice) AgreeMitigation(digest string) ([]Event, *Refusal) {
	if no := n.contested(); no != nil {
		return nil, no
	}
	if digest == "" {
		return nil, Refuse("notice.mitigation", "Art. 5(2), 28(2) GDPR", "a settled objection needs evidence; give the digest of the document in which both agreed on the measure")
	}
	return []Event{MitigationAgreed{Digest: digest}}, nil
}

// WithdrawObjection decides that the tenant takes its objection back. Silence may then authorise, so
// a link alone is not enough.
func (n Notice) WithdrawObjection(a Answer) ([]Event, *Refusal) {
	if no := n.contested(); no != nil {
		return nil, no
	}
	if no := n.identified(a); no != nil {
		return nil, no
	}
	return []Event{ObjectionWithdrawn{By: a.By}}, nil
}

// Terminate decides that the tenant exercises its right to leave over the change.
func (n Notice) Terminate(a Answer) ([]Event, *Refusal) {
	if no := n.contested(); no != nil {
		return nil, no
	}
	if no := n.mandate(a); no != nil {
		return nil, no
	}
	return []Event{TerminationExercised{}}, nil
}

// Authorise decides to take an explicit yes.
func (n Notice) Authorise(a Answer) ([]Event, *Refusal) {
	if no := n.undecided(); no != nil {
		return nil, no
	}
	if no := n.asked(); no != nil {
		return nil, no
	}
	if no := n.identified(a); no != nil {
		return nil, no
	}
	if n.Authority.Basis == ExplicitAuthority {
		return nil, Refuse("notice.once", n.article(), "this tenant authorised it on %s already", dayOf(n.Authority.At))
	}
	if n.Objection.Holds() {
		return nil, Refuse("notice.objection", n.article(), "this tenant's objection of %s still stands; withdraw it first, then authorise", dayOf(n.Objection.At))
	}
	return []Event{NoticeAuthorised{By: a.By, OnTheir: a.OnBehalf}}, nil
}

// asked refuses a yes to a change that is only told.
func (n Notice) asked() *Refusal {
	if n.Terms.Type.OnlyTold() {
		return Refuse("notice.told", n.article(), "a removal is told, not asked, so there is nothing to authorise; it takes effect on %s", n.Terms.Effective)
	}
	return nil
}
