package notices

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"muniment/domain"
	"muniment/notices/render"
)

// listing is the register on a day, with its history.
type listing struct {
	Organisation string
	On           domain.Date
	Today        domain.Date
	Rows         []Row
	Pending      []Announcement
	Versions     []version
	Modified     domain.Time
}

// Mechanisms reports whether any row states what its transfers rest on.
func (l listing) Mechanisms() bool {
	return slices.ContainsFunc(l.Rows, func(r Row) bool { return r.Mechanism != "" })
}

// version is a day of the history, and the one before it.
type version struct {
	Version
	Before domain.Date // "" for the first
	Future bool
}

// listing reads the register for a request: ?on=YYYY-MM-DD, today when not given.
func (n *Notices) listing(r *http.Request) (listing, error) {
	l := listing{Organisation: n.organisation(), Today: n.today(), On: n.today()}
	if on := r.URL.Query().Get("on"); on != "" {
		day, err := domain.ParseDate(on)
		if err != nil {
			return l, badDay{err}
		}
		l.On = day
	}
	ctx := r.Context()
	var err error
	if l.Rows, err = n.Register.On(ctx, l.On); err != nil {
		return l, fmt.Errorf("read the register: %w", err)
	}
	if l.Versions, l.Modified, err = n.versions(ctx); err != nil {
		return l, err
	}
	announced, err := n.Register.Announcements(ctx)
	if err != nil {
		return l, fmt.Errorf("read the announcements: %w", err)
	}
	for _, a := range announced {
		l.Modified = max(l.Modified, a.Announced, a.Withdrawn)
		if a.Pending(l.Today) {
			l.Pending = append(l.Pending, a)
		}
	}
	// A day passes and the list of today is another one, without anything having been recorded.
	l.Modified = max(l.Modified, l.Today.Start())
	return l, nil
}

func (n *Notices) versions(ctx context.Context) (list []version, modified domain.Time, err error) {
	all, err := n.Register.Versions(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("read the register's history: %w", err)
	}
	today := n.today()
	for i, v := range all {
		one := version{Version: v, Future: v.Day > today}
		if i+1 < len(all) {
			one.Before = all[i+1].Day
		}
		list, modified = append(list, one), max(modified, v.Recorded)
	}
	return list, modified, nil
}

// badDay is a day in an address that is none.
type badDay struct{ error }

// failList answers an error of the public pages.
func (n *Notices) failList(w http.ResponseWriter, err error) {
	var bad badDay
	if errors.As(err, &bad) {
		n.say(w, http.StatusBadRequest, said{Heading: "This is not a day", Text: "Give days as year, month and day, such as 2026-10-01.", Back: "/subprocessors", BackText: "Back to the list"})
		return
	}
	n.fail(w, err)
}

// showList shows the register on a day, or what changed between two days (?from=&to=).
func (n *Notices) showList(w http.ResponseWriter, r *http.Request) {
	if q := r.URL.Query(); q.Has("from") || q.Has("to") {
		n.showDiff(w, r)
		return
	}
	l, err := n.listing(r)
	if err != nil {
		n.failList(w, err)
		return
	}
	title := "Our sub-processors"
	if l.On != l.Today {
		title = "Our sub-processors on " + render.Day(l.On)
		if l.On > l.Today {
			title = "Our sub-processors as announced for " + render.Day(l.On)
		}
	}
	n.publicPage(w, r, title, l.Modified, l)
}

// diffPage is what changed between two days.
type diffPage struct {
	From, To, Today domain.Date
	domain.ListDiff
}

// Same reports whether nothing changed.
func (d diffPage) Same() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

func (n *Notices) showDiff(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p := diffPage{To: n.today(), Today: n.today()}
	var err error
	if to := q.Get("to"); to != "" {
		if p.To, err = domain.ParseDate(to); err != nil {
			n.failList(w, badDay{err})
			return
		}
	}
	if p.From, err = domain.ParseDate(q.Get("from")); err != nil {
		n.failList(w, badDay{err})
		return
	}
	if p.From > p.To {
		p.From, p.To = p.To, p.From
	}
	if p.ListDiff, err = n.diff(r.Context(), p.From, p.To); err != nil {
		n.fail(w, err)
		return
	}
	_, modified, err := n.versions(r.Context())
	if err != nil {
		n.fail(w, err)
		return
	}
	n.publicPage(w, r, "What changed in our list of sub-processors", modified, p)
}

// diff compares the register on two days.
func (n *Notices) diff(ctx context.Context, from, to domain.Date) (domain.ListDiff, error) {
	var lists [2][]domain.Entry
	for i, day := range []domain.Date{from, to} {
		rows, err := n.Register.On(ctx, day)
		if err != nil {
			return domain.ListDiff{}, fmt.Errorf("read the register: %w", err)
		}
		for _, r := range rows {
			lists[i] = append(lists[i], domain.Entry{Key: r.Key, Name: r.Name, Purpose: r.Purpose, Locations: r.Locations, Seat: r.Seat, URL: r.URL})
		}
		if merged, no := domain.MergeEntries(lists[i]); no == nil { // rows that contradict each other are all shown
			lists[i] = merged
		}
	}
	return domain.Diff(lists[0], lists[1], nil), nil
}
