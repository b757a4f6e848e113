package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"muniment/domain"
)

// handling is what people did with calls, texts and forms: they looked, listened, took copies, changed.
func (s *story) handling() (facts []fact) {
	for _, c := range s.calls {
		if c.gone {
			continue
		}
		d := dice("handling/" + c.sid)
		if d.IntN(10) < 3 {
			facts = append(facts, c.viewed(d))
		}
		if c.recorded && d.IntN(100) < 22 {
			facts = append(facts, c.listened(d)...)
		}
		if d.IntN(100) < 6 {
			f := c.done(d, "interaction.edited", object{"fields": pick(d, [][]string{{"NAME"}, {"NAME", "EMAIL"}, {"NOTES"}, {"TAGS"}})}, 20*time.Minute)
			f.Purpose = "CUSTOMER_CARE"
			facts = append(facts, f)
		}
		if d.IntN(100) < 2 {
			facts = append(facts, c.helped(d))
		}
	}
	return facts
}

// done is a fact about the call by one of the account's agents, within a time after it.
func (c *call) done(d *rand.Rand, kind string, data object, within time.Duration) fact {
	at := c.end().Add(time.Minute + time.Duration(d.Int64N(int64(within))))
	f := c.account.tracked(kind, c.sid+"/"+kind, at.Truncate(time.Second), data)
	f.Of = c.ref()
	agent := max(c.agent, 0)
	f.Actor = object{"login": c.account.login(agent), "kind": "PERSON", "role": "AGENT"}
	f.Auth = []string{"PASSWORD", "SECOND_FACTOR"}
	if c.who != nil {
		f.Subjects = []object{c.who.subject()}
	}
	return f
}

func (c *call) viewed(d *rand.Rand) fact {
	fields := []string{"NAME", "NUMBER"}
	if c.medium == domain.Form {
		fields = []string{"NAME", "NUMBER", "EMAIL", "FORM_DATA"}
	}
	f := c.done(d, "interaction.viewed", object{"fields": fields}, 40*time.Minute)
	f.Purpose = pick(d, []string{"CALLBACK", "APPOINTMENT", "CUSTOMER_CARE"})
	return f
}

// listened is somebody listening to the recording: most with the PIN that is asked for, some without
// (S21), and seldom a copy taken afterwards.
func (c *call) listened(d *rand.Rand) []fact {
	f := c.done(d, "interaction.listened", object{"seconds": 5 + d.IntN(c.seconds)}, 55*time.Minute)
	f.Purpose = pick(d, []string{"QUALITY", "QUALITY", "TRAINING", "COMPLAINT"})
	if d.IntN(9) > 0 {
		f.Auth = append(f.Auth, "PIN")
	}
	if d.IntN(5) > 0 {
		return []fact{f}
	}
	taken := c.done(d, "interaction.downloaded", object{"field": "AUDIO", "digest": digest(c.sid + "/audio")}, 55*time.Minute)
	taken.Purpose, taken.Auth = "COMPLAINT", append(taken.Auth, "PIN")
	return []fact{f, taken}
}

// helped is our own support looking at a customer's call, for a ticket of the customer.
func (c *call) helped(d *rand.Rand) fact {
	f := c.done(d, "interaction.viewed", object{"fields": []string{"NUMBER", "STATUS", "CALL_FLOW"}}, 50*time.Minute)
	f.SourceID = fmt.Sprintf("%s/%s/support", c.account.short, c.sid)
	f.Purpose = "SUPPORT"
	return f.by(idOf(pick(d, support)), "OPERATOR")
}
