package domain

import (
	"cmp"
	"slices"
)

// SubprocessorStatus is one word for the register: how far a company has come with us. Whether it is
// used for one tenant, that tenant's notice tells ([Notice.InUse]).
type SubprocessorStatus string

// The states. ACTIVE means that an announced change took effect, so that it may be in use for the
// tenants that authorised it; no event says so, the calendar does: [Subprocessor.StatusAt].
const (
	SubprocessorIsProposed  SubprocessorStatus = "PROPOSED"
	SubprocessorIsAnnounced SubprocessorStatus = "ANNOUNCED"
	SubprocessorIsActive    SubprocessorStatus = "ACTIVE"
	SubprocessorIsSuspended SubprocessorStatus = "SUSPENDED"
	SubprocessorIsEnded     SubprocessorStatus = "ENDED"
)

// Values lists the states.
func (SubprocessorStatus) Values() []string {
	return []string{"PROPOSED", "ANNOUNCED", "ACTIVE", "SUSPENDED", "ENDED"}
}

// AnnouncedChange is a change of a sub-processor and what became of it.
type AnnouncedChange struct {
	ChangeAnnounced
	Announced Time `json:"announced"`
	Withdrawn Time `json:"withdrawn,omitzero"`
}

// Diligence is the latest check of a company.
type Diligence struct {
	DueDiligenceCompleted
	At Time `json:"at,omitzero"` // zero: never checked
}

// Subprocessor is one company, folded by occurrence. Its details are as proposed, then as the
// changes that took effect say: [Subprocessor.At].
type Subprocessor struct {
	ID        ID                   `json:"id,omitzero"`
	Proposed  SubprocessorProposed `json:"proposed"`
	Known     Time                 `json:"known,omitzero"` // when it was proposed
	Diligence Diligence            `json:"diligence"`
	Reported  bool                 `json:"reported,omitempty"` // a decision on it is another system's word
	FlowDown  string               `json:"flowDown,omitempty"` // digest of the contract that binds it
	Changes   []AnnouncedChange    `json:"changes,omitempty"`  // in the order they were announced
	Anew      int64                `json:"anew,omitempty"`     // the first of them that counts: after a suspension all begins again
	Suspended Time                 `json:"suspended,omitzero"`
	Ended     Time                 `json:"ended,omitzero"`
	Reason    string               `json:"reason,omitempty"`   // why it was suspended or ended
	Deleted   Time                 `json:"deleted,omitzero"`   // when it confirmed that it deleted the data
	Deletion  string               `json:"deletion,omitempty"` // digest of that confirmation
	Since     Time                 `json:"since"`
	Seq       int64                `json:"seq"`
}

// Exists reports whether the company was proposed.
func (s Subprocessor) Exists() bool { return s.Known != 0 }

// Apply folds one kept event.
func (s Subprocessor) Apply(k Kept) Subprocessor {
	at := k.Occurred.At
	s.ID, s.Since, s.Seq = k.Stream.ID, at, k.Seq
	switch e := k.Event.(type) {
	case Unproven:
		s.Reported = true
	case SubprocessorProposed:
		s.Proposed, s.Known = e, at
	case DueDiligenceCompleted:
		s.Diligence = Diligence{e, at}
	case FlowDownSigned:
		s.FlowDown = e.Digest
	case ChangeAnnounced:
		s.Changes = append(s.Changes[:len(s.Changes):len(s.Changes)], AnnouncedChange{ChangeAnnounced: e, Announced: at})
		if e.Type.Engages() && s.Suspended != 0 { // announced anew, so every tenant is asked anew
			s.Suspended, s.Reason, s.Anew = 0, "", int64(len(s.Changes)-1)
		}
	case ChangeWithdrawn:
		s.Changes = slices.Clone(s.Changes) // folds never share a slice
		if i := s.change(e.Change); i >= 0 {
			s.Changes[i].Withdrawn = at
		}
	case SubprocessorSuspended:
		s.Suspended, s.Reason = at, e.Reason
	case SubprocessorEnded:
		s.Ended, s.Reason = at, e.Reason
	case DeletionConfirmed:
		s.Deleted, s.Deletion = at, e.Digest
	}
	return s
}

func (s Subprocessor) change(id ID) int {
	return slices.IndexFunc(s.Changes, func(c AnnouncedChange) bool { return c.Change == id })
}

// StatusAt is the status at a time, which may lie after the last event.
func (s Subprocessor) StatusAt(at Time) SubprocessorStatus {
	switch {
	case s.Ended != 0:
		return SubprocessorIsEnded
	case s.Suspended != 0:
		return SubprocessorIsSuspended
	}
	status := SubprocessorIsProposed
	for _, c := range s.Changes[s.Anew:] {
		switch {
		case c.Type == "": // struck: nobody can say what it changed
		case !c.Type.Engages(): // what is relocated, renamed or removed is there
			return SubprocessorIsActive
		case c.Withdrawn != 0:
		case c.Effective.Start() <= at:
			return SubprocessorIsActive
		default:
			status = SubprocessorIsAnnounced
		}
	}
	return status
}

// At is the company's locations, data categories and mechanism at a time: as proposed, then as the
// changes that took effect and were not withdrawn say.
func (s Subprocessor) At(at Time) SubprocessorProposed {
	now := s.Proposed
	changes := slices.Clone(s.Changes)
	slices.SortStableFunc(changes, func(a, b AnnouncedChange) int { return cmp.Compare(a.Effective, b.Effective) })
	for _, c := range changes {
		if c.Withdrawn != 0 || c.Effective.Start() > at {
			continue
		}
		if len(c.Locations) > 0 {
			now.Locations = c.Locations
		}
		if len(c.DataCategories) > 0 {
			now.DataCategories = c.DataCategories
		}
		if c.Mechanism != "" {
			now.Mechanism = c.Mechanism
		}
	}
	return now
}
