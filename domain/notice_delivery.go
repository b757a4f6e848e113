package domain

import "slices"

// Delivery is how one channel fared.
type Delivery struct {
	Channel  NoticeChannel `json:"channel"`
	Attempts int64         `json:"attempts"`
	Level    Proof         `json:"level"`
	Agreed   Time          `json:"agreed,omitzero"`  // since when its proof reaches the agreed level
	Bounced  Time          `json:"bounced,omitzero"` // the last bounce that no proof of that level followed
	Code     string        `json:"code,omitempty"`   // of that bounce
	Failed   string        `json:"failed,omitempty"` // why the last attempt failed
	Final    bool          `json:"final,omitempty"`  // and will not be repeated
}

// Undelivered reports whether it came back, or failed for good, and no proof of the agreed level
// stands: a task for the DPO.
func (n Notice) Undelivered() bool {
	return !n.Level.AtLeast(n.Terms.Proof) &&
		slices.ContainsFunc(n.Deliveries, func(d Delivery) bool { return d.Bounced != 0 || d.Final })
}

// deliver folds what happened on one channel.
func (n Notice) deliver(event Event, at Time) Notice {
	change := func(channel NoticeChannel, f func(d *Delivery)) {
		n.Deliveries = slices.Clone(n.Deliveries) // folds never share a slice
		i := slices.IndexFunc(n.Deliveries, func(d Delivery) bool { return d.Channel == channel })
		if i < 0 {
			n.Deliveries = append(n.Deliveries, Delivery{Channel: channel, Level: NoProof})
			i = len(n.Deliveries) - 1
		}
		f(&n.Deliveries[i])
	}
	switch e := event.(type) {
	case NoticeSent:
		if n.Sent == 0 && e.Channel.Reaches() {
			n.Sent = at
		}
		change(e.Channel, func(d *Delivery) { d.Attempts, d.Failed, d.Final = max(d.Attempts, e.Attempt), "", false })
	case NoticeFailed:
		change(e.Channel, func(d *Delivery) { d.Failed, d.Final = e.Reason, e.Final })
	case NoticeProven:
		if e.Level.rank() == 0 {
			break
		}
		change(e.Channel, func(d *Delivery) {
			if e.Level.rank() > d.Level.rank() {
				d.Level = e.Level
			}
			d.Failed, d.Final = "", false
			if d.Agreed == 0 && d.Level.AtLeast(n.Terms.Proof) {
				d.Agreed, d.Bounced, d.Code = at, 0, ""
			}
		})
	case NoticeBounced:
		change(e.Channel, func(d *Delivery) {
			d.Bounced, d.Code = at, e.Code
			if d.Level != Acknowledged { // a person said so; a machine's report doesn't undo it
				d.Level, d.Agreed = NoProof, 0
			}
		})
	}
	return n
}

// delivery returns how a channel fared.
func (n Notice) delivery(channel NoticeChannel) (Delivery, bool) {
	i := slices.IndexFunc(n.Deliveries, func(d Delivery) bool { return d.Channel == channel })
	if i < 0 {
		return Delivery{}, false
	}
	return n.Deliveries[i], true
}
