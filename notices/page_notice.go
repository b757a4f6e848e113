package notices

import (
	"errors"
	"net/http"

	"muniment/domain"
	"muniment/notices/render"
)

// noticePage is what the page of a notice shows.
type noticePage struct {
	render.Notice
	States       []state // what happened, the latest first
	Here         string  // the page's own path
	Seen         int64   // the event the page shows the notice as of
	Acknowledge  bool    // offer to acknowledge
	Object       bool    // offer to object
	Grounds      []ground
	Error, Text  string // of an objection that was not taken, and the words it had
	Chosen       domain.Ground
	MaxObjection int
}

type ground struct {
	Ground domain.Ground
	Label  string
}

var grounds = []ground{
	{"LOCATION", "Where the data is processed"},
	{"SECURITY", "Security"},
	{"CONFLICT_OF_INTEREST", "A conflict of interest with this company"},
	{"LAW", "A law that applies to us"},
	{"CONTRACT", "Our contract with you, or with others"},
	{"OTHER", "Another reason"},
}

// opened is a request by link: the link, and the notice and tenant it leads to.
type opened struct {
	link
	kept
	tenant domain.Tenant
}

// open opens the link of a request. The link of somebody who is no longer the contact has ended.
func (n *Notices) open(r *http.Request) (opened, error) {
	l, err := n.openLink(r.PathValue("token"))
	if err != nil {
		return opened{}, err
	}
	k, err := n.read(r.Context(), l.Notice)
	if err != nil {
		return opened{}, err
	}
	if !k.Exists() {
		return opened{}, errNoLink
	}
	t, err := n.tenant(r.Context(), k.Tenant)
	if err != nil {
		return opened{}, err
	}
	if t.Contacts[domain.NoticesContact] != l.Contact {
		return opened{}, errExpired
	}
	return opened{l, k, t}, nil
}

// noLink answers a link that does not open. An unknown one and a forged one look the same.
func (n *Notices) noLink(w http.ResponseWriter, _ *http.Request, err error) {
	switch {
	case errors.Is(err, errNoLink):
		n.say(w, http.StatusNotFound, said{Heading: "This link does not lead to a notice",
			Text: "It may have been cut off when it was copied, or broken over two lines by a mail program. Open it from the e-mail again, or copy it whole.",
			Back: "/subprocessors", BackText: "See all our sub-processors"})
	case errors.Is(err, errExpired):
		n.say(w, http.StatusGone, said{Heading: "This link has expired",
			Text: "Links in our notices hold for 180 days, and only for the person whom your company has named as its contact. Write to us if you need the notice again.",
			Back: "/subprocessors", BackText: "See all our sub-processors"})
	default:
		n.fail(w, err)
	}
}

// showNotice shows a notice. It changes nothing and keeps nothing: mail scanners follow links.
func (n *Notices) showNotice(w http.ResponseWriter, r *http.Request) {
	o, err := n.open(r)
	if err != nil {
		n.noLink(w, r, err)
		return
	}
	n.page(w, r, http.StatusOK, o, noticePage{})
}

func (n *Notices) page(w http.ResponseWriter, r *http.Request, status int, o opened, p noticePage) {
	f, err := n.facts(r.Context(), o.kept, o.tenant)
	if err != nil {
		n.fail(w, err)
		return
	}
	open := o.Withdrawn == 0 && o.Terminated == 0 && o.Blocked == 0
	p.Notice, p.States, p.Here, p.Seen = f, states(o.kept), "/notices/"+r.PathValue("token"), o.Seq
	p.Acknowledge = open && o.Level != domain.Acknowledged
	p.Object = open && o.Objection.State != domain.ObjectionOpen
	p.Grounds, p.MaxObjection = grounds, maxObjection
	n.show(w, n.pages.notice, status, n.framed(f.Headline(), p))
}
