package intake

import (
	"cmp"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// A telephony provider's event streams. What is taken, and only once a message or call is over: each
// of these is sent once per message or call, so its time is a time of the thing itself.
var twilioTaken = map[string]func(*cloudEvents, call, attributes) *ledger.Submission{
	"messaging.message.delivered":          (*cloudEvents).messageSent,
	"messaging.message.undelivered":        (*cloudEvents).messageSent,
	"messaging.message.failed":             (*cloudEvents).messageSent,
	"messaging.inbound-message.received":   (*cloudEvents).messageReceived,
	"voice.insights.call-summary.complete": (*cloudEvents).callSummary,
}

// twilioPassed are the types that say nothing more than a later one will.
var twilioPassed = map[string]string{
	"messaging.message.accepted":                     stillUnderWay,
	"messaging.message.scheduled":                    stillUnderWay,
	"messaging.message.queued":                       stillUnderWay,
	"messaging.message.sending":                      stillUnderWay,
	"messaging.message.sent":                         stillUnderWay,
	"messaging.message.canceled":                     "a message that was never sent",
	"messaging.message.read":                         "a message that was told as delivered",
	"voice.insights.call-summary.partial":            stillUnderWay,
	"voice.insights.call-summary.predicted-complete": stillUnderWay,
}

const (
	stillUnderWay = "still under way: its end comes as an event of its own"

	twilioPrefix = "com.twilio."
	twilioSource = "twilio"
)

func (r *cloudEvents) twilio(item *Item, a attributes, o object) {
	name := strings.TrimPrefix(a.kind, twilioPrefix)
	if why := twilioPassed[name]; why != "" {
		item.Pass = r.notes.pass("passed over: " + why)
		return
	}
	read := twilioTaken[name]
	if read == nil {
		r.notes["refused: a type of the telephony provider that is not taken"]++
		o.fail("type", "this type of the telephony provider is not taken: leave it out of the subscription")
		return
	}
	data, ok := o.data()
	if !ok {
		return
	}
	if a.tenant.IsZero() {
		o.fail("tenant", "missing: the provider's events don't say whose they are, so say which tenant's account it is")
	}
	c := r.call(data)
	r.drops.count(c.object, c.member("from"), c.member("to"), c.member("properties"))
	s := read(r, c, a)
	if err := domain.Check(s.Event); err != nil {
		o.fault.set(refusal("data.", err))
	}
	item.Sub = []*ledger.Submission{s}
}

// of is what all of them have in common. The provider revises what it said: what is new is kept as an
// update, by the time of the event that told it.
func (c call) of(a attributes, id string, at domain.Moment) *ledger.Submission {
	if len(id) > 128 {
		c.fail("sid", "expected an id of at most 128 bytes")
	}
	return &ledger.Submission{
		Source: twilioSource, SourceID: id, Tenant: a.tenant, Stream: ledger.StreamRef{ID: id, At: at.At}, Occurred: at,
		Actor:    ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}},
		Subjects: []ledger.SubjectClaim{{Capacity: domain.Processor}}, Retold: true,
	}
}

// call reads an object of the provider's leniently.
func (r *cloudEvents) call(o object) call { return call{object: o, drops: r.drops, notes: r.notes} }

// required is the text of a field that every event of its type has.
func (c call) required(name string) string {
	if v := c.members[name]; !empty(v) {
		switch v.(type) {
		case string, int64:
		default:
			c.fail(name, "expected text")
		}
	}
	s := c.first(name)
	if s == "" {
		c.fail(name, "missing")
	}
	return s
}

// time reads a time of the data; one that can't be read is left out.
func (c call) time(name string) domain.Moment {
	m, ok := readTime(c.members[name])
	if !ok && c.has(name) {
		c.leave(name, "a time that can't be read")
	}
	m.Zone = "" // the provider's times are in UTC, whatever they say
	return m
}

// messageSent: a text to a person, at its end. What it said never enters.
func (r *cloudEvents) messageSent(c call, a attributes) *ledger.Submission {
	e := domain.InteractionRecorded{Medium: domain.Text, Direction: domain.Outbound}
	e.Status = strings.ToUpper(a.kind[strings.LastIndexByte(a.kind, '.')+1:])
	return r.message(c, a, e, "to", "from")
}

// messageReceived: a text from a person. Whether it said STOP is in its body, which is never read: a
// withdrawal is sent as an event of its own.
func (r *cloudEvents) messageReceived(c call, a attributes) *ledger.Submission {
	return r.message(c, a, domain.InteractionRecorded{Medium: domain.Text, Direction: domain.Inbound, Status: "RECEIVED"}, "from", "to")
}

func (r *cloudEvents) message(c call, a attributes, e domain.InteractionRecorded, person, own string) *ledger.Submission {
	at := c.time("timestamp")
	if at.At == 0 {
		at = a.at
	}
	if at.At == 0 {
		c.fail("timestamp", "missing, and the event has no time")
	}
	s := c.of(a, c.required("messageSid"), at)
	r.person(c, person, s, &e)
	r.own(c, own, &e)
	e.Modified = a.at.At
	s.Event = e
	return s
}

// callSummary: a call, when it is over.
func (r *cloudEvents) callSummary(c call, a attributes) *ledger.Submission {
	e := domain.InteractionRecorded{Medium: domain.Call, Direction: domain.Inbound, Status: c.statusWord("call_state"), Seconds: c.seconds("duration")}
	at := c.began(a)
	if end := c.time("end_time"); end.At >= at.At {
		e.Ended = end.At
	} else if e.Seconds > 0 {
		e.Ended = at.At + domain.Time(e.Seconds)*domain.Time(time.Second/time.Microsecond)
	}
	s := c.of(a, c.required("call_sid"), at)
	from, to, direction := r.call(c.part("from")), r.call(c.part("to")), r.call(c.part("properties"))
	switch way := strings.ToLower(direction.first("direction")); {
	case strings.HasPrefix(way, "inbound") || way == "trunking_terminating":
		r.person(from, "caller", s, &e)
		r.own(to, "callee", &e)
	case strings.HasPrefix(way, "outbound") || way == "trunking_originating":
		e.Direction = domain.Outbound
		r.person(to, "callee", s, &e)
		r.own(from, "caller", &e)
	default: // which of the two is the person isn't known either
		e.Direction = domain.UnknownDirection
		direction.leave("direction", "a direction that isn't known")
	}
	e.Modified = a.at.At
	s.Event = e
	return s
}

// began is when a call began: where it doesn't say, the event's own time is the nearest that stays the same.
func (c call) began(a attributes) domain.Moment {
	at := c.time("start_time")
	if at.At == 0 {
		at = a.at
	}
	if at.At == 0 {
		c.fail("start_time", "missing, and the event has no time: when did the call begin?")
	}
	return at
}

// person reads who it was with. An address that is no telephone number leads to nobody.
func (r *cloudEvents) person(c call, field string, s *ledger.Submission, e *domain.InteractionRecorded) {
	written := c.first(field)
	if len(written) > 9 && strings.EqualFold(written[:9], "whatsapp:") {
		e.Medium = domain.Chat
	}
	if written == "" {
		return
	}
	read := readCaller(written, r.o.DefaultRegion)
	if read.why != "" || read.more > 0 {
		c.leave(field, cmp.Or(read.why, "a second number"))
	}
	if read.number.Value != "" {
		s.Subjects[0].Identifiers = []ledger.Identifier{read.number}
		e.Number, e.Country = domain.Clear(read.number.Value), read.number.Country
	}
}

// own reads the company's number. A short code or a sender's name is not one to keep.
func (r *cloudEvents) own(c call, field string, e *domain.InteractionRecorded) {
	written := c.first(field)
	if written == "" {
		return
	}
	read := readCaller(written, r.o.DefaultRegion)
	if read.why != "" || read.more > 0 {
		c.leave(field, cmp.Or(read.why, "a second number"))
	}
	e.TrackingNumber = read.number.Value
}
