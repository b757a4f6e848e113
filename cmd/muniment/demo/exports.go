package demo

import (
	"fmt"
	"time"
)

// steps are how far exports come, in order.
var steps = []string{"requested", "approved", "generated", "delivered", "downloaded", "expired"}

var recipients = []struct{ name, country string }{
	{"Ekonomibyrån Talgoxen AB", "SE"}, {"Wexmoor Analytics LLC", "US"}, {"Hällmark Revision AB", "SE"}, {"Kanzlei Brunnhoff & Partner", "DE"},
}

// exports are copies that were asked for: some every two months, and one under way.
func (s *story) exports() (facts []fact) {
	for i, a := range s.accounts {
		n := 0
		for ago := 330 - 7*i; ago > 40 && ago < a.joined; ago -= 62 {
			facts = append(facts, s.export(a, fmt.Sprint("export/", n), ago, len(steps))...)
			n++
		}
		// the last one is still on its way
		facts = append(facts, s.export(a, fmt.Sprint("export/", n), 3, 1+i%5)...)
	}
	return facts
}

// export is one export, as far as it came.
func (s *story) export(a *account, id string, ago, far int) (facts []fact) {
	d := dice("export/" + a.short + id)
	asked := s.ago(ago, 9, d.IntN(60))
	channel := pick(d, []string{"SFTP", "SFTP", "SFTP", "API"})
	request := object{"categories": []string{"NUMBER", "TIME", "DURATION", "STATUS"}, "from": s.date(ago + 31), "to": s.date(ago + 1)}
	switch id {
	case "export/1": // less secure than SFTP, so with a reason
		channel, request["reason"] = "EMAIL", "RECIPIENT_HAS_NO_SFTP"
	case "export/3":
		channel, request["reason"] = "DOWNLOAD", "ONE_TIME_AUDIT"
	}
	request["channel"] = channel
	to := pick(d, recipients)
	data := map[string]object{
		"requested": request,
		"generated": {"rows": 40 + d.IntN(400), "digest": digest(a.short + id)},
		"delivered": {"channel": channel, "recipient": to.name, "country": to.country, "encrypted": channel != "EMAIL"},
	}
	at := asked
	for i, step := range steps[:far] {
		f := a.tracked("export."+step, id+"/"+step, at, data[step])
		f.Of, f.Actor = refTo(id, asked), object{"kind": "SYSTEM"}
		switch step {
		case "requested", "downloaded":
			f.Actor = object{"login": a.login(0), "kind": "PERSON", "role": "AGENT"}
		case "approved":
			f.Actor = object{"login": a.login(1), "kind": "PERSON", "role": "AGENT"}
		}
		facts = append(facts, f)
		at = at.Add([]time.Duration{4 * time.Hour, 10 * time.Minute, 2 * time.Minute, 5 * time.Hour, 30 * 24 * time.Hour, 0}[i])
	}
	return facts
}
