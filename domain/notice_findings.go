package domain

// NoticeFinding is what somebody must look at on a notice. Findings follow from the state, so they
// close by events, never by deletion.
type NoticeFinding string

// The findings.
const (
	FindingUnknownModel NoticeFinding = "MODEL_UNKNOWN"     // nobody knows how this tenant authorises
	FindingNoAddressee  NoticeFinding = "NO_CONTACT"        // nobody was named to receive notices
	FindingUndelivered  NoticeFinding = "UNDELIVERED"       // it came back or failed for good: a task for the DPO
	FindingUnauthorised NoticeFinding = "USED_UNAUTHORISED" // in use, and nothing proves a yes
	FindingEmergency    NoticeFinding = "EMERGENCY"         // used before authorisation under the clause
	FindingSCC          NoticeFinding = "CONFLICTS_SCC"     // which the clause of its standard contractual clauses doesn't allow
	FindingContested    NoticeFinding = "USED_CONTESTED"    // in use although an objection stands
	FindingUndercut     NoticeFinding = "NOTICE_TOO_SHORT"  // announced for a day within the agreement's notice period
)

// Values lists the findings.
func (NoticeFinding) Values() []string {
	return []string{"MODEL_UNKNOWN", "NO_CONTACT", "UNDELIVERED", "USED_UNAUTHORISED", "EMERGENCY", "CONFLICTS_SCC", "USED_CONTESTED", "NOTICE_TOO_SHORT"}
}

// Findings lists what is wrong with the notice, in the order of the closed list.
func (n Notice) Findings() []NoticeFinding {
	var found []NoticeFinding
	add := func(f NoticeFinding, holds bool) {
		if holds {
			found = append(found, f)
		}
	}
	open := n.Exists() && !n.ended()
	authorised := n.Authority.Basis.Authorises()
	add(FindingUnknownModel, open && n.Terms.Model == UnknownModel && !authorised)
	add(FindingNoAddressee, open && n.Terms.Addressee.IsZero() && !authorised)
	add(FindingUndelivered, open && n.Undelivered() && n.Authority.Basis != ExplicitAuthority)
	add(FindingUnauthorised, n.InUse() && !authorised)
	add(FindingEmergency, n.Emergency != 0)
	add(FindingSCC, n.Conflicts.Clause() != "")
	add(FindingContested, n.InUse() && n.Objection.Holds())
	add(FindingUndercut, open && n.Undercut() && n.Authority.Basis != ExplicitAuthority)
	return found
}

// Undercut reports whether the change was announced for a day within the tenant's notice period, even if
// the notice had been delivered at once. The activation waits for the period; a yes waives it.
func (n Notice) Undercut() bool {
	c := n.Terms.Counting()
	return !n.Terms.Type.OnlyTold() && n.Terms.NoticeDays > 0 && c.Start(n.Terms.Effective) < c.EndOfDays(n.Terms.Posted, n.Terms.NoticeDays)
}

// Earliest is the first day on which silence could let the change take effect: the day it was announced
// for, or the first after the notice period, whichever is later.
func (n Notice) Earliest() Date {
	c, from := n.Terms.Counting(), n.Terms.Posted
	if n.Window.IsOpen() {
		from = max(n.Window.Contractual, n.Window.Delivered)
	}
	return max(n.Terms.Effective, c.Day(c.EndOfDays(from, n.Terms.NoticeDays)))
}
