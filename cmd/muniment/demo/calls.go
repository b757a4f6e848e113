package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"muniment/domain"
)

// call is a call, text or form as the demo remembers it: what was done with it later must fit.
type call struct {
	account  *account
	sid      string
	at       time.Time
	medium   domain.Medium
	outbound bool
	who      *person // nil for a caller who withheld the number
	agent    int     // -1 for nobody
	status   string
	seconds  int
	recorded bool
	tracking string
	gone     bool // redacted at its source before it was imported
}

func (c *call) ref() *ref { return refTo(c.sid, c.at) }

func (c *call) end() time.Time { return c.at.Add(time.Duration(c.seconds) * time.Second) }

// year is for how many days back there are calls.
const year = 364

// callsOf makes an account's calls, in the order of time.
func (s *story) callsOf(a *account) []*call {
	d := dice("calls/" + a.short)
	people := a.peopleOf()
	zone, err := time.LoadLocation(a.zone)
	if err != nil { // a machine without time zones: its office hours are then London's
		zone = time.UTC
	}
	list := make([]*call, a.calls)
	for i := range list {
		c := &call{account: a, at: s.officeHours(d, zone, min(year, a.joined-5)), tracking: a.numbers(pick(d, a.tracking))}
		c.agent = d.IntN(a.there(s.since(c.at)))
		c.happen(d, people)
		list[i] = c
	}
	slices.SortStableFunc(list, func(x, y *call) int { return cmp.Compare(x.at.Unix(), y.at.Unix()) })
	for i, c := range list {
		c.sid = fmt.Sprintf("%sdemo%s%05d", map[domain.Medium]string{domain.Call: "CA", domain.Text: "SM", domain.Form: "FR"}[c.medium], a.short, i+1)
		// Before it came to us the agency had its tracker redact this account's calls.
		c.gone = a.short == "fjallhus" && c.at.Before(s.ago(320, 0, 0))
	}
	return list
}

// officeHours is a time on a day, seldom a weekend's, that is past, with what was done about it.
func (s *story) officeHours(d *rand.Rand, zone *time.Location, days int) time.Time {
	y, m, day := s.ago(1+d.IntN(days), 0, 0).Date()
	hour := 8 + (d.IntN(11)+d.IntN(11))/2
	at := time.Date(y, m, day, hour, d.IntN(60), d.IntN(60), 0, zone)
	if w := at.Weekday(); (w == time.Saturday || w == time.Sunday) && d.IntN(5) > 0 {
		at = at.AddDate(0, 0, -2)
	}
	if at.After(s.now.Add(-2 * time.Hour)) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}

// happen decides who did what.
func (c *call) happen(d *rand.Rand, people []*person) {
	c.who = people[d.IntN(1+d.IntN(len(people)))] // some call often
	c.outbound = d.IntN(4) == 0
	switch n := d.IntN(100); {
	case n < 62:
		c.medium, c.status = domain.Call, pick(d, []string{"answered", "answered", "answered", "answered", "no answer", "busy", "voicemail"})
		if c.status == "answered" {
			c.seconds, c.recorded = 20+d.IntN(400)+d.IntN(400), d.IntN(4) > 0
		} else {
			c.agent = -1
		}
		if !c.outbound && d.IntN(40) == 0 {
			c.who = nil
		}
	case n < 85:
		c.medium, c.status = domain.Text, "received"
		if c.outbound {
			c.status = "delivered"
		}
	default:
		c.medium, c.outbound, c.agent = domain.Form, false, -1
	}
}
