package projections

import (
	"context"
	"errors"
	"slices"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

func (h *house) listen(tenant domain.ID, s domain.Stream, on int, subjects ...ledger.SubjectClaim) int64 {
	return h.keep(ledger.Submission{Tenant: tenant, Stream: ledger.StreamRef{Name: s}, Event: domain.InteractionListened{Seconds: 5}, Occurred: day(on), Subjects: subjects})
}

func (h *house) accesses(f AccessFilter, v domain.Viewpoint, p Page) Conn[Access] {
	h.t.Helper()
	c, err := h.all().Accesses(context.Background(), f, v, p)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func seqs(c Conn[Access]) (out []int64) {
	for _, e := range c.Edges {
		out = append(out, e.Node.Seq)
	}
	return out
}

// TestAttribution: an access that names nobody is about the people of its interaction, whichever of
// the two was kept first, but not before the ledger knew.
func TestAttribution(t *testing.T) {
	h := newHouse(t)
	tenant, person := h.Tenant("Example Dental"), domain.NewID()
	call := domain.Stream{Noun: "interaction", ID: domain.NewID()}
	early := h.listen(tenant, call, 5)
	h.keep(ledger.Submission{Tenant: tenant, Stream: ledger.StreamRef{Name: call}, Event: domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND"}, Occurred: day(4),
		Subjects: []ledger.SubjectClaim{{ID: person, Capacity: domain.Processor}}})
	late := h.listen(tenant, call, 6)
	f := AccessFilter{Tenant: tenant, Subject: person}
	if got := seqs(h.accesses(f, h.at(9, late), Page{})); !slices.Equal(got, []int64{early, late}) {
		t.Errorf("accesses of the person: %v, want %d and %d", got, early, late)
	}
	if got := seqs(h.accesses(f, h.at(9, early), Page{})); len(got) != 0 {
		t.Errorf("known at %d, nobody knew yet whose call it was: %v", early, got)
	}
	before := h.dump()
	if err := h.views.Rebuild(context.Background()); err != nil {
		t.Fatal(err)
	}
	if h.dump() != before {
		t.Error("a rebuild, in one batch, gives other rows")
	}
}

// TestPages: turning pages from either end gives every row once, in order, at the first page's
// viewpoint.
func TestPages(t *testing.T) {
	h := newHouse(t)
	tenant := h.Tenant("Example Dental")
	var want []int64
	for i := range 23 {
		want = append(want, h.listen(tenant, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 2+i/3))
	}
	at := h.at(90, h.views.Seen()-1)
	var forward, backward []int64
	for p := (Page{First: 4}); ; {
		c := h.accesses(AccessFilter{Tenant: tenant}, at, p)
		forward = append(forward, seqs(c)...)
		if p.After == "" { // comes after the first page was read: not in the pages that follow
			h.listen(tenant, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 3)
		}
		if !c.HasNext {
			break
		}
		p.After = c.End
	}
	for p := (Page{Last: 5}); ; {
		c := h.accesses(AccessFilter{Tenant: tenant}, at, p)
		backward = append(seqs(c), backward...)
		if !c.HasPrev {
			break
		}
		p.Before = c.Start
	}
	if !slices.Equal(forward, want) || !slices.Equal(backward, want) {
		t.Errorf("forward %v\nbackward %v\nwant %v", forward, backward, want)
	}
	n, ok, err := h.accesses(AccessFilter{Tenant: tenant}, at, Page{First: 2}).Total(context.Background())
	if n != 23 || !ok || err != nil {
		t.Errorf("total %d %v %v, want 23", n, ok, err)
	}
}

// TestCursors: a cursor is good for its own question only, and can't be made up.
func TestCursors(t *testing.T) {
	h := newHouse(t)
	a, b := h.Tenant("Example Dental"), h.Tenant("Example Motors")
	for i := range 5 {
		h.listen(a, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 2+i)
	}
	at := h.at(90, h.views.Seen()-1)
	good := h.accesses(AccessFilter{Tenant: a}, at, Page{First: 2}).End
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct {
		cursor string
		scope  Scope
		filter AccessFilter
	}{
		"made up":         {"bm9uc2Vuc2U", Scope{All: true}, AccessFilter{Tenant: a}},
		"changed":         {string(flipped), Scope{All: true}, AccessFilter{Tenant: a}},
		"another filter":  {good, Scope{All: true}, AccessFilter{Tenant: b}},
		"another's scope": {good, Scope{Tenants: []domain.ID{a}}, AccessFilter{Tenant: a}},
	} {
		_, err := h.views.In(c.scope).Accesses(context.Background(), c.filter, at, Page{First: 2, After: c.cursor})
		var no *domain.Refusal
		if !errors.As(err, &no) || no.Code != domain.Invalid {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if err := h.views.Rebuild(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.views.advance(1) // as in the middle of a rebuild
	if _, err := h.all().Accesses(context.Background(), AccessFilter{Tenant: a}, at, Page{First: 2, After: good}); err == nil {
		t.Error("a cursor newer than the views was taken")
	}
}

// TestScope: whoever asks, only tenants of the scope answer; a filter can't widen it.
func TestScope(t *testing.T) {
	h := newHouse(t)
	a, b := h.Tenant("Example Dental"), h.Tenant("Example Motors")
	ours, theirs := domain.NewID(), domain.NewID()
	h.listen(a, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 3, ledger.SubjectClaim{ID: ours, Capacity: domain.Processor})
	h.listen(b, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 3, ledger.SubjectClaim{ID: theirs, Capacity: domain.Processor})
	at := h.at(90, h.views.Seen()-1)
	for name, c := range map[string]struct {
		scope  Scope
		filter AccessFilter
		want   int
	}{
		"all":             {Scope{All: true}, AccessFilter{}, 2},
		"nobody":          {Scope{}, AccessFilter{}, 0},
		"own":             {Scope{Tenants: []domain.ID{a}}, AccessFilter{}, 1},
		"foreign tenant":  {Scope{Tenants: []domain.ID{a}}, AccessFilter{Tenant: b}, 0},
		"foreign person":  {Scope{Tenants: []domain.ID{a}}, AccessFilter{Subject: theirs}, 0},
		"foreign and own": {Scope{Tenants: []domain.ID{a}}, AccessFilter{Tenant: a, Subject: theirs}, 0},
		"person, both":    {Scope{Tenants: []domain.ID{a, b}}, AccessFilter{Subject: theirs}, 1},
	} {
		conn, err := h.views.In(c.scope).Accesses(context.Background(), c.filter, at, Page{})
		if err != nil {
			t.Fatal(err)
		}
		n, _, err := conn.Total(context.Background())
		if len(conn.Edges) != c.want || n != c.want || err != nil {
			t.Errorf("%s: %d rows, total %d, %v; want %d", name, len(conn.Edges), n, err, c.want)
		}
	}
	foreign, err := h.views.In(Scope{Tenants: []domain.ID{a}}).Tenant(context.Background(), b, at)
	if foreign != nil || err != nil {
		t.Errorf("a foreign account was shown: %v %v", foreign, err)
	}
}

// TestRebuildBesideAFollower: whoever follows meanwhile, nothing is skipped and nothing applied twice.
func TestRebuildBesideAFollower(t *testing.T) {
	h := newHouse(t)
	tenant := h.Tenant("Example Dental")
	for i := range 30 {
		h.listen(tenant, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 2+i)
	}
	ctx, stop := context.WithCancel(context.Background())
	followed := make(chan error)
	go func() { followed <- h.views.Follow(ctx) }()
	for range 20 {
		if err := h.views.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		r := h.Keep(ledger.Submission{Tenant: tenant, Stream: ledger.StreamRef{Name: domain.Stream{Noun: "interaction", ID: domain.NewID()}}, Event: domain.InteractionListened{Seconds: 1}, Occurred: day(3)})
		if err := h.views.Wait(ctx, r.Position); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-followed
	before := h.dump()
	if err := h.views.Rebuild(context.Background()); err != nil {
		t.Fatal(err)
	}
	if h.dump() != before {
		t.Error("rows differ from those of a rebuild with nobody beside it")
	}
}
