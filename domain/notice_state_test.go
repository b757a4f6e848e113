package domain

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func TestNoticeStatusAndFindings(t *testing.T) {
	failed := on{"2026-10-01T11:00:00Z", NoticeFailed{ByEmail, 1, "REFUSED", true}}
	for _, c := range []struct {
		name     string
		given    []on
		status   NoticeStatus
		basis    AuthorityBasis
		findings []NoticeFinding
	}{
		{"prepared", []on{prepared()}, NoticeIsPrepared, NoAuthority, nil},
		{"nobody to tell", []on{prepared(nobody)}, NoticeIsPrepared, NoAuthority, []NoticeFinding{FindingNoAddressee}},
		{"model unknown", []on{prepared(model(UnknownModel))}, NoticeIsPrepared, UnprovenAuthority, []NoticeFinding{FindingUnknownModel}},
		{"sent", []on{prepared(), mailed}, NoticeIsSent, NoAuthority, nil},
		{"failed for good", []on{prepared(), mailed, failed}, NoticeIsBounced, NoAuthority, []NoticeFinding{FindingUndelivered}},
		{"tried again", []on{prepared(), mailed, failed, {"2026-10-02", NoticeSent{ByEmail, 2}}}, NoticeIsSent, NoAuthority, nil},
		{"bounced before any proof", []on{prepared(), mailed, bounced}, NoticeIsBounced, NoAuthority, []NoticeFinding{FindingUndelivered}},
		{"window open", delivered(), NoticeIsOpen, NoAuthority, nil},
		{"bounced in the window", delivered(bounced), NoticeIsBounced, NoAuthority, []NoticeFinding{FindingUndelivered}},
		{"objected", delivered(objected), NoticeIsObjected, NoAuthority, nil},
		{"answered", delivered(objected, answered), NoticeIsAnswered, NoAuthority, nil},
		{"answered, late", delivered(deemed, tooLate, answered), NoticeIsDeemed, DeemedAuthority, nil},
		{"settled", delivered(objected, mitigated), NoticeIsOpen, NoAuthority, nil},
		{"authorised", delivered(saidYes), NoticeIsAuthorised, ExplicitAuthority, nil},
		{"imported silence after a yes", delivered(saidYes, deemed), NoticeIsAuthorised, ExplicitAuthority, nil},
		{"deemed", delivered(deemed), NoticeIsDeemed, DeemedAuthority, nil},
		{"activated", delivered(deemed, activated), NoticeIsActivated, DeemedAuthority, nil},
		{"used without a yes", delivered(activated), NoticeIsActivated, UnprovenAuthority, []NoticeFinding{FindingUnauthorised}},
		{"used and contested", delivered(deemed, activated, on{"2026-12-24", tooLate.event}), NoticeIsObjected, DeemedAuthority, []NoticeFinding{FindingContested}},
		{"a removal took effect", deliveredTo(prepared(removal), activated), NoticeIsActivated, NoAuthority, nil},
		{"emergency", []on{prepared(clause), emergency}, NoticeIsEmergency, UnprovenAuthority, []NoticeFinding{FindingUnauthorised, FindingEmergency}},
		{"emergency under SCC", []on{prepared(clause, scc), {"2026-10-03", EmergencyInvoked{"OUTAGE", true}}}, NoticeIsEmergency, UnprovenAuthority,
			[]NoticeFinding{FindingUnauthorised, FindingEmergency, FindingSCC}},
		{"emergency, then silence", deliveredTo(prepared(clause), emergency, deemed), NoticeIsDeemed, DeemedAuthority, []NoticeFinding{FindingEmergency}},
		{"nothing yet", nil, "", "", nil},
		{"blocked, whoever was to be told", []on{prepared(nobody), blocked}, NoticeIsBlocked, NoAuthority, nil},
		{"terminated", []on{prepared(nobody), terminated}, NoticeIsTerminated, NoAuthority, nil},
		{"withdrawn", []on{prepared(nobody), withdrawn}, NoticeIsWithdrawn, NoAuthority, nil},
		{"withdrawn under objection", delivered(objected, withdrawn), NoticeIsWithdrawn, NoAuthority, nil},
	} {
		n := fold[Notice](c.given)
		if n.Status != c.status || n.Authority.Basis != c.basis || !slices.Equal(n.Findings(), c.findings) {
			t.Errorf("%s: got %s, %s, %v", c.name, n.Status, n.Authority.Basis, n.Findings())
		}
		if n.Exists() && (!slices.Contains(n.Status.Values(), string(n.Status)) || !slices.Contains(n.Authority.Basis.Values(), string(n.Authority.Basis)) ||
			!slices.Contains(n.Objection.State.Values(), string(n.Objection.State))) {
			t.Errorf("%s: a value outside its closed list: %+v", c.name, n)
		}
		for _, f := range n.Findings() {
			if !slices.Contains(f.Values(), string(f)) {
				t.Errorf("%s: finding %s is outside its closed list", c.name, f)
			}
		}
		kept, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var read Notice
		if err := json.Unmarshal(kept, &read); err != nil || !reflect.DeepEqual(read, n) {
			t.Errorf("%s: read back from JSON it differs (%v):\n%+v\n%+v", c.name, err, read, n)
		}
	}
}

func TestProofLevels(t *testing.T) {
	at := func(day string, channel NoticeChannel, level Proof) on { return on{day, NoticeProven{channel, level}} }
	hooked := on{"2026-10-01", NoticeSent{ByWebhook, 1}}
	for _, c := range []struct {
		name      string
		after     []on
		level     Proof
		suspended bool
		closes    string
	}{
		{"accepted", nil, Accepted, false, "2026-10-17"},
		{"a weaker proof lowers nothing", []on{at("2026-10-03", ByEmail, HandedOver)}, Accepted, false, "2026-10-17"},
		{"fetched is nothing", []on{at("2026-10-03", ByPage, Fetched)}, Accepted, false, "2026-10-17"},
		{"acknowledged", []on{at("2026-10-03", ByPage, Acknowledged)}, Acknowledged, false, "2026-10-17"},
		{"a bounce lowers, and neither closes nor moves the window", []on{bounced}, NoProof, true, "2026-10-17"},
		{"a bounce elsewhere changes nothing", []on{hooked, {"2026-10-05", NoticeBounced{ByWebhook, "410"}}}, Accepted, false, "2026-10-17"},
		{"another channel's delivery stands", []on{hooked, at("2026-10-04", ByWebhook, Accepted), bounced}, Accepted, false, "2026-10-19"},
		{"delivered again", []on{bounced, at("2026-10-08", ByEmail, Accepted)}, Accepted, false, "2026-10-23"},
		{"imported without the window's opening", nil, Accepted, false, ""},
		{"a second window event changes nothing", []on{{"2026-10-04", window(OnDelivery, "2026-10-04")}}, Accepted, false, "2026-10-17"},
	} {
		n, closes := fold[Notice](delivered(c.after...)), Time(0)
		if c.closes == "" {
			n = fold[Notice]([]on{prepared(), mailed, accepted})
		} else {
			closes = moment(c.closes)
		}
		if n.Level != c.level || n.Suspended() != c.suspended || n.Window.Closes != closes {
			t.Errorf("%s: got %s, suspended %v, closes %s", c.name, n.Level, n.Suspended(), n.Window.Closes)
		}
	}
	if Fetched.AtLeast(HandedOver) || Fetched.AtLeast(Fetched) || NoProof.AtLeast(NoProof) || !Accepted.AtLeast(Fetched) || HandedOver.AtLeast(NoProof) {
		t.Error("FETCHED and NONE are never evidence, and stand for ACCEPTED where they are asked for")
	}
}

func TestNoticeKeepsWhoAnswered(t *testing.T) {
	n := fold[Notice](delivered(objected, mitigated, on{"2026-10-24", NoticeAuthorised{ByLinkCode, someTenant}}, on{"2026-10-25", ReminderSent{ByEmail}}))
	want := Authority{Basis: ExplicitAuthority, By: someActor, How: ByLinkCode, For: someTenant, At: moment("2026-10-24")}
	if n.Authority != want || n.Objection.By != someActor || n.Objection.Ground != "LOCATION" || n.Reminded != moment("2026-10-25") || n.Tenant != someTenant {
		t.Errorf("got %+v, %+v", n.Authority, n.Objection)
	}
	if n.InUse() || !fold[Notice](delivered(deemed, activated)).InUse() || fold[Notice](delivered(deemed, activated, on{"2026-12-02", blocked.event})).InUse() {
		t.Error("in use from activation until it is blocked")
	}
}

func TestDaysAreCountedInFull(t *testing.T) {
	for _, c := range []struct {
		from string
		days int64
		end  string
	}{
		{"2026-10-01T00:00:00Z", 1, "2026-10-03"}, // the day itself doesn't count
		{"2026-10-01T23:59:59Z", 1, "2026-10-03"},
		{"2026-10-01T12:00:00Z", 0, "2026-10-02"},
		{"2026-10-02T12:00:00Z", 14, "2026-10-17"},
		{"2028-02-28T12:00:00Z", 1, "2028-03-01"}, // leap year
		{"2026-10-02T01:00:00+02:00", 1, "2026-10-03"},
		{"2026-10-01T12:00:00Z", -5, "2026-10-02"},
		{"2026-10-01T12:00:00Z", 1 << 52, "2126-09-08"}, // bounded, not overflown
	} {
		if got := EndOfDays(moment(c.from), c.days); got != moment(c.end) {
			t.Errorf("%d days after %s end at %s, want %s", c.days, c.from, got, c.end)
		}
	}
	if n := fold[Notice]([]on{prepared()}); n.SilenceFrom() != 0 || n.NoticePeriodEnds() != 0 || n.WindowOver(moment("2030-01-01")) {
		t.Error("without a window nothing runs")
	}
}
