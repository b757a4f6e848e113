package demo

import (
	"fmt"
	"time"

	"muniment/domain"
)

// Nightly runs redact what is older than the window. The policies themselves were told with the
// accounts.

// removed are the fields a tracker removes, by medium; what survives is always the same.
var removed = map[domain.Medium][]string{
	domain.Call: {"NAME", "NUMBER", "CALLER_ID", "EMAIL", "AUDIO", "TRANSCRIPT", "NOTES", "VISITOR_DATA", "IP_ADDRESS", "TAGS"},
	domain.Text: {"NAME", "NUMBER", "CALLER_ID", "MESSAGE_TEXT", "MEDIA", "TAGS"},
	domain.Form: {"NAME", "NUMBER", "EMAIL", "FORM_DATA", "CUSTOM_FIELDS", "IP_ADDRESS", "VISITOR_DATA"},
}

var surviving = []string{"TRACKING_NUMBER", "SOURCE", "TIME", "STATUS"}

func (s *story) retention() (facts []fact) {
	for _, a := range s.accounts {
		due := map[int][]*call{} // days ago → what is redacted in that night
		for _, c := range s.calls {
			if c.account == a && !c.gone {
				if night, ok := s.night(c); ok {
					due[night] = append(due[night], c)
				}
			}
		}
		failed := -1
		if a.short == "cedar" {
			failed = latest(due, failing)
		}
		for night := year; night >= 0; night-- {
			if night == failed {
				due[night-1] = append(due[night], due[night-1]...)
			}
			if len(due[night]) > 0 {
				facts = append(facts, s.run(a, night, due[night], night == failed)...)
			}
		}
	}
	return append(facts, s.byHand()...)
}

// runs is when a night's run begins, UTC.
func (s *story) runs(night int) time.Time { return s.ago(night, 1, 30) }

// night finds the first run that a call is due for.
func (s *story) night(c *call) (int, bool) {
	for night := s.since(c.end()) + 1; night >= 0; night-- {
		at := s.runs(night)
		window := c.account.windowOn(night)
		if window != "" && !at.After(s.now) && !c.end().AddDate(0, 0, window.Days()).After(at) {
			return night, true
		}
	}
	return 0, false
}

// failing is about when the tracker of one account could not be reached: what was due in that night
// is done the night after, and shows as late.
const failing = 120

// latest is the first night from so many days ago on in which anything is due.
func latest(due map[int][]*call, from int) int {
	for night := from; night > 0; night-- {
		if len(due[night]) > 0 {
			return night
		}
	}
	return -1
}

func (s *story) run(a *account, night int, list []*call, failed bool) (facts []fact) {
	at := s.runs(night)
	completed := func(done int) fact {
		return a.tracked("retention.run_completed", "run/"+s.date(night), at.Add(4*time.Minute), object{"due": len(list), "done": done, "failed": len(list) - done})
	}
	if failed {
		return []fact{completed(0)}
	}
	for i, c := range list {
		f := a.tracked("interaction.redacted", c.sid+"/redacted", at.Add(time.Duration(i)*time.Second), object{"trigger": domain.Automatic, "fields": removed[c.medium], "survivors": surviving})
		f.Of, f.Actor = c.ref(), object{"kind": "SYSTEM"}
		facts = append(facts, f)
	}
	return append(facts, completed(len(list)))
}

// byHand are redactions by people, each acknowledged: slips that should not have been kept, and some
// at the wish of the person.
func (s *story) byHand() (facts []fact) {
	reasons := []string{"CARD_NUMBER_SPOKEN", "HEALTH_DATA_IN_NOTES", "WRONG_NUMBER", "CHILD_CALLED"}
	for _, c := range s.calls {
		d := dice("by hand/" + c.sid)
		if c.gone || c.who == nil || d.IntN(70) > 0 {
			continue
		}
		f := c.done(d, "interaction.redacted", object{"trigger": domain.Manual, "fields": pick(d, [][]string{{"AUDIO", "TRANSCRIPT"}, {"NOTES"}, {"NAME", "NUMBER", "NOTES"}}),
			"survivors": surviving, "acknowledged": true, "reason": pick(d, reasons)}, 50*time.Minute)
		if d.IntN(4) == 0 {
			f.Data["trigger"], f.Data["reason"], f.Data["fields"] = domain.OnRequest, "ERASURE_REQUESTED", removed[c.medium]
		}
		f.SourceID = fmt.Sprint(c.account.short, "/", c.sid, "/by hand")
		facts = append(facts, f)
	}
	return facts
}
