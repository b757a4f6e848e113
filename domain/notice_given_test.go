package domain

// What the notice tables are given: a change announced on 1 October 2026 for 1 December, for a tenant
// that authorises generally: 14 days of notice, 14 to object, 3 of grace, counted in UTC.

const sampleDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

var (
	mailed     = on{"2026-10-01T10:00:00Z", NoticeSent{ByEmail, 1}}
	accepted   = on{"2026-10-02T12:00:00Z", NoticeProven{ByEmail, Accepted}}
	opened     = on{"2026-10-02T12:00:00Z", window(OnDelivery, "2026-10-02T12:00:00Z")}
	bounced    = on{"2026-10-05T12:00:00Z", NoticeBounced{ByEmail, "5.1.1"}}
	objected   = on{"2026-10-10T12:00:00Z", ObjectionRaised{Ground: "LOCATION", By: ByLink}}
	tooLate    = on{"2026-10-20T12:00:00Z", ObjectionRaised{Ground: "SECURITY", By: ByLink}}
	answered   = on{"2026-10-21T12:00:00Z", ObjectionAnswered{}}
	mitigated  = on{"2026-10-22T12:00:00Z", MitigationAgreed{sampleDigest}}
	tookBack   = on{"2026-10-23T12:00:00Z", ObjectionWithdrawn{BySignIn}}
	saidYes    = on{"2026-10-12T12:00:00Z", NoticeAuthorised{By: BySignIn}}
	deemed     = on{"2026-10-20T00:00:00Z", DeemedAuthorised{moment("2026-10-17")}}
	activated  = on{"2026-12-01T00:00:00Z", Activated{}}
	emergency  = on{"2026-10-03T00:00:00Z", EmergencyInvoked{Reason: "OUTAGE"}}
	blocked    = on{"2026-10-24T00:00:00Z", EngagementBlocked{"OBJECTION"}}
	terminated = on{"2026-10-25T00:00:00Z", TerminationExercised{}}
	withdrawn  = on{"2026-10-26T00:00:00Z", NoticeWithdrawn{}}
)

// window is what a delivery opens; contractual is the delivery itself unless another day is given.
func window(trigger WindowStart, delivered string, contractual ...string) WindowOpened {
	w := WindowOpened{Trigger: trigger, Contractual: moment(delivered), Delivered: moment(delivered)}
	for _, c := range contractual {
		w.Contractual = moment(c)
	}
	w.Closes, w.Rule = Counting{}.EndOfDays(max(w.Contractual, w.Delivered), 14), HouseRule
	return w
}

// prepared is the notice under other terms than the usual ones.
func prepared(other ...func(*NoticePrepared)) on {
	e := NoticePrepared{
		Change: ID{0: 1}, Subprocessor: ID{0: 2}, Type: AddSubprocessor, Effective: "2026-12-01", Posted: moment("2026-10-01T08:00:00Z"),
		Addressee: ID{0: 3}, Model: General, NoticeDays: 14, ObjectionDays: 14, WindowStart: OnDelivery, Proof: Accepted, GraceDays: 3, SCC: NoInstrument,
	}
	for _, change := range other {
		change(&e)
	}
	return on{"2026-10-01T09:00:00Z", e}
}

func model(m Model) func(*NoticePrepared) { return func(e *NoticePrepared) { e.Model = m } }
func starts(w WindowStart) func(*NoticePrepared) {
	return func(e *NoticePrepared) { e.WindowStart = w }
}
func asks(p Proof) func(*NoticePrepared)      { return func(e *NoticePrepared) { e.Proof = p } }
func effective(d Date) func(*NoticePrepared)  { return func(e *NoticePrepared) { e.Effective = d } }
func removal(e *NoticePrepared)               { e.Type = Remove }
func clause(e *NoticePrepared)                { e.Emergency = true }
func scc(e *NoticePrepared)                   { e.SCC = SCCModule2 }
func uses(i Instrument) func(*NoticePrepared) { return func(e *NoticePrepared) { e.SCC = i } }
func longer(e *NoticePrepared)                { e.NoticeDays = 30 }
func under(law, zone string) func(*NoticePrepared) {
	return func(e *NoticePrepared) { e.Law, e.Zone = law, zone }
}
func nobody(e *NoticePrepared) { e.Addressee = ID{} }

// delivered is a notice whose window is open, and what came after.
func delivered(after ...on) []on {
	return append([]on{prepared(), mailed, accepted, opened}, after...)
}

// deliveredTo is the same under other terms.
func deliveredTo(terms on, after ...on) []on {
	return append([]on{terms, mailed, accepted, opened}, after...)
}

// The people who answer.
var (
	contact  = Actor{ID: someActor, Kind: Person, Role: customer}
	byLink   = Answer{Actor: contact, By: ByLink}
	byCode   = Answer{Actor: contact, By: ByLinkCode}
	signedIn = Answer{Actor: contact, By: BySignIn}
	ourDPO   = Answer{Actor: Actor{ID: someActor, Kind: Person, Role: "DPO"}, By: BySignIn}
	theirBot = Answer{Actor: Actor{ID: someActor, Kind: Service, Role: customer}, By: BySignIn}
	mandated = Answer{Actor: contact, By: BySignIn, OnBehalf: someTenant, Mandated: true}
	claiming = Answer{Actor: contact, By: BySignIn, OnBehalf: someTenant}
	stranger = Answer{Actor: contact, By: BySignIn, OnBehalf: ID{0: 77}, Mandated: true}
)
