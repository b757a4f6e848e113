package notices

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"muniment/domain"
)

// idle waits until nothing that is due is left to do: only then was silence asked.
func (w *world) idle(t *testing.T, n *Notices) {
	t.Helper()
	w.until(t, "rest", func() bool {
		seq, err := n.queue.Checkpoint(t.Context(), follower)
		must(t, err)
		var due int
		must(t, w.queue.Reader().QueryRow(`SELECT COUNT(*) FROM messages WHERE due <= $1`, w.now().UnixMicro()).Scan(&due))
		return seq == w.next(t) && due == 0
	})
}

func TestSilence(t *testing.T) {
	for _, c := range []struct {
		name   string
		model  domain.Model
		object bool
		then   string // the kind of the last event
	}{
		{"general: silence is a yes", domain.General, false, "deemed_authorised"},
		{"general: an objection is not silence", domain.General, true, "objection_raised"},
		{"specific: silence is a no", domain.Specific, false, "window_opened"},
		{"unknown: silence is nothing", domain.UnknownModel, false, "window_opened"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, n, stream, path := told(t, terms(c.model))
			s := serve(t, n)
			s.expect(t, "POST", path+"/acknowledge", url.Values{}, http.StatusSeeOther)
			if c.object {
				s.expect(t, "POST", path+"/object", url.Values{"ground": {"LAW"}, "seen": {"1"}}, http.StatusSeeOther)
			}
			w.idle(t, n)
			w.set("2026-10-18T23:59:59.999999Z") // the window closed on the 16th, grace ends now
			w.idle(t, n)
			if kinds := w.kinds(t, stream); slices.Contains(kinds, "deemed_authorised") {
				t.Fatalf("deemed before its time: %v", kinds)
			}
			w.set("2026-10-19")
			w.idle(t, n)
			if kinds := w.kinds(t, stream); kinds[len(kinds)-1] != c.then {
				t.Errorf("kept %v", kinds)
			}
		})
	}
}

// TestSilenceCountsOnceTheObjectionIsTakenBack: what turns a no into a yes asks again.
func TestSilenceCountsOnceTheObjectionIsTakenBack(t *testing.T) {
	w, n, stream, path := told(t, terms(domain.General))
	s := serve(t, n)
	s.expect(t, "POST", path+"/acknowledge", url.Values{}, http.StatusSeeOther)
	s.expect(t, "POST", path+"/object", url.Values{"ground": {"LAW"}, "seen": {"1"}}, http.StatusSeeOther)
	w.set("2026-11-01")
	w.idle(t, n)
	if !strings.Contains(w.logged.String(), "silence was not deemed") {
		t.Error("a refusal leaves a line")
	}
	must(t, w.keep(t.Context(), stream, w.state(t, stream).Tenant, nil, domain.ObjectionWithdrawn{By: domain.BySignIn}))
	w.has(t, stream, "deemed_authorised")
	s.expect(t, "GET", path, nil, http.StatusOK, "Your silence counted as authorisation.")
}
