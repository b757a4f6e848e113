package report

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"muniment/domain"
)

var formats = []Format{JSON, CSV, HTML}

func TestSameViewpointSameBytes(t *testing.T) {
	w := called(t)
	w.published("2025-01-01", entry(1, "Twilio Inc.", "voice", "United States"))
	known, asOf := domain.TimeOf(w.now), day(t, "2025-12-31")
	for _, q := range []Request{
		{Kind: Subprocessors, AsOf: asOf, KnownAt: known},
		{Kind: Accesses, Subject: ana, AsOf: asOf, KnownAt: known},
		{Kind: Accesses, Subject: ana, View: ForSubject, AsOf: asOf, KnownAt: known},
	} {
		var first []File
		for _, f := range formats {
			first = append(first, w.file(q, f))
		}
		again := Request{Kind: q.Kind, Subject: q.Subject, View: q.View, AsOf: asOf, Size: w.generate(q).Viewpoint.Size()}

		w.now = w.now.Add(48 * time.Hour)
		w.published(domain.Date([]string{"2025-02-01", "2025-03-01", "2025-04-01"}[w.events%3]), entry(2, "Late Corp", "texts"))
		w.accessed(domain.InteractionViewed{}, "2025-05-06T10:00:00Z", fact{actor: domain.Actor{ID: maria, Kind: domain.Person}})

		for i, f := range formats {
			if !bytes.Equal(first[i].Bytes, w.file(q, f).Bytes) {
				t.Errorf("%s %s %s: other bytes after more was kept", q.Kind, q.View, f)
			}
			if first[i].Digest != w.file(again, f).Digest {
				t.Errorf("%s %s %s: asked by size, other bytes", q.Kind, q.View, f)
			}
			later := q
			later.KnownAt = domain.TimeOf(w.now)
			if bytes.Equal(first[i].Bytes, w.file(later, f).Bytes) {
				t.Errorf("%s %s %s: the same bytes at another viewpoint", q.Kind, q.View, f)
			}
		}
	}
}

func TestALateListChangesOnlyWhatIsKnownLater(t *testing.T) {
	w := newWorld(t)
	w.published("2024-01-01", entry(1, "Old Inc", "voice"))
	before := domain.TimeOf(w.now)
	w.now = w.now.Add(time.Hour)
	w.published("2023-06-01", entry(2, "Older Inc", "voice"))
	at := func(asOf string, known domain.Time) []string {
		return column(t, w.generate(Request{Kind: Subprocessors, AsOf: day(t, asOf), KnownAt: known}), "entries", "legalName")
	}
	if got := at("2023-12-31", 0); !slices.Equal(got, []string{"Older Inc"}) {
		t.Errorf("as of 2023, known now: got %v", got)
	}
	if got := at("2023-12-31", before); len(got) != 0 {
		t.Errorf("as of 2023, known before it arrived: got %v", got)
	}
	if got := at("2024-12-31", 0); !slices.Equal(got, []string{"Old Inc"}) {
		t.Errorf("as of 2024: got %v", got)
	}
}

func TestDefaultsAndDays(t *testing.T) {
	w := newWorld(t)
	known := domain.TimeOf(w.now)
	w.now = w.now.Add(1500 * time.Millisecond)
	v := w.generate(Request{Kind: Subprocessors}).Viewpoint
	if want := domain.TimeOf(w.now.Add(500 * time.Millisecond)); v.AsOf != want || v.Known != 0 || v.KnownAt != known {
		t.Errorf("got %+v, want as of %s, known %s", v, want, known)
	}
	if v := w.generate(Request{Kind: Subprocessors, KnownAt: known}).Viewpoint; v.AsOf != known {
		t.Errorf("known at alone: got as of %s", v.AsOf)
	}
	if v := w.generate(Request{Kind: Subprocessors, KnownAt: 1}).Viewpoint; v.Size() != 0 {
		t.Errorf("before everything: got size %d", v.Size())
	}
	asOf, from, err := Accesses.Days("2025-05-04", "2025-05-04")
	if err != nil || asOf.String() != "2025-05-04T23:59:59.999999Z" || from.String() != "2025-05-04T00:00:00.000000Z" {
		t.Errorf("got %s, %s, %v", asOf, from, err)
	}
}

func TestRefusals(t *testing.T) {
	w := called(t)
	for _, c := range []struct {
		q     Request
		field string
		code  domain.Code
	}{
		{Request{Kind: "posture"}, "kind", domain.Invalid},
		{Request{Kind: Accesses}, "subject", domain.Invalid},
		{Request{Kind: Accesses, Subject: ana, View: "press"}, "view", domain.Invalid},
		{Request{Kind: Accesses, Subject: id(0x999)}, "subject", domain.NotFound},
		{Request{Kind: Accesses, Subject: ana, Tenant: id(0x998)}, "subject", domain.NotFound},
		{Request{Kind: Subprocessors, View: ForDPO}, "view", domain.Invalid},
		{Request{Kind: Subprocessors, Subject: ana}, "subject", domain.Invalid},
		{Request{Kind: Subprocessors, Tenant: dental}, "tenant", domain.Invalid},
		{Request{Kind: Subprocessors, Size: 1000}, "size", domain.Invalid},
		{Request{Kind: Subprocessors, Size: 2, KnownAt: 3}, "size", domain.Invalid},
		{Request{Kind: Subprocessors, AsOf: 5, From: 6}, "from", domain.Invalid},
	} {
		var no *domain.Refusal
		if _, err := Generate(t.Context(), w.source(), c.q); !errors.As(err, &no) || no.Field != c.field || no.Code != c.code {
			t.Errorf("%+v: got %v", c.q, err)
		}
	}
	foreign := w.source()
	foreign.Scope = projectionsScope(id(0x998))
	var no *domain.Refusal
	if _, err := Generate(t.Context(), foreign, Request{Kind: Accesses, Subject: ana}); !errors.As(err, &no) || no.Code != domain.NotFound {
		t.Errorf("out of scope: got %v", err)
	}
}
