package main

import (
	"embed"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"muniment/domain"
	"muniment/graphql/explorer"
	"muniment/ledger"
	"muniment/ledger/intake"
	"muniment/notices"
)

//go:embed web
var webFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"day": func(t domain.Time) string { return t.Std().Format("2 January 2006, 15:04 MST") },
}).ParseFS(webFiles, "web/*.html"))

const ingestPath = "/ingest/v1/events"

// pagePolicy lets our pages load nothing but our own stylesheet.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// handler joins the rooms' doors.
func (h *house) handler(n *notices.Notices, in intake.HandlerOptions, ready *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", h.api)
	mux.Handle("/checkpoint", h.door())
	mux.Handle("/tile/", h.door())
	replayed := h.replayed()
	mux.Handle("POST /replayed", replayed)
	mux.Handle("GET /replayed/{name}", replayed)
	mux.Handle("/explorer", h.signedIn(explorer.Handler()))
	mux.Handle("/explorer/", h.signedIn(explorer.Handler()))
	mux.Handle(ingestPath, intake.Handler(h.ledger, in))
	for _, path := range []string{"/notices/", "/subprocessors", "/subprocessors/", "/subprocessors.json", "/subprocessors.csv", "/feed.atom", "/feed.json", "/assets/"} {
		mux.Handle(path, n.Handler())
	}
	mux.HandleFunc("GET /signin/{secret}", h.askSignIn)
	mux.HandleFunc("POST /signin/{secret}", h.signIn)
	mux.HandleFunc("POST /signout", h.signOut)
	mux.Handle("GET /{$}", h.signedIn(http.HandlerFunc(h.desk)))
	mux.HandleFunc("GET /desk.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, webFiles, "web/desk.css") })
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", h.readyz(ready.Load))
	origin := http.NewCrossOriginProtection()
	origin.AddInsecureBypassPattern("POST /notices/{token}/{answer}") // the signed link is the authority, no cookie is read; notices look for themselves
	return origin.Handler(headers(mux))
}

// headers are what every answer has.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// mayIngest knows tokens that write facts. Whoever decides writes none.
func (h *house) mayIngest(r *http.Request) (ledger.Principal, error) {
	p, err := h.api.Principal(r)
	if err != nil {
		return ledger.Principal{}, err
	}
	by, ok := p.States()
	if !ok {
		return by, &domain.Refusal{Code: domain.Unauthorised, Rule: "access.writer",
			Message: "sending facts needs an operator's token: muniment token create --role operator --tenant … --kinds …; one that decides or reads sends none"}
	}
	return by, nil
}

// signedIn lets sessions pass and tells others how to sign in.
func (h *house) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := h.api.Principal(r); err != nil {
			h.page(w, http.StatusUnauthorized, "signin.html", map[string]any{"Missing": true})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// askSignIn shows the button: links are followed by scanners, so following one uses nothing up.
func (h *house) askSignIn(w http.ResponseWriter, r *http.Request) {
	h.page(w, http.StatusOK, "signin.html", map[string]any{"Secret": r.PathValue("secret")})
}

func (h *house) signIn(w http.ResponseWriter, r *http.Request) {
	cookie, p, err := h.access.SignIn(r.Context(), r.PathValue("secret"))
	if err != nil {
		h.page(w, http.StatusForbidden, "signin.html", map[string]any{"Refused": true})
		return
	}
	h.api.SetSession(w, r, cookie, p.Expires)
	to := "/"
	if next := r.URL.Query().Get("to"); next == "/explorer" {
		to = next
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (h *house) signOut(w http.ResponseWriter, r *http.Request) {
	if p, err := h.api.Principal(r); err == nil && p.Session {
		if err := h.access.SignOut(r.Context(), p); err != nil {
			h.log.WithField("error", err.Error()).Error("sign out")
			http.Error(w, "you could not be signed out: try again in a moment", http.StatusServiceUnavailable)
			return
		}
	}
	h.api.SetSession(w, r, "", time.Time{})
	h.page(w, http.StatusOK, "signin.html", map[string]any{"Out": true})
}

func (h *house) page(w http.ResponseWriter, status int, name string, data any) {
	var page strings.Builder
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		h.log.WithField("error", err.Error()).WithField("path", url.PathEscape(name)).Error("page")
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, domain.VisiblePage(page.String()))
}
