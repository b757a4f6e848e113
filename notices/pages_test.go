package notices

import (
	"bytes"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"muniment/domain"
)

// site serves a room's pages over a real socket, without following redirects.
type site struct {
	*httptest.Server
	client *http.Client
}

func serve(t *testing.T, n *Notices) site {
	t.Helper()
	s := httptest.NewServer(n.Handler())
	t.Cleanup(s.Close)
	return site{s, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (s site) ask(t *testing.T, method, path string, form url.Values, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(form.Encode()))
	must(t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := s.client.Do(r)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer, string(body)
}

// expect asks and checks the status and what the page says.
func (s site) expect(t *testing.T, method, path string, form url.Values, status int, phrases ...string) string {
	t.Helper()
	answer, body := s.ask(t, method, path, form)
	if answer.StatusCode != status {
		t.Fatalf("%s: %s, expected %d:\n%s", method, answer.Status, status, body)
	}
	says(t, body, phrases...)
	return body
}

// told is a room whose one customer was told, and the path of the link in its mail.
func told(t *testing.T, a *domain.AgreementSigned) (w *world, n *Notices, s domain.Stream, path string) {
	t.Helper()
	w = newWorld(t)
	n = w.run(t, w.config())
	tenant, err := w.customer(t.Context(), 1, domain.ID{}, a, "ada@customer.example")
	must(t, err)
	must(t, w.announce(t.Context(), announcement()))
	s = w.notice(t, tenant)
	w.has(t, s, "sent")
	link := regexp.MustCompile(`https://ledger\.example\.com(/notices/[A-Za-z0-9_-]+)\n`).FindStringSubmatch(w.read(t, s.ID.String()+".eml").text)
	if link == nil {
		t.Fatal("no link in the mail")
	}
	return w, n, s, link[1]
}

func (w *world) next(t *testing.T) int64 {
	t.Helper()
	next, err := w.ledger.Log.Next(t.Context())
	must(t, err)
	return next
}

func TestReadingChangesNothing(t *testing.T) {
	w, n, _, path := told(t, terms(domain.General))
	s := serve(t, n)
	before := w.next(t)
	for range 3 {
		s.expect(t, "GET", path, nil, http.StatusOK, "Notice to Customer 1 GmbH", "New sub-processor: Scribe Ltd", "I have this notice", "Send the objection", "This link is enough to confirm or to object, not to authorise")
		s.expect(t, "HEAD", path, nil, http.StatusOK)
		s.expect(t, "GET", path+"/acknowledge", nil, http.StatusNotFound)
		s.expect(t, "GET", path+"/object", nil, http.StatusNotFound)
	}
	if after := w.next(t); after != before {
		t.Errorf("reading kept %d events", after-before)
	}
	answer, body := s.ask(t, "GET", path, nil)
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "style=") || strings.Contains(body, "ada@customer.example") {
		t.Error("a script, a style of its own, or the contact's address on the page")
	}
}

func TestAcknowledgingOpensTheWindow(t *testing.T) {
	w, n, stream, path := told(t, terms(domain.General))
	s := serve(t, n)
	for range 2 { // pressed twice
		answer, _ := s.ask(t, "POST", path+"/acknowledge", url.Values{})
		if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != path {
			t.Fatalf("%s to %s", answer.Status, answer.Header.Get("Location"))
		}
	}
	if kinds := w.kinds(t, stream); !slices.Equal(kinds, []string{"prepared", "sent", "proven", "window_opened"}) {
		t.Errorf("kept %v", kinds)
	}
	state := w.state(t, stream)
	if state.Level != domain.Acknowledged || state.Window.Closes != domain.Date("2026-10-16").Start() {
		t.Errorf("%s, closes %s", state.Level, state.Window.Closes)
	}
	body := s.expect(t, "GET", path, nil, http.StatusOK, "<strong>You confirmed that you have this notice.</strong>", "You may object until the end of 15 October 2026 (24:00 UTC)", "Your time to object began.")
	if strings.Contains(body, "I have this notice") {
		t.Error("still asks to acknowledge")
	}
	history, err := w.ledger.History(t.Context(), stream)
	must(t, err)
	if k := history[2]; k.Actor.ID != numbered(2, 1) || k.Actor.Role != "CUSTOMER" || !slices.Equal(k.Auth, []domain.Auth{"LINK"}) {
		t.Errorf("kept as by %+v, %v", k.Actor, k.Auth)
	}
}

const secretWords = "Our Mr Grünspan distrusts this company"

func TestObjecting(t *testing.T) {
	w, n, stream, path := told(t, terms(domain.General))
	s := serve(t, n)
	page := s.expect(t, "GET", path, nil, http.StatusOK)
	seen := regexp.MustCompile(`name="seen" value="(\d+)"`).FindStringSubmatch(page)[1]
	form := func(ground, text string) url.Values {
		return url.Values{"ground": {ground}, "text": {text}, "seen": {seen}}
	}
	s.expect(t, "POST", path+"/object", form("", "x"), http.StatusUnprocessableEntity, "Choose what your objection is about.")
	s.expect(t, "POST", path+"/object", form("GUESS", "x"), http.StatusUnprocessableEntity, "Choose what your objection is about.")
	s.expect(t, "POST", path+"/object", form("LAW", strings.Repeat("ä", 2001)), http.StatusUnprocessableEntity, "Your text is too long.")
	if kinds := w.kinds(t, stream); len(kinds) != 2 {
		t.Fatalf("kept %v", kinds)
	}
	for range 2 { // pressed twice
		s.expect(t, "POST", path+"/object", form("SECURITY", secretWords), http.StatusSeeOther)
	}
	s.expect(t, "POST", path+"/object", form("LAW", "other words"), http.StatusConflict, "An objection was sent from this page already")
	seen = "1"
	s.expect(t, "POST", path+"/object", form("LAW", "other words"), http.StatusConflict, "An objection of 2026-10-01 is open already", "You objected.")
	s.expect(t, "GET", path, nil, http.StatusOK, "You objected.", "The change is on hold for your account")
	if o := w.state(t, stream).Objection; o.State != domain.ObjectionOpen || o.Ground != "SECURITY" || o.Late {
		t.Errorf("%+v", o)
	}
	must(t, filepath.WalkDir(filepath.Join(w.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte("Grünspan")) || bytes.Contains(raw, []byte("distrusts this")) {
			t.Errorf("the objection's words are in %s", path)
		}
		return err
	}))
	if strings.Contains(w.logged.String(), "distrusts") {
		t.Error("the objection's words are in the log")
	}
}

func TestALateObjectionIsTakenAndMarked(t *testing.T) {
	w, n, stream, path := told(t, terms(domain.Specific))
	s := serve(t, n)
	s.expect(t, "POST", path+"/acknowledge", url.Values{}, http.StatusSeeOther)
	w.set("2026-10-16T00:00:00Z")
	s.expect(t, "GET", path, nil, http.StatusOK, "Your time to object ended with the end of 15 October 2026")
	s.expect(t, "POST", path+"/object", url.Values{"ground": {"OTHER"}, "seen": {"9"}}, http.StatusSeeOther)
	s.expect(t, "GET", path, nil, http.StatusOK, "your objection is marked as late")
	if o := w.state(t, stream).Objection; !o.Late {
		t.Errorf("%+v", o)
	}
}

func TestALinkAloneAuthorisesNothing(t *testing.T) {
	w, n, stream, path := told(t, terms(domain.General))
	s := serve(t, n)
	s.expect(t, "POST", path+"/authorise", url.Values{}, http.StatusForbidden, "A link alone is enough to acknowledge or to object, not to agree")
	if kinds := w.kinds(t, stream); len(kinds) != 2 {
		t.Errorf("kept %v", kinds)
	}
}

func TestAnotherSiteCantAnswer(t *testing.T) {
	_, n, _, path := told(t, terms(domain.General))
	s := serve(t, n)
	for _, c := range []struct {
		header []string
		status int
	}{
		{[]string{"Origin", "https://evil.example"}, http.StatusForbidden},
		{[]string{"Origin", "null", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{[]string{"Origin", "https://ledger.example.com"}, http.StatusSeeOther},
		{[]string{"Origin", "null", "Sec-Fetch-Site", "same-origin"}, http.StatusSeeOther},
		{[]string{"Origin", "null"}, http.StatusSeeOther},
	} {
		answer, _ := s.ask(t, "POST", path+"/acknowledge", url.Values{}, c.header...)
		if answer.StatusCode != c.status {
			t.Errorf("%v: %s", c.header, answer.Status)
		}
	}
}

func TestLinks(t *testing.T) {
	w, n, _, path := told(t, terms(domain.General))
	s := serve(t, n)
	token := strings.TrimPrefix(path, "/notices/")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	must(t, err)
	for i := range raw { // one bit anywhere
		forged := slices.Clone(raw)
		forged[i] ^= 1
		if _, err := n.openLink(base64.RawURLEncoding.EncodeToString(forged)); err != errNoLink {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	other := *n
	other.Links = bytes.Repeat([]byte{8}, 32)
	unknown := n.token(link{domain.ID{0: 77}, numbered(2, 1), w.now().Add(time.Hour)})
	forged := other.token(link{w.notice(t, numbered(1, 1)).ID, numbered(2, 1), w.now().Add(time.Hour)})
	var pages []string
	for _, bad := range []string{token[:len(token)-1], token + "A", "x", forged, unknown, token + "/other"} {
		pages = append(pages, s.expect(t, "GET", "/notices/"+bad, nil, http.StatusNotFound, "This link does not lead to a notice"))
		s.expect(t, "POST", "/notices/"+bad+"/acknowledge", url.Values{}, http.StatusNotFound)
	}
	if slices.ContainsFunc(pages, func(p string) bool { return p != pages[0] }) {
		t.Error("a forged link and an unknown one look different")
	}
	w.pass(linkLife)
	body := s.expect(t, "GET", path, nil, http.StatusGone, "This link has expired")
	if strings.Contains(body, "Scribe") || strings.Contains(body, "Customer 1") {
		t.Error("an expired link tells what it was about")
	}
	s.expect(t, "POST", path+"/object", url.Values{"ground": {"LAW"}}, http.StatusGone)
	w.set("2026-10-02")
	must(t, w.designate(t.Context(), numbered(1, 1), numbered(2, 99), "Bea", "bea@customer.example"))
	s.expect(t, "GET", path, nil, http.StatusGone, "only for the person whom your company has named")
}
