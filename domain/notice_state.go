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

	Activated       Time   `json:"activated,omitzero"`
	Emergency       Time   `json:"emergency,omitzero"` // used before authorisation since
	EmergencyReason string `json:"emergencyReason,omitempty"`
	ConflictsSCC    bool   `json:"conflictsScc,omitempty"`
	Blocked         Time   `json:"blocked,omitzero"`
	BlockReason     string `json:"blockReason,omitempty"`
	Terminated      Time   `json:"terminated,omitzero"`
	Withdrawn       Time   `json:"withdrawn,omitzero"`

	Reported bool `json:"reported,omitempty"` // a decision or step of it is another system's word

	Since Time  `json:"since"`
	Seq   int64 `json:"seq"`
}

// Objection is what the tenant has against the change.
type Objection struct {
	State  ObjectionState `json:"state"`
	Ground Ground         `json:"ground,omitempty"`
	Late   bool           `json:"late,omitempty"`
	By     ID             `json:"by,omitzero"`
	At     Time           `json:"at,omitzero"`
	Seq    int64          `json:"seq,omitempty"` // of the event, which has its words sealed
}

// Holds reports whether the objection keeps the change from this tenant: until it is settled or
// taken back; one made late only until it is answered, because silence had spoken by then.
func (o Objection) Holds() bool {
	return o.State == ObjectionOpen || o.State == ObjectionReplied && !o.Late
}

// Pending reports whether the objection has neither been settled nor taken back.
func (o Objection) Pending() bool { return o.State == ObjectionOpen || o.State == ObjectionReplied }

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
		n.Terms, n.Prepared, n.Objection.State, n.Authority.Basis = e, at, ObjectionNone, NoAuthority
		if e.Model == UnknownModel {
			n.Authority.Basis = UnprovenAuthority
		}
	case ReminderSent:
		n.Reminded = at
	case WindowOpened:
		if !n.Window.IsOpen() {
			n.Window = NoticeWindow{Opened: at, Contractual: e.Contractual, Delivered: e.Delivered, Closes: e.Closes}
		}
	case ObjectionRaised:
		n.Objection = Objection{State: ObjectionOpen, Ground: e.Ground, Late: e.Late, By: k.Actor.ID, At: at, Seq: k.Seq}
	case ObjectionAnswered:
		n.Objection.State = ObjectionReplied
	case MitigationAgreed:
		n.Objection.State = ObjectionSettled
	case ObjectionWithdrawn:
		n.Objection.State = ObjectionRevoked
	case NoticeAuthorised:
		n.Authority = Authority{Basis: ExplicitAuthority, By: k.Actor.ID, How: e.By, For: e.OnTheir, At: at}
		if e.By == ByLink { // an imported fact; the decision refuses it
			n.Authority.Basis = UnprovenAuthority
		}
	case Unproven: // what others report authorises nothing, and is shown to be unproven
		n.Reported = true
		if n.Exists() && n.Authority.Basis == NoAuthority && authorises(e.Event) {
			n.Authority.Basis = UnprovenAuthority
		}
	case DeemedAuthorised:
		if n.Authority.Basis == ExplicitAuthority {
			break // a yes is more than silence
		}
		n.Authority = Authority{Basis: DeemedAuthority, At: at}
		if n.Terms.Model != General { // likewise
			n.Authority.Basis = UnprovenAuthority
		}
	case Activated:
		n.Activated = at
		if !n.Terms.Type.OnlyTold() {
			n.Authority.Basis = usedOn(n.Authority.Basis)
		}
	case EmergencyInvoked:
		n.Emergency, n.EmergencyReason, n.ConflictsSCC = at, e.Reason, e.ConflictsSCC
		n.Authority.Basis = usedOn(n.Authority.Basis)
	case EngagementBlocked:
		n.Blocked, n.BlockReason = at, e.Reason
	case TerminationExercised:
		n.Terminated = at
	case NoticeWithdrawn:
		n.Withdrawn = at
	default:
		n = n.deliver(k.Event, at)
	}
	n = n.settle()
	n.Status = n.status()
	return n
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
