package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

func TestLoad(t *testing.T) {
	w := open(t)
	heard := &overheard{Handler: w.API}
	w.API = heard
	begun := time.Now()
	links, err := Load(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > promised {
		t.Errorf("loading took %s", took)
	}
	if len(links) < 5 {
		t.Errorf("links: %v", links)
	}
	e, ours, err := w.era(t.Context())
	if err != nil || !ours {
		t.Fatal("the demo does not know itself again", err)
	}
	s := newStory(e)
	t.Run("numbers", func(t *testing.T) { numbers(t, w, s) })
	t.Run("register", func(t *testing.T) { register(t, w) })
	t.Run("notices", func(t *testing.T) { answered(t, w, s) })
	t.Run("synthetic", func(t *testing.T) { synthetic(t, w, s, heard.said.String()) })
	t.Run("once", func(t *testing.T) {
		before := histogram(t, w)
		if again, err := Load(t.Context(), w); err != nil || len(again) != len(links) {
			t.Error(again, err)
		}
		if after := histogram(t, w); !maps.Equal(before, after) {
			t.Errorf("the second load changed the ledger: %v, then %v", before, after)
		}
	})
	t.Run("cut off", func(t *testing.T) { cutOff(t, histogram(t, w)) })
}

// numbers: every list has something in every state that the demo tells of.
func numbers(t *testing.T, w World, s *story) {
	ctx, r := t.Context(), w.Views.In(projections.Scope{All: true})
	at := must(r.Viewpoint(ctx, 0, 0, w.Now()))(t)
	one := projections.Page{First: 1}
	among := func(what string, least, most, n int) {
		t.Helper()
		if n < least || n > most {
			t.Errorf("%s: %d, expected %d to %d", what, n, least, most)
		}
	}
	calls := must(r.Interactions(ctx, projections.InteractionFilter{}, at, one))(t)
	among("interactions", len(s.calls), len(s.calls), total(t, calls))
	for _, a := range s.accounts {
		own := must(r.Interactions(ctx, projections.InteractionFilter{Tenant: a.id}, at, one))(t)
		among(a.name, a.calls, a.calls, total(t, own))
	}
	for _, action := range []string{"VIEWED", "LISTENED", "DOWNLOADED", "EDITED"} {
		among(action, 10, 1500, total(t, must(r.Accesses(ctx, projections.AccessFilter{Actions: []string{action}}, at, one))(t)))
	}
	for _, trigger := range domain.Trigger("").Values() {
		among(trigger, 3, 2500, total(t, must(r.Redactions(ctx, projections.RedactionFilter{Trigger: domain.Trigger(trigger)}, at, one))(t)))
	}
	for _, status := range []string{"REQUESTED", "GRANTED", "REFUSED", "WITHDRAWN", "EXPIRED", "INVALID"} {
		among("consents "+status, 3, 300, total(t, must(r.Consents(ctx, projections.StateFilter{Statuses: []string{status}}, at, one))(t)))
	}
	deviating := 0
	for _, x := range must(r.Exports(ctx, projections.StateFilter{}, at, projections.Page{First: projections.MaxPage}))(t).Edges {
		if !x.Node.State.Channel.Secure() {
			deviating++
		}
	}
	among("exports by a channel that needs a reason", 2, 20, deviating)
	for _, step := range steps {
		among("exports "+step, 1, 50, total(t, must(r.Exports(ctx, projections.StateFilter{Statuses: []string{strings.ToUpper(step)}}, at, one))(t)))
	}
	announced := must(r.Consents(ctx, projections.StateFilter{Tenant: s.account("prairie").id, Statuses: []string{"INVALID"}}, at, projections.Page{First: projections.MaxPage}))(t)
	if !slices.ContainsFunc(announced.Edges, func(e projections.Edge[projections.State[domain.Consent]]) bool {
		return e.Node.State.Act == domain.AnnouncementOnly
	}) {
		t.Error("no announcement is shown as INVALID")
	}
	for _, a := range s.accounts {
		if gap := must(r.Policy(ctx, a.id, at))(t) == nil; gap != (a.short == "prairie") {
			t.Errorf("%s without a policy: %v", a.name, gap)
		}
	}
}

func total[T any](t *testing.T, c projections.Conn[T]) int {
	t.Helper()
	n, ok, err := c.Total(t.Context())
	if err != nil || !ok {
		t.Fatal(n, ok, err)
	}
	return n
}

// register: four versions, with Twilio twice, AWS elsewhere, a rename and a removal.
func register(t *testing.T, w World) {
	r := w.Views.In(projections.Scope{All: true})
	names := func(day string) (list []string) {
		at := must(r.Viewpoint(t.Context(), domain.Date(day).Start(), 0, w.Now()))(t)
		for _, e := range must(r.Subprocessors(t.Context(), projections.StateFilter{Statuses: []string{projections.Listed}}, at, projections.Page{}))(t).Edges {
			list = append(list, fmt.Sprint(e.Node.State.LegalName, " ", e.Node.State.Locations))
		}
		return list
	}
	e, _, _ := w.era(t.Context())
	first, last := names(e.date(versions[0].ago)), names(e.date(0))
	if n := len(must(r.RegisterVersions(t.Context(), must(r.Viewpoint(t.Context(), 0, 0, w.Now()))(t)))(t)); n != 4 {
		t.Errorf("%d versions", n)
	}
	want := "Amazon Web Services, Inc. [Dublin Frankfurt], Formwold Inc. [United States], Lumenpost GmbH [Germany], Tallmått Statistik AB [Sweden], Twilio Inc. [United States], Twilio Inc. [United States]"
	if got := strings.Join(last, ", "); got != want {
		t.Errorf("today: %s", got)
	}
	if !slices.Contains(first, "Amazon Web Services, Inc. [Virginia Oregon]") || !slices.Contains(first, "Botenruf Mail GmbH [Germany]") || len(first) != 6 {
		t.Errorf("at first: %v", first)
	}
}

// answered looks at the change under objection, and the one that everybody has lived with since.
func answered(t *testing.T, w World, s *story) {
	now, err := w.notices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for short, want := range map[string]domain.NoticeStatus{
		"lindvik": domain.NoticeIsOpen, "bluewater": domain.NoticeIsOpen, "northlight": domain.NoticeIsOpen, "cedar": domain.NoticeIsAuthorised,
		"fjallhus": domain.NoticeIsAuthorised, "harbour": domain.NoticeIsObjected, "rheinblick": domain.NoticeIsSent, "kvist": domain.NoticeIsSent, "prairie": domain.NoticeIsPrepared,
	} {
		if got := now[s.account(short).id].State.Status; got != want {
			t.Errorf("%s: %s, expected %s", short, got, want)
		}
	}
	r := w.Views.In(projections.Scope{All: true})
	at := must(r.Viewpoint(t.Context(), 0, 0, w.Now()))(t)
	seen := map[domain.NoticeStatus]int{}
	for _, e := range must(r.Notices(t.Context(), projections.StateFilter{}, at, projections.Page{}))(t).Edges {
		seen[e.Node.State.Status]++
	}
	if seen[domain.NoticeIsObjected] != 1 || seen[domain.NoticeIsActivated] != 7 || seen[domain.NoticeIsBlocked] != 1 {
		t.Errorf("%v", seen)
	}
}

// cutOff: a load that was cut off anywhere is gone on with, and ends like one that was not.
func cutOff(t *testing.T, want map[string]int) {
	w := open(t)
	for cuts, done := 0, false; !done; cuts++ {
		ctx, cancel := context.WithCancel(t.Context())
		w.Out = &scissors{left: 4, cut: cancel}
		_, err := Load(ctx, w)
		if done = err == nil; !done && ctx.Err() == nil || done && cuts < 4 || cuts > 30 {
			t.Fatal(cuts, err)
		}
		cancel()
	}
	if got := histogram(t, w); !maps.Equal(got, want) {
		t.Errorf("cut off and gone on with: %v, expected %v", got, want)
	}
}

// scissors end a load after some lines of progress that tell of something new.
type scissors struct {
	left int
	cut  func()
}

func (s *scissors) Write(line []byte) (int, error) {
	if !strings.Contains(string(line), "kept 0,") {
		if s.left--; s.left == 0 {
			s.cut()
		}
	}
	return len(line), nil
}

// histogram counts the kept events by kind, those of the notices room too.
func histogram(t *testing.T, w World) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for from := int64(0); ; {
		records := must(w.Ledger.Log.Read(t.Context(), from, 1000))(t)
		if len(records) == 0 {
			return counts
		}
		for _, r := range records {
			counts[must(ledger.Decode(r))(t).Kind]++
		}
		from += int64(len(records))
	}
}

// TestForeignLedger: a ledger with events of its own is left as it is.
func TestForeignLedger(t *testing.T) {
	w := open(t)
	other := own("organisation.established", "us", time.Now().Add(-time.Hour), object{"name": "Example AB", "country": "SE"})
	if err := w.take(t.Context(), input{"another", events([]fact{other})}); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	w.Out = &said
	links, err := Load(t.Context(), w)
	if err != nil || len(links) == 0 || !strings.Contains(said.String(), "was not loaded") {
		t.Error(links, err, said.String())
	}
	if got := histogram(t, w); len(got) != 1 {
		t.Errorf("%v", got)
	}
}
