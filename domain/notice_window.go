package domain

import "time"

// How days of notice and objection are counted: in full calendar days, in UTC. The day of the event
// that starts the period is not counted (Regulation 1182/71, Art. 3(1)), the last day is counted to
// its end at 24:00 (Art. 3(2)(b)). These periods come from an agreement, which the regulation doesn't
// bind, so a last day on a weekend or holiday is not moved (Art. 3(4)); the agreement's grace days
// come on top before silence counts.

const dayLength = Time(24 * 60 * 60 * 1_000_000)

// maxDays bounds the periods of an agreement, so that a typing error can't overflow into the past.
const maxDays = 36_500

// EndOfDays is 24:00 UTC of the last of n full days after the day of from.
func EndOfDays(from Time, n int64) Time {
	return dayOf(from).Start() + dayLength*Time(1+clampDays(n))
}

func clampDays(n int64) int64 { return max(0, min(n, maxDays)) }

func dayOf(t Time) Date { return Date(t.Std().Format(time.DateOnly)) }

// lastDay is the day that ends at a midnight.
func lastDay(end Time) Date { return dayOf(end - 1) }

// NoticeWindow is the time in which a tenant may object.
type NoticeWindow struct {
	Opened      Time `json:"opened,omitzero"`      // zero: not open yet
	Contractual Time `json:"contractual,omitzero"` // when what the agreement names happened
	Delivered   Time `json:"delivered,omitzero"`   // the earliest proof that still stands
	Closes      Time `json:"closes,omitzero"`      // end of the objection days after the later of both
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
		Closes: EndOfDays(max(contractual, now), n.Terms.ObjectionDays),
	}
}

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
		n.Window.Closes = max(n.Window.Closes, EndOfDays(stands, n.Terms.ObjectionDays))
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
	return n.Window.Closes + dayLength*Time(clampDays(n.Terms.GraceDays))
}

// NoticePeriodEnds is the first instant after the notice period, counted from the later of the
// contractual and the delivered date. Zero: the window is not open.
func (n Notice) NoticePeriodEnds() Time {
	if !n.Window.IsOpen() {
		return 0
	}
	return EndOfDays(max(n.Window.Contractual, n.Window.Delivered), n.Terms.NoticeDays)
}

// Suspended reports whether deeming waits: the window runs, but the delivery it rests on came back
// and no other proof of the agreed level stands.
func (n Notice) Suspended() bool { return n.Window.IsOpen() && !n.Level.AtLeast(n.Terms.Proof) }
