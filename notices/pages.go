package notices

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger/sqldb"
	"muniment/notices/render"
)

//go:embed pages assets
var pageFiles embed.FS

// pages are the parsed templates, one per page, each with the frame around it.
type pages struct {
	list, diff, notice, message *template.Template
	css                         []byte
}

func parsePages() (*pages, error) {
	p := &pages{}
	for name, into := range map[string]**template.Template{"list": &p.list, "diff": &p.diff, "notice": &p.notice, "message": &p.message} {
		t, err := template.New("frame.html").Funcs(template.FuncMap{
			"day": render.Day, "instant": render.Instant, "mechanism": render.Mechanism, "kind": render.Kind, "country": place,
			"words": render.Words, "join": strings.Join, "lower": func(k domain.ChangeKind) string { return strings.ToLower(string(k)) },
		}).ParseFS(pageFiles, "pages/frame.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		*into = t
	}
	var err error
	p.css, err = pageFiles.ReadFile("assets/notices.css")
	return p, err
}

// place writes a country code as a name and leaves other places as they are.
func place(s string) string {
	if len(s) == 2 {
		return render.Country(s)
	}
	return s
}

// Handler serves the public list under /subprocessors, its feeds, and the notices under /notices/.
// Its pages work without scripts, load nothing from elsewhere, and are served with headers that
// forbid both.
func (n *Notices) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /subprocessors", n.showList)
	mux.HandleFunc("GET /subprocessors.json", n.listJSON)
	mux.HandleFunc("GET /subprocessors.csv", n.listCSV)
	for _, at := range []string{"/subprocessors/feed", "/feed"} {
		mux.HandleFunc("GET "+at+".atom", n.feedAtom)
		mux.HandleFunc("GET "+at+".json", n.feedJSON)
	}
	mux.HandleFunc("GET /assets/notices.css", n.stylesheet)
	mux.HandleFunc("GET /notices/{token}", n.showNotice)
	mux.HandleFunc("POST /notices/{token}/acknowledge", n.acknowledge)
	mux.HandleFunc("POST /notices/{token}/object", n.object)
	mux.HandleFunc("POST /notices/{token}/authorise", n.authorise)
	mux.HandleFunc("/notices/", func(w http.ResponseWriter, r *http.Request) { n.noLink(w, r, errNoLink) })
	return n.guard(mux)
}

// guard sets the headers of every answer. A notice's address is a secret: no referrer, no cache, no index.
func (n *Notices) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if strings.HasPrefix(r.URL.Path, "/notices/") {
			h.Set("Cache-Control", "no-store")
			h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
			r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		}
		next.ServeHTTP(w, r)
	})
}

// frame is what every page has around it.
type frame struct {
	Title        string
	Organisation string
	Contact      string
	Feed         bool // announce the feeds in the head
	Body         any
}

func (n *Notices) framed(title string, body any) frame {
	return frame{Title: title, Organisation: n.organisation(), Contact: n.askedAt().Address, Body: body}
}

// written is a page with nothing on it that a person couldn't see.
func written(t *template.Template, f frame) ([]byte, error) {
	var b strings.Builder
	err := t.Execute(&b, f)
	return []byte(domain.VisiblePage(b.String())), err
}

// show writes a page.
func (n *Notices) show(w http.ResponseWriter, t *template.Template, status int, f frame) {
	page, err := written(t, f)
	if err != nil {
		n.Log.WithError(err).Error("notices: a page could not be made")
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(page)
}

// said is a page that only says something.
type said struct{ Heading, Text, Back, BackText string }

func (n *Notices) say(w http.ResponseWriter, status int, s said) {
	n.show(w, n.pages.message, status, n.framed(s.Heading, s))
}

// fail answers an error that is ours: its words stay in the log, under a reference.
func (n *Notices) fail(w http.ResponseWriter, err error) {
	reference := domain.NewID().String()[:8]
	n.Log.WithField("reference", reference).WithError(err).Error("notices: a page failed")
	if sqldb.Outage(err) != nil {
		n.say(w, http.StatusServiceUnavailable, said{Heading: "This does not work at the moment",
			Text: "Nothing can be kept on our side right now, so nothing was changed. The time you have to answer goes on; write to us if this lasts. Tell us the reference " + reference + "."})
		return
	}
	n.say(w, http.StatusInternalServerError, said{Heading: "This did not work",
		Text: "Something went wrong on our side, and nothing was changed. Try again in a few minutes. If it happens again, tell us the reference " + reference + "."})
}

// public writes what everybody may keep for a while, with an ETag by content.
func public(w http.ResponseWriter, r *http.Request, contentType string, modified domain.Time, body []byte) {
	sum := sha256.Sum256(body)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", "public, max-age=60")
	var at time.Time
	if modified != 0 {
		at = modified.Std()
	}
	http.ServeContent(w, r, "", at, bytes.NewReader(body))
}

func (n *Notices) stylesheet(w http.ResponseWriter, r *http.Request) {
	public(w, r, "text/css; charset=utf-8", 0, n.pages.css)
}
