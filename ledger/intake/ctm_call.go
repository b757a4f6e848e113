package intake

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"muniment/domain"
	"muniment/ledger"
)

// call is one foreign record, read leniently: what is absent, null or empty is not there, and a
// field that nothing asks for is left out and counted.
type call struct {
	object
	form, agent object
}

// member is an object that may be missing; then it is empty.
func (o object) member(name string) object {
	members, _ := o.members[name].(map[string]any)
	return object{o.prefix + name + ".", members, o.fault}
}

// first is the first of the named fields that has text in it.
func (c call) first(names ...string) string {
	for _, name := range names {
		o, field := c.object, name
		switch prefix, rest, _ := strings.Cut(name, "."); prefix {
		case "form":
			o, field = c.form, rest
		case "agent":
			o, field = c.agent, rest
		}
		switch v := o.members[field].(type) {
		case nil:
		case string:
			if s := strings.TrimSpace(v); s != "" {
				return s
			}
		case int64: // ids come as numbers or as text
			return strconv.FormatInt(v, 10)
		default:
			c.fail(name, "expected text")
		}
	}
	return ""
}

// has reports whether a field holds anything.
func (c call) has(name string) bool { return !empty(c.members[name]) }

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func (c call) number(name string) int64 {
	v, there := c.members[name]
	n, ok := v.(int64)
	if there && v != nil && (!ok || n < 0 || n > 366*24*3600) {
		c.fail(name, "expected a number of seconds, a year at most")
		return 0
	}
	return n
}

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
	var m domain.Moment
	wall, err := time.Parse("2006-01-02 03:04 PM -07:00", c.first("called_at"))
	if err == nil {
		m = domain.At(domain.TimeOf(wall))
		m.Zone = wall.Format("-07:00")
	}
	switch v := c.members["unix_time"].(type) {
	case nil:
		if err != nil {
			c.fail("unix_time", "missing, and called_at holds no time such as 2026-10-01 10:17 AM +02:00")
		}
	case int64:
		if v <= 0 || v >= 1<<34 { // the year 2514: anything beyond is milliseconds
			c.fail("unix_time", "expected the seconds since 1970")
			return m
		}
		m.At, m.Precision = domain.TimeOf(time.Unix(v, 0)), domain.Instant
	default:
		c.fail("unix_time", "expected the seconds since 1970")
	}
	return m
}

// medium tells call, text, form and chat apart. A tracker puts the medium into the direction.
func (c call) medium() (domain.Medium, domain.Direction) {
	direction := strings.ToLower(c.first("direction"))
	way := domain.Direction("INBOUND")
	if strings.HasSuffix(direction, "outbound") {
		way = "OUTBOUND"
	}
	switch direction {
	case "inbound", "outbound":
		return domain.Call, way
	case "msg_inbound", "msg_outbound", "sms_inbound", "sms_outbound", "text_inbound", "text_outbound":
		return domain.Text, way
	case "chat", "chat_inbound", "chat_outbound":
		return domain.Chat, way
	case "form":
		return domain.Form, way
	case "":
		if len(c.form.members) > 0 {
			return domain.Form, way
		}
	}
	c.fail("direction", "expected one of inbound, outbound, msg_inbound, msg_outbound, chat, form")
	return domain.Call, way
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
func (c call) actor() ledger.ActorClaim {
	login := c.first("agent.id", "agent_id")
	if login == "" {
		kind := domain.UnknownActor
		if m, _ := c.medium(); m == domain.Form {
			kind = domain.System
		}
		return ledger.ActorClaim{Actor: domain.Actor{Kind: kind}}
	}
	if len(login) > 256 {
		c.fail("agent_id", "expected at most 256 bytes")
	}
	a := ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT"}, System: ctmSource, Login: login}
	a.Name, a.Email = c.first("agent.name"), c.first("agent.email")
	if len(a.Name) > domain.MaxPersonal || len(a.Email) > domain.MaxPersonal {
		c.fail("agent", "expected a name and an address of at most %d bytes", domain.MaxPersonal)
	}
	return a
}

// noCaller are the words a tracker puts in place of the number of a caller who withheld it. Carriers
// also spell them on a telephone's keys, as in +266696687.
var noCaller = strings.Fields("anonymous unknown restricted blocked unavailable private withheld none")

func isNoCaller(s string) bool { // s is not empty
	letters := strings.ToLower(strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	for _, w := range noCaller {
		if letters == w || s[0] == '+' && letters == keys(w) {
			return true
		}
	}
	return false
}

// keys spells a word on a telephone's keys.
func keys(word string) string {
	return strings.Map(func(r rune) rune { return rune("22233344455566677778889999"[r-'a']) }, word)
}

// callerNumber reads the first of the fields with the person's number that holds one, those with the
// country code first. When none does though one is filled in, it names that one.
func (c call) callerNumber(numbers numbers, region string) (number ledger.Identifier, found bool, wrong string) {
	for _, field := range []string{"caller_number_complete", "caller_number", "contact_number", "form.customer_number_to_dial", "caller_number_format", "caller_number_bare"} {
		s := c.first(field)
		if s == "" || isNoCaller(s) {
			continue
		}
		i, err := numbers.parse(s, region)
		if err == nil {
			return i, true, ""
		}
		if wrong == "" {
			wrong = field
		}
	}
	return number, false, wrong
}
