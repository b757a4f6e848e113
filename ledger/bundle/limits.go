package bundle

// limits says what a bundle doesn't show. It is signed with the rest, so that nobody can say they claimed
// more.
func limits(q Question) []string {
	all := []string{
		"It shows what was kept in the ledger, not that what was kept is what happened, nor that everything that happened was kept.",
		"One person under two ids is two persons here: which number or address belongs to which id is the operator’s word.",
	}
	switch q.Of {
	case OfSubject, OfTenant:
		all = append(all, "That none is missing rests on the map of heads being right, which a replayer checks; without one it is the operator’s word.")
	case OfStream:
		all = append(all, "Events are numbered from the first on, so none is missing before the last one here; that none came after it is the operator’s word.")
	}
	if q.Of == OfSubject {
		all = append(all, "Other people’s values, and lists that name other people, are withheld: their place is shown, and nothing that leads to them. The same stranger has the same tag in each leaf.")
	}
	if q.Axis == Recorded {
		all = append(all, "The period is that of the log: an event that was recorded late lies where it was recorded.")
	}
	return all
}
