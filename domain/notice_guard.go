package domain

import "fmt"

// Deem decides that silence authorised the change: only under a general authorisation, only after a
// delivery that still stands, the whole window and the days of grace, and only for a company that may be
// used (domain.md, 3.2 rules 2 to 5, 15). company is the sub-processor as its own stream tells it.
func (n Notice) Deem(company Subprocessor, now Time) ([]Event, *Refusal) {
	if no := n.undecided(); no != nil {
		return nil, no
	}
	if no := n.asked(); no != nil {
		return nil, no
	}
	switch n.Authority.Basis {
	case ExplicitAuthority, DeemedAuthority:
		return nil, Refuse("notice.once", n.article(), "this tenant's authorisation is on record since %s already", dayOf(n.Authority.At))
	}
	if no := company.usable(n.Terms.Change); no != nil {
		return nil, no
	}
	if no := n.silent(now); no != nil {
		return nil, no
	}
	return []Event{DeemedAuthorised{Closed: n.Window.Closes}}, nil
}

// silent refuses while silence says nothing.
func (n Notice) silent(now Time) *Refusal {
	switch {
	case n.Terms.Model == Specific:
		return Refuse("notice.silence", n.article(), "this tenant authorises each change expressly, so silence is a refusal; ask its contact for an explicit yes")
	case n.Terms.Model != General:
		return Refuse("notice.model", n.article(), "how this tenant authorises is unknown, and unknown is never general; get an explicit yes, or record its agreement before the next change")
	case !n.Window.IsOpen():
		return Refuse("notice.window", n.article(), "no delivery with proof %s is on record, so the window to object never opened; deliver the notice first", n.Terms.Proof)
	case n.Suspended():
		return Refuse("notice.bounced", n.article(), "the notice came back, so silence says nothing; deliver it again, or have it acknowledged")
	case n.Objection.Holds():
		return Refuse("notice.objection", n.article(), "this tenant's objection of %s still stands, so it is not silent; agree on a measure with it, or block the engagement", dayOf(n.Objection.At))
	case !n.WindowOver(now):
		return Refuse("notice.window", n.article(), "this tenant may object until %s; wait, or ask for an explicit yes", n.end(n.Window.Closes))
	case now < n.SilenceFrom():
		return Refuse("notice.window", n.article(), "the window closed, but a late bounce may still arrive until %s; wait, or ask for an explicit yes", n.end(n.SilenceFrom()))
	}
	return nil
}

// Activate is the guard: it decides to use the sub-processor for this tenant from now on, or says
// who must authorise that first and until when (domain.md, 3.2 rule 6). For a removal it records
// that it took effect.
func (n Notice) Activate(company Subprocessor, now Time) ([]Event, *Refusal) {
	if no := n.undecided(); no != nil {
		return nil, no
	}
	if n.Activated != 0 {
		return nil, Refuse("notice.once", n.article(), "the change took effect for this tenant on %s already", dayOf(n.Activated))
	}
	if !n.Terms.Type.OnlyTold() {
		if no := n.authorised(now); no != nil {
			return nil, no
		}
		if no := company.usable(n.Terms.Change); no != nil {
			return nil, no
		}
	}
	if now < n.Terms.Counting().Start(n.Terms.Effective) {
		return nil, Refuse("notice.effective", n.article(), "the change was announced for %s; activate it on that day or later", n.Terms.Effective)
	}
	// A tenant that said yes waived the rest of its notice period; silence waives nothing.
	if n.Authority.Basis == DeemedAuthority && now < n.NoticePeriodEnds() {
		return nil, Refuse("notice.period", n.article(), "this tenant's notice period of %d days runs until %s; wait, or ask for an explicit yes",
			n.Terms.NoticeDays, n.end(n.NoticePeriodEnds()))
	}
	return []Event{Activated{}}, nil
}

// authorised is the heart of the guard.
func (n Notice) authorised(now Time) *Refusal {
	if n.Objection.Holds() {
		return Refuse("notice.guard", n.article(), "this tenant objected on %s (%s) and the objection still stands, whatever the effective date; settle it with the tenant, or block the engagement",
			dayOf(n.Objection.At), n.Objection.Ground)
	}
	if n.Authority.Basis.Authorises() {
		return nil
	}
	who := "this tenant has named no contact for notices who could authorise it"
	if !n.Terms.Addressee.IsZero() {
		who = fmt.Sprintf("this tenant's contact for notices (%s) has not authorised it", n.Terms.Addressee)
	}
	why := "its silence can be deemed a yes now; record that first"
	if no := n.silent(now); no != nil {
		why = no.Message
	}
	until := ""
	if n.Window.IsOpen() && !n.WindowOver(now) && n.Terms.Model != General {
		until = fmt.Sprintf(" (its time to object ends at %s)", n.end(n.Window.Closes))
	}
	return Refuse("notice.guard", n.article(), "%s%s: %s", who, until, why)
}

// end writes a midnight as the end of the day before, in the agreement's zone.
func (n Notice) end(t Time) string {
	c := n.Terms.Counting()
	return fmt.Sprintf("the end of %s (24:00 %s)", c.LastDay(t), c.Name())
}

// EmergencyEngage decides to use the sub-processor for this tenant before authorisation, under the
// agreement's emergency clause, whatever its model: Art. 28(2) knows no exception, so only the agreement
// can make one. It always raises a finding, and is marked as conflicting where standard contractual
// clauses stand against it.
func (n Notice) EmergencyEngage(reason string, company Subprocessor) ([]Event, *Refusal) {
	if no := n.undecided(); no != nil {
		return nil, no
	}
	if no := n.asked(); no != nil {
		return nil, no
	}
	if !n.Terms.Emergency {
		return nil, Refuse("notice.emergency", n.article(), "this tenant's agreement has no emergency clause; get an explicit yes before any use")
	}
	if n.Objection.Holds() {
		return nil, Refuse("notice.emergency", n.article(), "this tenant objected on %s, and an emergency clause doesn't outvote a no; settle the objection first", dayOf(n.Objection.At))
	}
	if n.InUse() {
		return nil, Refuse("notice.once", n.article(), "the sub-processor is in use for this tenant already")
	}
	if no := company.usable(n.Terms.Change); no != nil {
		return nil, no
	}
	conflicts := NoInstrument
	if n.Terms.SCC.Clause() != "" {
		conflicts = n.Terms.SCC
	}
	return []Event{EmergencyInvoked{Reason: reason, Conflicts: conflicts}}, nil
}
