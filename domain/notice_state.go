package domain

// Notice is one change told to one tenant, folded by occurrence (domain.md, 3.2).
type Notice struct {
	Tenant   ID             `json:"tenant,omitzero"`
	Terms    NoticePrepared `json:"terms"` // what it is about, and the agreement's terms that govern it
	Prepared Time           `json:"prepared,omitzero"`
	Status   NoticeStatus   `json:"status"`

	Deliveries []Delivery   `json:"deliveries,omitempty"` // one per channel, in the order of first use
	Sent       Time         `json:"sent,omitzero"`        // the first attempt that could reach somebody
	Reminded   Time         `json:"reminded,omitzero"`
	Level      Proof        `json:"level"` // the strongest evidence that stands
	Window     NoticeWindow `json:"window"`

	Objection Objection `json:"objection"`
	Authority Authority `json:"authority"`

	Activated       Time       `json:"activated,omitzero"`
	Emergency       Time       `json:"emergency,omitzero"` // used before authorisation since
	EmergencyReason string     `json:"emergencyReason,omitempty"`
	Conflicts       Instrument `json:"conflicts,omitempty"` // whose clause the emergency conflicts with
	Blocked         Time       `json:"blocked,omitzero"`
	BlockReason     string     `json:"blockReason,omitempty"`
	Terminated      Time       `json:"terminated,omitzero"`
	Withdrawn       Time       `json:"withdrawn,omitzero"`

	Reported bool `json:"reported,omitempty"` // a decision or step of it is another system's word

	Since Time  `json:"since"`
	Seq   int64 `json:"seq"`
}

// Objection is what the tenant has against the change.
type Objection struct {
	State  ObjectionState `json:"state"`
	Ground Ground         `json:"ground,omitempty"`
	Late   bool           `json:"late,omitempty"` // the window was over, so deeming had begun; it holds all the same
	By     ID             `json:"by,omitzero"`    // who raised it, or entered it for the tenant
	How    By             `json:"how,omitempty"`
	At     Time           `json:"at,omitzero"`
	Seq    int64          `json:"seq,omitempty"` // of the event, which has its words sealed
}

// Holds reports whether the objection keeps the change from this tenant: until the tenant takes it back
// or agrees on a measure. Our answer settles nothing, and one made late holds as well as another, because
// the right to object lasts until the engagement (SCC 2021/914 clause 9(a)).
func (o Objection) Holds() bool { return o.State == ObjectionOpen || o.State == ObjectionReplied }

// Authority is what the use for this tenant rests on, by whom and how it was given.
type Authority struct {
	Basis AuthorityBasis `json:"basis"`
	By    ID             `json:"by,omitzero"`
	How   By             `json:"how,omitempty"`
	For   ID             `json:"for,omitzero"` // the sub-account for which an agency answered
	At    Time           `json:"at,omitzero"`
}

// Exists reports whether the notice was prepared.
func (n Notice) Exists() bool { return n.Prepared != 0 }

// Told reports whether anything was sent, so that a withdrawal must be told too.
func (n Notice) Told() bool { return len(n.Deliveries) > 0 }

// InUse reports whether the sub-processor is used for this tenant because of this change.
func (n Notice) InUse() bool {
	return (n.Activated != 0 || n.Emergency != 0) && n.Blocked == 0 && n.Terminated == 0 && !n.Terms.Type.OnlyTold()
}

// Apply folds one kept event.
func (n Notice) Apply(k Kept) Notice {
	at := k.Occurred.At
	n.Tenant, n.Since, n.Seq = k.Tenant, at, k.Seq
	switch e := k.Event.(type) {
	case NoticePrepared:
		if n.Exists() {
			break // the first one's terms were told
		}
		n.Terms, n.Prepared = e, at
		n.Authority.Basis = n.unauthorised()
		if n.Objection.State == "" {
			n.Objection.State = ObjectionNone
		}
	case ReminderSent:
		n.Reminded = at
	case WindowOpened:
		if !n.Window.IsOpen() {
			n.Window = NoticeWindow{Opened: at, Contractual: e.Contractual, Delivered: e.Delivered, Closes: e.Closes, Rule: e.Rule}
		}
	case Unproven: // what others report authorises nothing, and is shown to be unproven
		n.Reported = true
		if n.Exists() && n.Authority.Basis == NoAuthority && authorises(e.Event) {
			n.Authority.Basis = UnprovenAuthority
		}
	case NoticeAuthorised, DeemedAuthorised:
		n = n.authorise(k)
	case Activated:
		if n.ended() || n.Activated != 0 {
			break
		}
		n.Activated = at
		if !n.Terms.Type.OnlyTold() {
			n.Authority.Basis = usedOn(n.Authority.Basis)
		}
	case EmergencyInvoked:
		if n.Emergency != 0 {
			break
		}
		n.Emergency, n.EmergencyReason, n.Conflicts = at, e.Reason, e.Conflicts
		n.Authority.Basis = usedOn(n.Authority.Basis)
	case EngagementBlocked:
		if !n.ended() {
			n.Blocked, n.BlockReason = at, e.Reason
		}
	case TerminationExercised:
		if !n.ended() {
			n.Terminated = at
		}
	case NoticeWithdrawn:
		if n.Withdrawn == 0 && !n.InUse() {
			n.Withdrawn = at
		}
	case ObjectionRaised, ObjectionAnswered, MitigationAgreed, ObjectionWithdrawn:
		n.Objection = n.objection(k)
		if _, raised := k.Event.(ObjectionRaised); raised && n.Activated == 0 && n.Authority.Basis == DeemedAuthority {
			n.Authority = Authority{Basis: n.unauthorised()} // silence was deemed, and it is broken
		}
	default:
		n = n.deliver(k.Event, at)
	}
	n = n.settle()
	n.Status = n.status()
	return n
}

// ended reports whether nothing is left to decide.
func (n Notice) ended() bool { return n.Withdrawn != 0 || n.Terminated != 0 || n.Blocked != 0 }

// authorise folds what authorises. What is not valid takes nothing away from what is: a yes by link alone
// and silence that authorises nothing are shown as unproven, where there is nothing better.
func (n Notice) authorise(k Kept) Notice {
	at, unproven := k.Occurred.At, false
	switch e := k.Event.(type) {
	case NoticeAuthorised:
		if unproven = e.By == ByLink; !unproven {
			n.Authority = Authority{Basis: ExplicitAuthority, By: k.Actor.ID, How: e.By, For: e.OnTheir, At: at}
		}
	case DeemedAuthorised:
		if unproven = n.Terms.Model != General; !unproven && !n.Authority.Basis.Authorises() && n.silent(at) == nil {
			n.Authority = Authority{Basis: DeemedAuthority, At: at}
		}
	}
	if unproven && !n.Authority.Basis.Authorises() {
		n.Authority.Basis = UnprovenAuthority
	}
	return n
}

// objection folds what becomes of the objection. Nothing can be answered or settled that doesn't stand.
func (n Notice) objection(k Kept) Objection {
	o := n.Objection
	switch e := k.Event.(type) {
	case ObjectionRaised:
		if n.ended() {
			break
		}
		late := o.Late // one repeated after our answer is as timely as the first
		if !o.Holds() {
			late = n.WindowOver(k.Occurred.At) && !n.Suspended()
		}
		return Objection{State: ObjectionOpen, Ground: e.Ground, Late: late, By: k.Actor.ID, How: e.By, At: k.Occurred.At, Seq: k.Seq}
	case ObjectionAnswered:
		if o.State == ObjectionOpen {
			o.State = ObjectionReplied
		}
	case MitigationAgreed:
		if o.Holds() {
			o.State = ObjectionSettled
		}
	case ObjectionWithdrawn:
		if o.Holds() {
			o.State = ObjectionRevoked
		}
	}
	return o
}

// unauthorised is the basis where nothing authorises.
func (n Notice) unauthorised() AuthorityBasis {
	if n.Terms.Model == UnknownModel || n.Emergency != 0 {
		return UnprovenAuthority
	}
	return NoAuthority
}

// usedOn is the basis once the sub-processor is used: without a yes it is unproven.
func usedOn(b AuthorityBasis) AuthorityBasis {
	if b.Authorises() {
		return b
	}
	return UnprovenAuthority
}

func (n Notice) status() NoticeStatus {
	switch {
	case n.Withdrawn != 0:
		return NoticeIsWithdrawn
	case n.Terminated != 0:
		return NoticeIsTerminated
	case n.Blocked != 0:
		return NoticeIsBlocked
	case n.Objection.State == ObjectionOpen:
		return NoticeIsObjected
	case n.Objection.Holds():
		return NoticeIsAnswered
	case n.Activated != 0:
		return NoticeIsActivated
	case n.Authority.Basis == ExplicitAuthority:
		return NoticeIsAuthorised
	case n.Authority.Basis == DeemedAuthority:
		return NoticeIsDeemed
	case n.Emergency != 0:
		return NoticeIsEmergency
	case n.Undelivered():
		return NoticeIsBounced
	case n.Window.IsOpen():
		return NoticeIsOpen
	case n.Told():
		return NoticeIsSent
	}
	return NoticeIsPrepared
}

// authorises reports whether an event says that the tenant's yes is there.
func authorises(e Event) bool {
	switch e.(type) {
	case NoticeAuthorised, DeemedAuthorised, Activated:
		return true
	}
	return false
}
