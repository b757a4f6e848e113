package domain

const priorAuthorisation = "Art. 28(2) GDPR"

// article is where the rules of this notice come from.
func (n Notice) article() string {
	if clause := n.Terms.SCC.Clause(); clause != "" {
		return priorAuthorisation + "; " + clause
	}
	return priorAuthorisation
}

func (n Notice) known() *Refusal {
	if !n.Exists() {
		return &Refusal{Code: NotFound, Rule: "notice.known", Article: priorAuthorisation,
			Message: "there is no such notice; announce the change, its notices are prepared from it"}
	}
	return nil
}

// undecided refuses a notice that is unknown, or that came to its end.
func (n Notice) undecided() *Refusal {
	if no := n.known(); no != nil {
		return no
	}
	ended := ""
	switch {
	case n.Withdrawn != 0:
		ended = "this change was withdrawn on " + string(dayOf(n.Withdrawn))
	case n.Terminated != 0:
		ended = "this tenant gave notice of termination over it on " + string(dayOf(n.Terminated))
	case n.Blocked != 0:
		ended = "it was blocked for this tenant on " + string(dayOf(n.Blocked))
	default:
		return nil
	}
	return Refuse("notice.over", n.article(), "%s, so there is nothing left to decide; announce a new change to begin again", ended)
}

// Recipient is whom a notice is for.
type Recipient struct {
	Agreement Agreement
	Addressee ID // zero when the account has named no contact for notices
	Second    ID // of a sub-account: its agency's contact
	// Agency is the agreement of the account's agency. Under module 3 the agency is a processor, and the
	// account behind it the controller, who is informed and may object on the terms of that agreement.
	Agency Agreement
}

// terms is the agreement that governs the notice: in force when the change was posted, or when it takes effect.
func (r Recipient) terms(posted, effective Time) (AgreedTerms, bool) {
	for _, at := range []Time{posted, effective} {
		if own, inForce := r.Agreement.At(at); inForce {
			return own, true
		}
		if agency, inForce := r.Agency.At(at); inForce && agency.SCC == SCCModule3 {
			return agency, true
		}
	}
	return AgreedTerms{}, false
}

// Prepare decides to make the notice of an announced change, under the terms of the agreement that
// governs it. Without one the model is UNKNOWN and the other terms are the defaults.
func (n Notice) Prepare(subprocessor ID, change ChangeAnnounced, posted Time, to Recipient) ([]Event, *Refusal) {
	if n.Exists() {
		return nil, Refuse("notice.once", priorAuthorisation, "this tenant's notice of the change was prepared on %s already; send that one", dayOf(n.Prepared))
	}
	e := NoticePrepared{
		Change: change.Change, Subprocessor: subprocessor, Type: change.Type, Effective: change.Effective, Posted: posted,
		Addressee: to.Addressee, Second: to.Second, Model: UnknownModel, WindowStart: OnDelivery, Proof: Accepted, SCC: NoInstrument,
	}
	if t, inForce := to.terms(posted, change.Effective.Start()); inForce {
		e.NoticeDays, e.ObjectionDays, e.GraceDays, e.Emergency, e.SCC = t.NoticeDays, t.ObjectionDays, t.GraceDays, t.Emergency, t.SCC
		e.Model, e.WindowStart, e.Law, e.Zone = t.Model, t.WindowStart, t.Law, t.Zone
		if t.Proof.rank() > 0 { // see [Proof.AtLeast]
			e.Proof = t.Proof
		}
	}
	return []Event{e}, nil
}

// Attempted decides to record one attempt to deliver it. After the change was withdrawn, only
// those who were told are told so.
func (n Notice) Attempted(channel NoticeChannel) ([]Event, *Refusal) {
	if no := n.known(); no != nil {
		return nil, no
	}
	if n.Withdrawn != 0 && !n.Told() {
		return nil, Refuse("notice.over", n.article(), "the change was withdrawn before this tenant was told of it; there is nothing to send")
	}
	d, _ := n.delivery(channel)
	return []Event{NoticeSent{Channel: channel, Attempt: d.Attempts + 1}}, nil
}

func (n Notice) sentBy(channel NoticeChannel) (Delivery, *Refusal) {
	if no := n.known(); no != nil {
		return Delivery{}, no
	}
	d, _ := n.delivery(channel)
	if d.Attempts == 0 {
		return d, Refuse("notice.sent", n.article(), "nothing was sent to this tenant by %s; record the attempt first", channel)
	}
	return d, nil
}

// Failed decides to record that the last attempt failed. Final: it will not be repeated.
func (n Notice) Failed(channel NoticeChannel, reason string, final bool) ([]Event, *Refusal) {
	d, no := n.sentBy(channel)
	if no != nil {
		return nil, no
	}
	return []Event{NoticeFailed{Channel: channel, Attempt: d.Attempts, Reason: reason, Final: final}}, nil
}

// Proven decides to record a machine's proof of delivery. The first one of the agreed level opens
// the window.
func (n Notice) Proven(level Proof, channel NoticeChannel, now Time) ([]Event, *Refusal) {
	if no := n.known(); no != nil {
		return nil, no
	}
	if level == Fetched {
		return n.proven(level, channel, now), nil // kept, and never evidence
	}
	if level != HandedOver && level != Accepted {
		return nil, Refuse("notice.proof", n.article(), "%s is nothing a machine can prove; a person acknowledges the notice on its page", level)
	}
	if !channel.Reaches() {
		return nil, Refuse("notice.proof", n.article(), "%s delivers to nobody, so it can't prove %s; send the notice by e-mail or webhook", channel, level)
	}
	if _, no := n.sentBy(channel); no != nil {
		return nil, no
	}
	return n.proven(level, channel, now), nil
}

func (n Notice) proven(level Proof, channel NoticeChannel, now Time) []Event {
	events := []Event{NoticeProven{Channel: channel, Level: level}}
	ended := n.Withdrawn != 0 || n.Terminated != 0 || n.Blocked != 0
	if level.AtLeast(n.Terms.Proof) && !n.Window.IsOpen() && !ended {
		events = append(events, n.openWindow(now))
	}
	return events
}

// Bounced decides to record that it came back. It only lowers what was proven on that channel.
func (n Notice) Bounced(channel NoticeChannel, code string) ([]Event, *Refusal) {
	if _, no := n.sentBy(channel); no != nil {
		return nil, no
	}
	return []Event{NoticeBounced{Channel: channel, Code: code}}, nil
}

// Acknowledge decides to record that a person of the tenant confirmed having the notice, by an
// explicit POST; the link in the notice is proof enough of who.
func (n Notice) Acknowledge(a Answer, now Time) ([]Event, *Refusal) {
	if no := n.known(); no != nil {
		return nil, no
	}
	if no := n.ownWord(a); no != nil {
		return nil, no
	}
	if n.Level == Acknowledged {
		return nil, Refuse("notice.once", n.article(), "this notice was acknowledged already; nothing more is needed")
	}
	return n.proven(Acknowledged, ByPage, now), nil
}

// Block decides that it will not be used for this tenant, or no longer.
func (n Notice) Block(reason string) ([]Event, *Refusal) {
	if no := n.undecided(); no != nil {
		return nil, no
	}
	return []Event{EngagementBlocked{Reason: reason}}, nil
}

// Withdraw decides that the change will not happen for this tenant. Whoever was told is told so.
func (n Notice) Withdraw() ([]Event, *Refusal) {
	if no := n.known(); no != nil {
		return nil, no
	}
	if n.Withdrawn != 0 {
		return nil, Refuse("notice.once", n.article(), "this change was withdrawn on %s already", dayOf(n.Withdrawn))
	}
	if n.InUse() || n.Activated != 0 && n.Terms.Type.OnlyTold() {
		return nil, Refuse("notice.inUse", n.article(), "the change took effect for this tenant already and can't be withdrawn; announce a new change that undoes it")
	}
	return []Event{NoticeWithdrawn{}}, nil
}
