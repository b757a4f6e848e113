package notices

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"muniment/domain"
	"muniment/notices/render"
)

// maxObjection is how long an objection's text may be, in characters.
const maxObjection = 2000

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

// post begins an answer: it opens the link, refuses what another site sent, and reads the form.
func (n *Notices) post(w http.ResponseWriter, r *http.Request) (opened, bool) {
	// Under no-referrer a browser says "Origin: null" for our own forms too. Where it does not say
	// more (Sec-Fetch-Site), the secret in the address must be enough.
	if r.Header.Get("Origin") != "null" || r.Header.Get("Sec-Fetch-Site") != "" {
		if n.origin.Check(r) != nil {
			n.say(w, http.StatusForbidden, said{Heading: "This was not sent from our page", Text: "Open the link in the e-mail and answer there."})
			return opened{}, false
		}
	}
	o, err := n.open(r)
	if err != nil {
		n.noLink(w, r, err)
		return opened{}, false
	}
	if err := r.ParseForm(); err != nil {
		n.say(w, http.StatusBadRequest, said{Heading: "This could not be read", Text: "Nothing was changed. Go back, shorten your text, and send it again.", Back: "/notices/" + r.PathValue("token"), BackText: "Back to the notice"})
		return opened{}, false
	}
	return o, true
}

// answer is the command of somebody who holds the link.
func (o opened) answer() (domain.Envelope, domain.Answer) {
	actor := domain.Actor{ID: o.Contact, Kind: domain.Person, Role: "CUSTOMER"}
	return domain.Envelope{
		Actor: actor, Auth: []domain.Auth{"LINK"}, Correlation: o.Terms.Change, Purpose: purpose, Source: source, Tenant: o.kept.Tenant,
		Subjects: []domain.SubjectRef{{ID: o.Contact, Capacity: domain.Controller}},
	}, domain.Answer{Actor: actor, By: domain.ByLink}
}

func (n *Notices) acknowledge(w http.ResponseWriter, r *http.Request) {
	o, ok := n.post(w, r)
	if !ok {
		return
	}
	env, a := o.answer()
	_, err := n.do(r.Context(), "acknowledgeNotice", o.stream, env, "", nil, func(s domain.Notice, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.Acknowledge(a, now)
	})
	if no := refused(err); no != nil && no.Rule == "notice.once" {
		err = nil // pressed twice
	}
	n.done(w, r, o, noticePage{}, err)
}

func (n *Notices) object(w http.ResponseWriter, r *http.Request) {
	o, ok := n.post(w, r)
	if !ok {
		return
	}
	text := cleaned(r.PostForm.Get("text"))
	p := noticePage{Text: text, Chosen: domain.Ground(r.PostForm.Get("ground"))}
	switch length := utf8.RuneCountInString(text); {
	case !offered(p.Chosen):
		p.Error = "Choose what your objection is about."
	case length > maxObjection:
		p.Error = "Your text is too long. Shorten it to 2,000 characters, or write to us."
	}
	if p.Error != "" {
		n.page(w, r, http.StatusUnprocessableEntity, o, p)
		return
	}
	env, a := o.answer()
	// The key makes a form that is sent twice one objection; another text from the same page is refused.
	_, err := n.do(r.Context(), "objectNotice", o.stream, env, "page/"+r.PostForm.Get("seen"), map[string]any{"ground": string(p.Chosen), "text": text},
		func(s domain.Notice, now domain.Time) ([]domain.Event, *domain.Refusal) {
			return s.Object(p.Chosen, domain.Clear(text), a, now)
		})
	n.done(w, r, o, p, err)
}

// authorise refuses: whoever reads a mailbox can follow a link. The page says what is needed.
func (n *Notices) authorise(w http.ResponseWriter, r *http.Request) {
	o, ok := n.post(w, r)
	if !ok {
		return
	}
	_, a := o.answer()
	_, no := o.Authorise(a)
	if no == nil {
		n.fail(w, errors.New("a link alone would have authorised"))
		return
	}
	n.page(w, r, http.StatusForbidden, o, noticePage{Error: sentence(no)})
}

// done answers a decision: the page again, with the new state, or why it was not taken.
func (n *Notices) done(w http.ResponseWriter, r *http.Request, o opened, p noticePage, err error) {
	var no *domain.Refusal
	switch {
	case errors.As(err, &no):
		if p.Error = sentence(no); no.Rule == "idempotency.same" {
			p.Error = "An objection was sent from this page already, and it stands as it was sent first."
		}
		now, err := n.open(r) // the notice may have moved on meanwhile
		if err != nil {
			n.noLink(w, r, err)
			return
		}
		n.page(w, r, http.StatusConflict, now, p)
	case err != nil:
		n.fail(w, err)
	default:
		http.Redirect(w, r, "/notices/"+r.PathValue("token"), http.StatusSeeOther)
	}
}

// sentence makes a refusal a sentence.
func sentence(no *domain.Refusal) string {
	s := strings.ToUpper(no.Message[:1]) + no.Message[1:] + "."
	if no.Article != "" {
		s += " (" + no.Article + ")"
	}
	return s
}

func offered(g domain.Ground) bool {
	for _, o := range grounds {
		if o.Ground == g {
			return true
		}
	}
	return false
}

// cleaned is a text as it was meant: line ends of one kind, no control characters around them.
func cleaned(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s))
}
