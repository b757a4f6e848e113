package notices

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/feeds"

	"muniment/domain"
	"muniment/notices/render"
)

// maxFeed is how many entries a feed has: the latest.
const maxFeed = 50

// entry is one item of the feeds: a day on which the list changed, or an announced change.
type entry struct {
	id, title, link    string
	lines              []string
	published, updated domain.Time
}

// tag is an id for ever (RFC 4151): the year is when this scheme began, not when the entry did.
func (n *Notices) tag(specific string) string {
	base, err := url.Parse(n.BaseURL)
	if err != nil {
		return specific // checked at the start
	}
	return "tag:" + base.Hostname() + ",2026:subprocessors" + specific
}

// entries lists what the feeds tell, the latest first.
func (n *Notices) entries(ctx context.Context) ([]entry, error) {
	versions, _, err := n.versions(ctx)
	if err != nil {
		return nil, err
	}
	announced, err := n.Register.Announcements(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the announcements: %w", err)
	}
	var list []entry
	for _, a := range announced {
		list = append(list, n.announcement(a))
	}
	for _, v := range versions[:min(maxFeed, len(versions))] {
		e, err := n.changeDay(ctx, v)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	for i := range list {
		list[i].title = domain.Visible(list[i].title)
		for j, line := range list[i].lines {
			list[i].lines[j] = domain.Visible(line)
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int { return cmp.Compare(b.published, a.published) })
	return list[:min(maxFeed, len(list))], nil
}

func (n *Notices) announcement(a Announcement) entry {
	e := entry{
		id: n.tag(":change:" + a.Change.String()), link: n.BaseURL + "/subprocessors",
		title:     fmt.Sprintf("Announced: %s (%s), from %s", a.Name, render.Kind(a.Type), render.Day(a.Effective)),
		published: a.Announced, updated: max(a.Announced, a.Withdrawn),
	}
	add := func(name, value string) {
		if value != "" {
			e.lines = append(e.lines, name+": "+value)
		}
	}
	if a.Withdrawn != 0 {
		e.title = "Withdrawn: " + a.Name + " (" + render.Kind(a.Type) + ")"
		e.lines = append(e.lines, "This change will not happen.")
	}
	add("What changes", a.Summary)
	add("Replaces", a.Replaces)
	add("Our services affected", strings.Join(a.Services, ", "))
	add("Kinds of data", render.Words(a.DataCategories))
	add("Where", strings.Join(a.Locations, "; "))
	add("Basis for transfers outside the EU and EEA", render.Mechanism(a.Mechanism))
	return e
}

func (n *Notices) changeDay(ctx context.Context, v version) (entry, error) {
	e := entry{id: n.tag(":list:" + string(v.Day)), published: v.Day.Start(), link: n.BaseURL + "/subprocessors?on=" + string(v.Day)}
	if e.updated = e.published; v.Recorded != 0 {
		e.updated, e.published = v.Recorded, min(e.published, v.Recorded) // a list that holds from a day to come is out already
	}
	if v.Before == "" {
		e.title = "Our list of sub-processors begins, " + render.Day(v.Day)
		return e, nil
	}
	d, err := n.diff(ctx, v.Before, v.Day)
	if err != nil {
		return e, err
	}
	e.title = fmt.Sprintf("List of %s: %d added, %d removed, %d changed", render.Day(v.Day), len(d.Added), len(d.Removed), len(d.Changed))
	e.link = n.BaseURL + "/subprocessors?from=" + string(v.Before) + "&to=" + string(v.Day)
	for _, x := range d.Added {
		e.lines = append(e.lines, "Added: "+described(x))
	}
	for _, x := range d.Removed {
		e.lines = append(e.lines, "Removed: "+described(x))
	}
	for _, x := range d.Changed {
		e.lines = append(e.lines, "Changed: "+described(x.Before)+" became "+described(x.After))
	}
	return e, nil
}

func described(e domain.Entry) string {
	s := e.Name + " (" + e.Purpose
	if len(e.Locations) > 0 {
		s += "; " + strings.Join(e.Locations, ", ")
	}
	return s + ")"
}

// atomFeed is an Atom feed (RFC 4287) with both links that it should have.
type atomFeed struct {
	XMLName xml.Name           `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string             `xml:"id"`
	Title   string             `xml:"title"`
	Updated string             `xml:"updated"`
	Author  feeds.AtomPerson   `xml:"author"`
	Links   []feeds.AtomLink   `xml:"link"`
	Entries []*feeds.AtomEntry `xml:"entry"`
}

func (n *Notices) feedTitle() string { return "Sub-processors of " + n.organisation() }

// updatedAt is when the newest of the entries was last changed.
func updatedAt(list []entry) (t domain.Time) {
	for _, e := range list {
		t = max(t, e.updated)
	}
	return t
}

func (n *Notices) feedAtom(w http.ResponseWriter, r *http.Request) {
	list, err := n.entries(r.Context())
	if err != nil {
		n.fail(w, err)
		return
	}
	stamp := func(t domain.Time) string { return t.Std().Format(time.RFC3339) }
	f := atomFeed{
		ID: n.tag(""), Title: n.feedTitle(), Updated: stamp(updatedAt(list)), Author: feeds.AtomPerson{Name: n.organisation()},
		Links: []feeds.AtomLink{{Href: n.BaseURL + "/subprocessors", Rel: "alternate", Type: "text/html"}, {Href: n.BaseURL + "/subprocessors/feed.atom", Rel: "self", Type: "application/atom+xml"}},
	}
	for _, e := range list {
		f.Entries = append(f.Entries, &feeds.AtomEntry{
			Id: e.id, Title: e.title, Published: stamp(e.published), Updated: stamp(e.updated),
			Links: []feeds.AtomLink{{Href: e.link, Rel: "alternate", Type: "text/html"}}, Content: &feeds.AtomContent{Type: "html", Content: e.html()},
		})
	}
	body, err := xml.MarshalIndent(f, "", "  ")
	if err != nil {
		n.fail(w, err)
		return
	}
	public(w, r, "application/atom+xml; charset=utf-8", updatedAt(list), append([]byte(xml.Header), append(body, '\n')...))
}

func (e entry) html() string {
	if len(e.lines) == 0 {
		return "<p>" + html.EscapeString(e.title) + "</p>"
	}
	var b strings.Builder
	b.WriteString("<ul>")
	for _, l := range e.lines {
		b.WriteString("<li>" + html.EscapeString(l) + "</li>")
	}
	return b.String() + "</ul>"
}

func (n *Notices) feedJSON(w http.ResponseWriter, r *http.Request) {
	list, err := n.entries(r.Context())
	if err != nil {
		n.fail(w, err)
		return
	}
	f := feeds.JSONFeed{Version: "https://jsonfeed.org/version/1.1", Title: n.feedTitle(), Language: "en", HomePageUrl: n.BaseURL + "/subprocessors",
		FeedUrl: n.BaseURL + "/subprocessors/feed.json", Authors: []*feeds.JSONAuthor{{Name: n.organisation()}}, Items: []*feeds.JSONItem{}}
	for _, e := range list {
		published, updated := e.published.Std(), e.updated.Std()
		f.Items = append(f.Items, &feeds.JSONItem{Id: e.id, Url: e.link, Title: e.title, ContentHTML: e.html(), PublishedDate: &published, ModifiedDate: &updated})
	}
	body, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		n.fail(w, err)
		return
	}
	public(w, r, "application/feed+json", updatedAt(list), append(body, '\n'))
}
