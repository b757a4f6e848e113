package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"muniment/domain"
)

// consents are what callers and form fillers agreed to, refused and took back: one story for each
// person and purpose at most.
func (s *story) consents() (facts []fact) {
	asked := map[string]bool{}
	for _, c := range s.calls {
		purpose := map[domain.Medium]string{domain.Call: "RECORDING", domain.Text: "TEXT_REMINDERS", domain.Form: "MARKETING"}[c.medium]
		if c.gone || c.who == nil || c.outbound || c.medium == domain.Call && !c.recorded {
			continue
		}
		person := fmt.Sprint(c.account.short, "/", idOf(c.who.number), "/", purpose)
		d := dice("consent/" + person)
		if asked[person] || d.IntN(3) > 0 {
			continue
		}
		asked[person] = true
		facts = append(facts, s.answered(d, c, person, purpose)...)
	}
	return append(facts, s.announcedOnly()...)
}

// ways are how each purpose is asked for.
var ways = map[string]struct{ channel, act, text string }{
	"RECORDING":      {"IVR_KEY", "KEY_PRESSED", "recording-2025-03"},
	"TEXT_REMINDERS": {"SMS_KEYWORD", "KEYWORD_SENT", "reminders-2025-01"},
	"MARKETING":      {"WEB_FORM", "BOX_TICKED", "marketing-2025-06"},
}

func (s *story) answered(d *rand.Rand, c *call, person, purpose string) []fact {
	way := ways[purpose]
	told := func(kind string, at time.Time, data object) fact {
		f := c.account.tracked(kind, "consent/"+person+"/"+kind, at, data)
		data["purpose"] = purpose
		f.Purpose, f.Subjects = purpose, []object{c.who.subject()}
		return f
	}
	grant := told("consent.granted", c.at, object{"text": way.text, "digest": digest(way.text), "channel": way.channel, "act": way.act, "giver": "SELF",
		"artefact": digest(c.sid + "/consent"), "evidence": "Record " + c.sid + " of the call tracker"})
	grant.Basis = "CONSENT"
	later := c.at.AddDate(0, 0, 3+d.IntN(120))
	past := later.Before(s.now)
	switch n := d.IntN(20); {
	case n == 0:
		return []fact{told("consent.refused", c.at, object{"text": way.text, "channel": way.channel})}
	case n == 1:
		return []fact{told("consent.requested", c.at, object{"text": way.text, "digest": digest(way.text), "channel": way.channel})}
	case n == 2 && past:
		return []fact{grant, told("consent.expired", later, object{})}
	case n == 3 && past:
		return []fact{grant, told("consent.invalidated", later, object{"reason": "WRONG_TEXT_SHOWN"})}
	case n <= 6 && past:
		return []fact{grant, told("consent.withdrawn", later, object{"channel": pick(d, []string{way.channel, "VOICE"})})}
	case n == 7:
		return []fact{grant, told("consent.receipt_issued", c.at.Add(2*time.Minute), object{"digest": digest(c.sid + "/receipt")})}
	}
	return []fact{grant}
}

// announcedOnly is a grant that is none: the caller heard that calls are recorded and carried on
// (S33). It is kept as sent, and shows as INVALID.
func (s *story) announcedOnly() []fact {
	for _, c := range s.calls {
		if c.account.short == "prairie" && c.recorded && c.who != nil {
			f := c.account.tracked("consent.granted", "consent/announcement", c.at, object{"purpose": "QUALITY_RECORDING", "text": "announcement-2024-11",
				"channel": "VOICE", "act": "ANNOUNCEMENT_ONLY", "giver": "SELF"})
			f.Subjects, f.Basis = []object{c.who.subject()}, "CONSENT"
			return []fact{f}
		}
	}
	return nil
}
