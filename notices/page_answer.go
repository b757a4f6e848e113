package notices

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"muniment/domain"
)

// maxObjection is how long an objection's text may be, in characters.
const maxObjection = 2000

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
		func(s domain.Notice, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return s.Object(p.Chosen, domain.Clear(text), a)
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
