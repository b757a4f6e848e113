package demo

import (
	"context"
	"hash/crc32"
	"io"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger/intake"
)

// records are an account's calls, texts and forms as its tracker's API gives them.
func (s *story) records(a *account) func(context.Context, World) ([]byte, func(io.Reader) (intake.Reader, error), error) {
	return func(context.Context, World) ([]byte, func(io.Reader) (intake.Reader, error), error) {
		var list []object
		for _, c := range s.calls {
			if c.account == a {
				list = append(list, c.record())
			}
		}
		return lines(list), func(r io.Reader) (intake.Reader, error) {
			return intake.CTM(r, intake.CTMOptions{Tenant: a.id, DefaultRegion: a.country, Now: func() time.Time { return s.now }})
		}, nil
	}
}

var (
	sources  = []string{"Google Ads", "Website", "Newsletter", "Direct", "Street sign", "Map listing"}
	messages = []string{"Can I come on Thursday instead?", "Thank you, see you then.", "What does it cost?", "Please call me after four.", "Is this still available?"}
)

// record is one call in the tracker's own form, with the fields that ours never takes in.
func (c *call) record() object {
	d := dice("record/" + c.sid)
	direction := map[bool]string{false: "inbound", true: "outbound"}[c.outbound]
	r := object{"id": 700_000_000 + crc32.ChecksumIEEE([]byte(c.sid))%100_000_000, "sid": c.sid, "account_id": 9000 + crc32.ChecksumIEEE([]byte(c.account.short))%1000,
		"source": pick(d, sources), "direction": direction, "unix_time": c.at.Unix(), "called_at": c.at.Format("2006-01-02 03:04 PM -07:00"),
		"tracking_number": c.tracking, "duration": c.seconds, "status": c.status, "redacted": c.gone, "tag_list": []string{}}
	switch c.medium {
	case domain.Text:
		r["direction"], r["message_body"] = "msg_"+direction, pick(d, messages)
	case domain.Form:
		r["direction"] = "form"
	case domain.Call:
		r["ring_time"], r["talk_time"], r["call_status"] = d.IntN(20), c.seconds, c.status
	}
	if c.agent >= 0 && !c.gone {
		name := c.account.agents[c.agent]
		r["agent_id"], r["agent"] = c.account.login(c.agent), object{"id": c.account.login(c.agent), "name": name, "email": address(name, c.account.host())}
	}
	if c.gone {
		delete(r, "message_body")
		return r
	}
	if c.recorded {
		r["audio"] = "https://recordings.example.com/" + c.sid + ".mp3"
		r["transcription"] = "/transcriptions/" + c.sid
	}
	if c.who == nil {
		r["caller_number"] = "anonymous"
		return r
	}
	c.who.fill(r, c.medium)
	if c.medium == domain.Form || d.IntN(3) == 0 {
		r["visitor_ip"], r["location"] = ip(d), "https://"+c.account.host()+"/contact"
	}
	return r
}

// fill writes what the tracker knows of the person.
func (p *person) fill(r object, m domain.Medium) {
	r["name"], r["cnam"], r["city"], r["country"] = p.name, strings.ToUpper(p.name), p.city, p.country
	r["caller_number"], r["contact_number"] = p.number, p.number
	if p.email != "" && m != domain.Text {
		r["email"] = p.email
	}
	if m == domain.Form {
		form := object{"form_id": 77, "form_name": "Contact us", "name": p.name, "customer_number_to_dial": p.number,
			"custom": []object{{"id": "consent", "label": "I agree to be contacted", "value": "yes"}}}
		if p.email != "" {
			form["email"] = p.email
		}
		r["form"] = form
	}
}
