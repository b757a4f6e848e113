package domain

// The window in which a tenant may object. The right lasts until the engagement (Art. 28(2) GDPR; SCC
// 2021/914 clause 9(a)), so the window is never shorter than the notice period. Grace days for late
// bounces come on top before silence counts.

// NoticeWindow is the time in which a tenant may object.
type NoticeWindow struct {
	Opened      Time    `json:"opened,omitzero"`      // zero: not open yet
	Contractual Time    `json:"contractual,omitzero"` // when what the agreement names happened
	Delivered   Time    `json:"delivered,omitzero"`   // the earliest proof that still stands
	Closes      Time    `json:"closes,omitzero"`      // end of the time to object after the later of both
	Rule        DayRule `json:"rule,omitempty"`       // what decided about its last day
}

// IsOpen reports whether the window was ever opened.
func (w NoticeWindow) IsOpen() bool { return w.Opened != 0 }

// openWindow is the window that a proof of the agreed level at now opens.
func (n Notice) openWindow(now Time) WindowOpened {
	contractual := now
	switch {
	case n.Terms.WindowStart == OnPosting:
		contractual = n.Terms.Posted
	case n.Terms.WindowStart == OnSending && n.Sent != 0:
		contractual = n.Sent
	}
	return WindowOpened{
		Trigger: n.Terms.WindowStart, Contractual: contractual, Delivered: now,
		Closes: n.Terms.closes(max(contractual, now)), Rule: n.Terms.Counting().Rule(),
	}
}

// closes is the end of the window that begins at from.
func (t NoticePrepared) closes(from Time) Time {
	return t.Counting().EndOfWindow(from, max(t.ObjectionDays, t.NoticeDays))
}

// Counting is how the days of this notice are counted.
func (t NoticePrepared) Counting() Counting { return Counting{Law: t.Law, Zone: t.Zone} }

// settle brings the window in line with the proofs that stand. A bounce alone moves nothing: it
// suspends. Once another delivery is proven, the delivered date is that one's and the tenant has its
// objection days from there; the window never gets shorter.
func (n Notice) settle() Notice {
	n.Level = NoProof
	var stands Time
	for _, d := range n.Deliveries {
		if d.Level.rank() > n.Level.rank() {
			n.Level = d.Level
		}
		if d.Agreed != 0 && (stands == 0 || d.Agreed < stands) {
			stands = d.Agreed
		}
	}
	if n.Window.IsOpen() && stands > n.Window.Delivered {
		n.Window.Delivered = stands
		n.Window.Closes = max(n.Window.Closes, n.Terms.closes(stands))
	}
	return n
}

// WindowOver reports whether the time to object is over.
func (n Notice) WindowOver(now Time) bool { return n.Window.IsOpen() && now >= n.Window.Closes }

// SilenceFrom is the first instant at which silence can be deemed a yes: the end of the window and
// the days of grace for late bounces. Zero: the window is not open.
func (n Notice) SilenceFrom() Time {
	if !n.Window.IsOpen() {
		return 0
	}
	return n.Terms.Counting().after(n.Window.Closes, n.Terms.GraceDays)
}

// NoticePeriodEnds is the first instant after the notice period, counted from the later of the
// contractual and the delivered date. Zero: the window is not open.
func (n Notice) NoticePeriodEnds() Time {
	if !n.Window.IsOpen() {
		return 0
	}
	return n.Terms.Counting().EndOfDays(max(n.Window.Contractual, n.Window.Delivered), n.Terms.NoticeDays)
}

// Suspended reports whether deeming waits: the window runs, but the delivery it rests on came back
// and no other proof of the agreed level stands.
func (n Notice) Suspended() bool { return n.Window.IsOpen() && !n.Level.AtLeast(n.Terms.Proof) }
