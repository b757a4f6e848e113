package intake

import (
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

func (c call) id() string {
	id := c.first("sid", "id")
	if id == "" {
		c.fail("sid", "missing: the record's own id")
	} else if len(id) > 128 {
		c.fail("sid", "expected at most 128 bytes")
	}
	return id
}

// instant is when it began. The zone is that of the wall clock, where the record shows one.
func (c call) instant() domain.Moment {
	wall, shown := readTime(c.members["called_at"])
	m, ok := readTime(c.members["unix_time"])
	switch {
	case ok:
		m.Zone = wall.Zone
		return m
	case shown:
		if c.has("unix_time") {
			c.leave("unix_time", "a time that can't be read")
		}
		return wall
	case c.members["unix_time"] == int64(0):
		c.fail("unix_time", "is zero, which stands for no time: expected the seconds since 1970 when it began")
	default:
		c.fail("unix_time", "missing, or no time: expected the seconds since 1970, or in called_at a time such as 2026-10-01 10:17 AM +02:00")
	}
	return m
}

// modified is when the source last changed the record, where it tells.
func (c call) modified() domain.Time {
	for _, name := range []string{"updated_at", "modified_at", "last_modified", "last_updated"} {
		if !c.has(name) {
			continue
		}
		if m, ok := readTime(c.members[name]); ok {
			return m.At
		}
		c.leave(name, "a time that can't be read")
	}
	return 0
}

// medium tells call, text, form and chat apart. A tracker puts the medium into the direction.
func (c call) medium() (domain.Medium, domain.Direction) {
	direction := strings.ToLower(c.first("direction"))
	medium, way := domain.Medium(""), domain.UnknownDirection
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(direction, w) {
				return true
			}
		}
		return false
	}
	switch {
	case says("out"):
		way = domain.Outbound
	case says("inbound", "incoming") || direction == "in":
		way = domain.Inbound
	}
	switch {
	case says("msg", "sms", "mms", "text", "message"):
		medium = domain.Text
	case says("chat", "whatsapp"):
		medium = domain.Chat
	case says("form"), direction == "" && len(c.form.members) > 0:
		medium = domain.Form
	case way != domain.UnknownDirection, says("call", "voice"), direction == "" && c.saysCall():
		medium = domain.Call
	default:
		medium = domain.OtherMedium
	}
	if way == domain.UnknownDirection && (medium == domain.Form || medium == domain.Chat) {
		way = domain.Inbound // people begin these
	}
	if way == domain.UnknownDirection {
		c.leave("direction", "a direction that isn't known")
	}
	return medium, way
}

// saysCall reports whether a record without a direction has what only calls have.
func (c call) saysCall() bool {
	return c.has("duration") || c.has("audio") || c.has("call_status") || c.has("dial_status")
}

// statuses are the words that are kept. A status can be named freely at the source, so any other
// becomes OTHER: a word kept in the clear must not be somebody's name.
var statuses = strings.Fields(`answered completed no_answer busy failed canceled cancelled voicemail hangup blocked missed
	received sent delivered undelivered redirected transferred unanswered abandoned spam`)

// unfinished are the states of a call that is not over.
var unfinished = strings.Fields("ringing queued initiated in_progress dialing")

func (c call) status() string {
	return c.statusWord("status", "call_status", "dial_status")
}

// statusWord makes a closed word of the first of the named fields that is filled in.
func (c call) statusWord(fields ...string) string {
	s := strings.NewReplacer(" ", "_", "-", "_", "noanswer", "no_answer").Replace(strings.ToLower(c.first(fields...)))
	switch s {
	case "fail":
		s = "failed"
	case "complete":
		s = "completed"
	}
	if s == "" {
		return ""
	}
	for _, w := range unfinished {
		if s == w {
			c.fail(fields[0], "the call is still under way: import it again when it is over")
		}
	}
	for _, w := range statuses {
		if s == w {
			return strings.ToUpper(w)
		}
	}
	return "OTHER"
}

// actor is the agent who took or made the call. Nobody took a form: the system did.
func (c call) actor(m domain.Medium) ledger.ActorClaim {
	login := c.short(256, "agent.id", "agent_id")
	if login == "" {
		kind := domain.UnknownActor
		if m == domain.Form {
			kind = domain.System
		}
		return ledger.ActorClaim{Actor: domain.Actor{Kind: kind}}
	}
	return ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT"}, System: ctmSource, Login: login,
		Name: c.short(domain.MaxPersonal, "agent.name"), Email: c.short(domain.MaxPersonal, "agent.email")}
}

// callerFields hold the person's number, those with the country code first.
var callerFields = strings.Fields("caller_number_complete caller_number contact_number form.customer_number_to_dial caller_number_format caller_number_bare")

// callerNumber reads the first of the fields that holds a number. When none does, what the first of them
// holds instead is counted; so is a second number.
func (c call) callerNumber(numbers numbers, region string) (number ledger.Identifier, found bool) {
	odd, why := "", ""
	for _, field := range callerFields {
		s := c.first(field)
		if s == "" {
			continue
		}
		read := numbers.read(s, region)
		if read.more > 0 {
			c.leave(field, "a second number")
		}
		if read.number.Value != "" {
			return read.number, true
		}
		if odd == "" && read.why != "" {
			odd, why = field, read.why
		}
	}
	if odd != "" {
		c.leave(odd, why)
	}
	return number, false
}
