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
	FindingSCC          NoticeFinding = "CONFLICTS_SCC"     // which clause 9 of the SCC doesn't allow
	FindingContested    NoticeFinding = "USED_CONTESTED"    // in use although an objection stands
)

// Values lists the findings.
func (NoticeFinding) Values() []string {
	return []string{"MODEL_UNKNOWN", "NO_CONTACT", "UNDELIVERED", "USED_UNAUTHORISED", "EMERGENCY", "CONFLICTS_SCC", "USED_CONTESTED"}
}

// Findings lists what is wrong with the notice, in the order of the closed list.
func (n Notice) Findings() []NoticeFinding {
	var found []NoticeFinding
	add := func(f NoticeFinding, holds bool) {
		if holds {
			found = append(found, f)
		}
	}
	open := n.Exists() && n.Withdrawn == 0 && n.Terminated == 0 && n.Blocked == 0
	authorised := n.Authority.Basis.Authorises()
	add(FindingUnknownModel, open && n.Terms.Model == UnknownModel && !authorised)
	add(FindingNoAddressee, open && n.Terms.Addressee.IsZero() && !authorised)
	add(FindingUndelivered, open && n.Undelivered() && n.Authority.Basis != ExplicitAuthority)
	add(FindingUnauthorised, n.InUse() && !authorised)
	add(FindingEmergency, n.Emergency != 0)
	add(FindingSCC, n.ConflictsSCC)
	add(FindingContested, n.InUse() && n.Objection.Pending())
	return found
}
