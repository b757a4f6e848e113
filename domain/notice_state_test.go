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
		{"answered, late", delivered(deemed, tooLate, answered), NoticeIsAnswered, NoAuthority, nil},
		{"settled", delivered(objected, mitigated), NoticeIsOpen, NoAuthority, nil},
		{"authorised", delivered(saidYes), NoticeIsAuthorised, ExplicitAuthority, nil},
		{"imported silence after a yes", delivered(saidYes, deemed), NoticeIsAuthorised, ExplicitAuthority, nil},
		{"deemed", delivered(deemed), NoticeIsDeemed, DeemedAuthority, nil},
		{"activated", delivered(deemed, activated), NoticeIsActivated, DeemedAuthority, nil},
		{"used without a yes", delivered(activated), NoticeIsActivated, UnprovenAuthority, []NoticeFinding{FindingUnauthorised}},
		{"used and contested", delivered(deemed, activated, on{"2026-12-24", tooLate.event}), NoticeIsObjected, DeemedAuthority, []NoticeFinding{FindingContested}},
		{"a removal took effect", deliveredTo(prepared(removal), activated), NoticeIsActivated, NoAuthority, nil},
		{"emergency", []on{prepared(clause), emergency}, NoticeIsEmergency, UnprovenAuthority, []NoticeFinding{FindingUnauthorised, FindingEmergency}},
		{"told for a day within the notice period", []on{prepared(effective("2026-10-15"))}, NoticeIsPrepared, NoAuthority, []NoticeFinding{FindingUndercut}},
		{"for the day after it", []on{prepared(effective("2026-10-16"))}, NoticeIsPrepared, NoAuthority, nil},
		{"waived by a yes", delivered(saidYes, on{"2026-10-13", ReminderSent{ByEmail}}), NoticeIsAuthorised, ExplicitAuthority, nil},
		{"emergency under SCC", []on{prepared(clause, scc), {"2026-10-03", EmergencyInvoked{"OUTAGE", SCCModule2}}}, NoticeIsEmergency, UnprovenAuthority,
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
		if got := (Counting{}).EndOfDays(moment(c.from), c.days); got != moment(c.end) {
			t.Errorf("%d days after %s end at %s, want %s", c.days, c.from, got, c.end)
		}
	}
	if n := fold[Notice]([]on{prepared()}); n.SilenceFrom() != 0 || n.NoticePeriodEnds() != 0 || n.WindowOver(moment("2030-01-01")) {
		t.Error("without a window nothing runs")
	}
}

// What is not valid changes nothing that is.
func TestInvalidActsChangeNothing(t *testing.T) {
	other := prepared(model(UnknownModel), clause).event
	for _, c := range []struct {
		name        string
		valid, more []on
	}{
		{"an answer to nothing", delivered(), []on{answered}},
		{"a measure against nothing", delivered(), []on{mitigated}},
		{"taking back what was not raised", delivered(), []on{tookBack}},
		{"an answer after it was settled", delivered(objected, mitigated), []on{{"2026-10-23", ObjectionAnswered{}}}},
		{"an objection after a block", delivered(blocked), []on{{"2026-10-25", objected.event}}},
		{"a yes by link after a yes", delivered(saidYes), []on{{"2026-10-13", NoticeAuthorised{By: ByLink}}}},
		{"silence after a yes", delivered(saidYes), []on{deemed}},
		{"silence after an objection", delivered(objected), []on{deemed}},
		{"silence in the window", delivered(), []on{{"2026-10-10", deemed.event}}},
		{"a second preparation", delivered(saidYes), []on{{"2026-10-13", other}}},
		{"a second window", delivered(), []on{{"2026-10-04", window(OnDelivery, "2026-10-04")}}},
		{"a second activation", delivered(deemed, activated), []on{{"2026-12-05", Activated{}}}},
		{"an activation after a block", delivered(deemed, blocked), []on{activated}},
		{"a second block", delivered(blocked), []on{{"2026-10-25", EngagementBlocked{"INCIDENT"}}}},
		{"a termination after a block", delivered(blocked), []on{terminated}},
		{"a withdrawal of what is in use", delivered(deemed, activated), []on{{"2026-12-05", NoticeWithdrawn{}}}},
	} {
		before, after := fold[Notice](c.valid), fold[Notice](facts(c.valid, c.more))
		after.Since, after.Seq = before.Since, before.Seq
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%s:\n%+v\n%+v", c.name, before, after)
		}
	}
}

// The window lasts as long as the notice period, in the agreement's zone, and the governing law decides
// about its last day.
func TestWindowEndsByLawAndZone(t *testing.T) {
	longest := func(e *NoticePrepared) { e.NoticeDays, e.ObjectionDays = 30, 10 }
	for _, c := range []struct {
		name      string
		terms     on
		delivered string
		closes    string
		rule      DayRule
	}{
		{"a working day", prepared(under("DE", "Europe/Berlin")), "2026-10-01T12:00:00Z", "2026-10-15T22:00:00Z", BGB193},
		{"the day is the zone's: after midnight in Berlin", prepared(under("DE", "Europe/Berlin")), "2026-10-01T22:30:00Z", "2026-10-16T22:00:00Z", BGB193},
		{"a Saturday moves to Monday under § 193 BGB", prepared(under("DE", "Europe/Berlin")), "2026-10-03T12:00:00Z", "2026-10-19T22:00:00Z", BGB193},
		{"26 October is a holiday in Austria", prepared(under("AT", "Europe/Vienna")), "2026-10-12T10:00:00Z", "2026-10-27T23:00:00Z", ABGB903},
		{"and none in Germany", prepared(under("DE", "Europe/Berlin")), "2026-10-12T10:00:00Z", "2026-10-26T23:00:00Z", BGB193},
		{"Christmas to the Monday after", prepared(under("DE", "Europe/Berlin")), "2026-12-11T10:00:00Z", "2026-12-28T23:00:00Z", BGB193},
		{"a law that isn't known moves nothing", prepared(under("SE", "Europe/Stockholm")), "2026-10-03T12:00:00Z", "2026-10-17T22:00:00Z", HouseRule},
		{"the notice period is longer than the days to object", prepared(longest), "2026-10-01T12:00:00Z", "2026-11-01T00:00:00Z", HouseRule},
	} {
		sent := []on{c.terms, {c.delivered, NoticeSent{ByEmail, 1}}}
		events, no := fold[Notice](sent).Proven(Accepted, ByEmail, moment(c.delivered))
		if no != nil || len(events) != 2 {
			t.Fatalf("%s: got %v, %v", c.name, events, no)
		}
		w := events[1].(WindowOpened)
		if w.Closes != moment(c.closes) || w.Rule != c.rule {
			t.Errorf("%s: got %s by %s, want %s", c.name, w.Closes, w.Rule, c.closes)
		}
		if n := fold[Notice](append(sent, on{c.delivered, events[0]}, on{c.delivered, w})); n.NoticePeriodEnds() > n.Window.Closes || n.Window.Rule != c.rule {
			t.Errorf("%s: the window ends at %s, before the notice period at %s", c.name, n.Window.Closes, n.NoticePeriodEnds())
		}
	}
}
