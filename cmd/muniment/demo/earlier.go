package demo

import (
	"context"
	"io"
	"time"

	"muniment/domain"
	"muniment/ledger/intake"
	"muniment/notices"
)

// The earlier change: a company that was announced, told, authorised and taken into use within the
// year. Nobody can decide in the past, so it is told as facts, on the streams on which the notices
// room would have kept them: there it finds that all was prepared and sent.

const (
	announcedAgo = 155
	effectiveAgo = 105
	storage      = "Norrvalv Storage AB"
)

// earlier tells the notices before the announcement, and what came of each before the notice itself:
// so whoever follows the log never finds anything left to do.
func (s *story) earlier(ctx context.Context, w World) ([]byte, func(io.Reader) (intake.Reader, error), error) {
	company, change := idOf("company/"+storage), idOf("change/"+storage)
	var facts []fact
	for _, a := range s.accounts {
		if a.joined <= announcedAgo {
			continue
		}
		naming, err := w.Ledger.Vault.NamingKey(ctx, a.id)
		if err != nil {
			return nil, nil, err
		}
		n := &told{story: s, account: a, stream: notices.Stream(naming, change, a.id).String(), company: company, change: change}
		facts = append(facts, n.facts()...)
	}
	return lines(append(facts, s.engaged(company, change)...)), asEvents, nil
}

// engaged is the company's own stream.
func (s *story) engaged(company, change domain.ID) []fact {
	on := func(kind string, ago int, data object) fact {
		f := own(kind, "storage", s.ago(ago, 8, 0), data)
		f.Stream = domain.Stream{Noun: "subprocessor", ID: company}.String()
		return f
	}
	return []fact{
		on("subprocessor.proposed", 190, object{"legalName": storage, "country": "SE", "service": "Encrypted storage", "purposes": []string{"Backup copies of recordings"},
			"locations": []string{"Sweden"}, "dataCategories": []string{"CALL_RECORDINGS"}, "subjectCategories": []string{"CALLERS"}, "mechanism": "NONE_NEEDED"}),
		on("subprocessor.due_diligence_completed", 175, object{"security": "PASSED", "privacy": "PASSED", "confidentiality": "PASSED_WITH_CONDITIONS",
			"digest": digest(storage + "/diligence"), "expires": s.date(175 - 730)}),
		on("subprocessor.flow_down_signed", 165, object{"digest": digest(storage + "/contract")}),
		on("subprocessor.change_announced", announcedAgo, object{"change": change.String(), "type": domain.AddSubprocessor, "effective": s.date(effectiveAgo),
			"summary":  "A second company keeps encrypted backup copies of recordings in Sweden.",
			"services": []string{"Call recording"}, "dataCategories": []string{"CALL_RECORDINGS"}, "locations": []string{"Sweden"}, "mechanism": "NONE_NEEDED"}),
	}
}

// told is one account's notice of it.
type told struct {
	*story
	account         *account
	stream          string
	company, change domain.ID
}

func (n *told) fact(kind string, at time.Time, data object) fact {
	f := n.account.fact(kind, "storage", at, data)
	f.Stream, f.Actor, f.Purpose = n.stream, object{"kind": "SYSTEM"}, "SUBPROCESSOR_NOTICE"
	if n.account.contact != "" {
		f = f.about(n.account.contactID())
	}
	return f
}

// said is a fact by the account's contact.
func (n *told) said(kind string, at time.Time, data object) fact {
	f := n.fact(kind, at, data).by(n.account.contactID(), "CUSTOMER")
	f.Auth = []string{"PASSWORD"}
	return f
}

func (n *told) facts() []fact {
	t, posted := n.account.terms, n.ago(announcedAgo, 8, 0)
	prepared := object{"change": n.change.String(), "subprocessor": n.company.String(), "type": domain.AddSubprocessor, "effective": n.date(effectiveAgo), "posted": instant(posted),
		"model": t.model, "noticeDays": t.notice, "objectionDays": t.objection, "windowStart": t.start, "proof": domain.Accepted, "graceDays": t.grace, "emergency": t.emergency, "scc": t.instrument(), "law": n.account.law(), "zone": n.account.zone}
	if n.account.contact == "" { // nobody to tell: it is not used for this customer
		return []fact{
			n.fact("notice.engagement_blocked", n.ago(effectiveAgo+1, 14, 0), object{"reason": "NOT_AUTHORISED"}),
			n.fact("notice.prepared", posted.Add(time.Minute), prepared),
		}
	}
	prepared["addressee"] = n.account.contactID().String()
	delivered := posted.Add(2 * time.Minute)
	days := domain.Counting{Law: n.account.law(), Zone: n.account.zone}
	closes := days.EndOfWindow(domain.TimeOf(delivered), max(t.objection, t.notice))
	return append(n.answers(closes.Std()),
		n.fact("notice.prepared", posted.Add(time.Minute), prepared),
		n.fact("notice.sent", delivered.Add(-5*time.Second), object{"channel": domain.ByEmail, "attempt": 1}),
		n.fact("notice.proven", delivered, object{"channel": domain.ByEmail, "level": domain.Accepted}),
		n.fact("notice.window_opened", delivered, object{"trigger": t.start, "contractual": instant(delivered), "delivered": instant(delivered), "closes": instant(closes.Std()), "rule": days.Rule()}),
	)
}

// answers are what came of it: silence under a general authorisation, else an explicit yes; one
// customer objected first and was given a measure.
func (n *told) answers(closes time.Time) []fact {
	activated := n.fact("notice.activated", n.ago(effectiveAgo, 7, 0), nil)
	if n.account.terms.model == domain.General {
		deemed := closes.AddDate(0, 0, int(n.account.terms.grace)).Add(time.Minute)
		return []fact{activated, n.fact("notice.deemed_authorised", deemed, object{"closed": instant(closes)})}
	}
	answered := n.ago(announcedAgo-6, 10, 0)
	facts := []fact{activated, n.said("notice.authorised", answered.AddDate(0, 0, 12), object{"by": domain.BySignIn})}
	if n.account.short == "cedar" {
		facts = append(facts,
			n.said("notice.objection_raised", answered, object{"ground": "SECURITY", "text": "Our auditors ask who holds the keys of the backup copies.", "by": domain.BySignIn}),
			n.fact("notice.objection_answered", answered.AddDate(0, 0, 3), object{"digest": digest("cedar/answer")}),
			n.fact("notice.mitigation_agreed", answered.AddDate(0, 0, 9), object{"digest": digest("cedar/mitigation")}))
	}
	return facts
}
