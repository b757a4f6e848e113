package intake

import (
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
	c := call{object: data}
	r.drops.count(c.object, c.member("from"), c.member("to"), c.member("properties"))
	s := read(r, c, a)
	if err := domain.Check(s.Event); err != nil {
		o.fault.set(refusal("data.", err))
	}
	item.Sub = []*ledger.Submission{s}
}

// of is what all of them have in common. The provider revises what it said; the first stands.
func (c call) of(a attributes, id string, at domain.Moment) *ledger.Submission {
	if len(id) > 128 {
		c.fail("sid", "expected an id of at most 128 bytes")
	}
	return &ledger.Submission{
		Source: twilioSource, SourceID: id, Tenant: a.tenant, Stream: ledger.StreamRef{ID: id, At: at.At}, Occurred: at, KeepFirst: true,
		Actor:    ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}},
		Subjects: []ledger.SubjectClaim{{Capacity: domain.Processor}},
	}
}

// required is the text of a field that every event of its type has.
func (c call) required(name string) string {
	s := c.first(name)
	if s == "" {
		c.fail(name, "missing")
	}
	return s
}

// time reads a time of the data.
func (c call) time(name string) (m domain.Moment) {
	s := c.first(name)
	if s == "" {
		return m
	}
	at, _, err := domain.ParseTime(s)
	if err != nil {
		c.fail(name, "%s", err)
	}
	return domain.At(at)
}

// messageSent: a text to a person, at its end. What it said never enters.
func (r *cloudEvents) messageSent(c call, a attributes) *ledger.Submission {
	e := domain.InteractionRecorded{Medium: domain.Text, Direction: "OUTBOUND"}
	e.Status = strings.ToUpper(a.kind[strings.LastIndexByte(a.kind, '.')+1:])
	return r.message(c, a, e, "to", "from")
}

// messageReceived: a text from a person. Whether it said STOP is in its body, which is never read: a
// withdrawal is sent as an event of its own.
func (r *cloudEvents) messageReceived(c call, a attributes) *ledger.Submission {
	return r.message(c, a, domain.InteractionRecorded{Medium: domain.Text, Direction: "INBOUND", Status: "RECEIVED"}, "from", "to")
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
	s.Event = e
	return s
}

// callSummary: a call, when it is over.
func (r *cloudEvents) callSummary(c call, a attributes) *ledger.Submission {
	e := domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Status: c.statusWord("call_state"), Seconds: c.number("duration")}
	at := c.time("start_time")
	if at.At == 0 {
		c.fail("start_time", "missing: when did the call begin?")
	}
	if end := c.time("end_time"); end.At != 0 {
		e.Ended = end.At
	} else if e.Seconds > 0 {
		e.Ended = at.At + domain.Time(e.Seconds)*domain.Time(time.Second/time.Microsecond)
	}
	s := c.of(a, c.required("call_sid"), at)
	from, to := call{object: c.member("from")}, call{object: c.member("to")}
	direction := call{object: c.member("properties")}
	switch way := strings.ToLower(direction.first("direction")); {
	case way == "inbound" || way == "trunking_terminating":
		r.person(from, "caller", s, &e)
		r.own(to, "callee", &e)
	case strings.HasPrefix(way, "outbound") || way == "trunking_originating":
		e.Direction = "OUTBOUND"
		r.person(to, "callee", s, &e)
		r.own(from, "caller", &e)
	default:
		direction.fail("direction", "expected inbound, outbound_api, outbound_dial or a trunk's")
	}
	s.Event = e
	return s
}

// person reads who it was with. An address that is no telephone number leads to nobody.
func (r *cloudEvents) person(c call, field string, s *ledger.Submission, e *domain.InteractionRecorded) {
	written := c.first(field)
	if bare, chat := strings.CutPrefix(written, "whatsapp:"); chat {
		written, e.Medium = bare, domain.Chat
	}
	if written == "" || isNoCaller(written) {
		return
	}
	if scheme, _, ok := strings.Cut(written, ":"); ok && scheme != "tel" {
		r.notes["kept without a number: the address is none of the telephone network"]++
		return
	}
	number, err := ParseNumber(written, r.o.DefaultRegion)
	if err != nil {
		c.fail(field, "%s", err)
		return
	}
	s.Subjects[0].Identifiers = []ledger.Identifier{number}
	e.Number, e.Country = domain.Clear(number.Value), number.Country
}

// own reads the company's number. A short code or a sender's name is not one to keep.
func (r *cloudEvents) own(c call, field string, e *domain.InteractionRecorded) {
	written := strings.TrimPrefix(c.first(field), "whatsapp:")
	if written == "" {
		return
	}
	number, err := ParseNumber(written, r.o.DefaultRegion)
	if err != nil {
		r.drops.add(c.prefix, field)
		return
	}
	e.TrackingNumber = number.Value
}
