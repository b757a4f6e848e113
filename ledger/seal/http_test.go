package seal

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/transparency-dev/tessera/client"

	"muniment/domain"
)

// served is the door of a world's log; entries are for those who show the right word.
func (w *world) served() *httptest.Server {
	s := httptest.NewServer(Door{Sealer: w.sealer, Internal: func(err error) { w.t.Error(err) }, MayReadEntries: func(r *http.Request) error {
		if r.Header.Get("Authorization") != "Bearer auditor" {
			return &domain.Refusal{Code: domain.Unauthed, Message: "sign in"}
		}
		return nil
	}})
	w.t.Cleanup(s.Close)
	return s
}

// TestTesseraOverHTTP: Tessera's own client and check are content with what is served.
func TestTesseraOverHTTP(t *testing.T) {
	w := newWorld(t)
	w.mustOpen()
	w.append(700)
	w.seal()
	s := w.served()
	u, err := url.Parse(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	f, err := client.NewHTTPFetcher(u, s.Client())
	if err != nil {
		t.Fatal(err)
	}
	f.SetAuthorizationHeader("Bearer auditor")
	if err := tesseraAgrees(t, f, w.sealer.VKey()); err != nil {
		t.Errorf("Tessera's fsck: %v", err)
	}
	w.append(100) // the partial tiles of 700 are gone, the full ones answer for them
	w.seal()
	if err := tesseraAgrees(t, f, w.sealer.VKey()); err != nil {
		t.Errorf("Tessera's fsck: %v", err)
	}
}

// TestDoor: what is answered to whom, and how long it may be kept.
func TestDoor(t *testing.T) {
	w := newWorld(t)
	w.mustOpen()
	w.append(300)
	w.seal()
	if err := w.open(failing("swap", notKept, 0)); err != nil { // leaves tiles that nobody signed
		t.Fatal(err)
	}
	w.append(300)
	if w.sealer.Seal(t.Context()) == nil {
		t.Fatal("nothing failed")
	}
	s := w.served()
	for path, want := range map[string]string{
		"/checkpoint":               "200 no-cache text/plain; charset=utf-8",
		"/tile/0/000":               "200 public, max-age=31536000, immutable application/octet-stream",
		"/tile/0/000.p/9":           "200 public, max-age=31536000, immutable application/octet-stream",
		"/tile/0/001.p/44":          "200 public, max-age=31536000, immutable application/octet-stream",
		"/tile/0/001":               "404", // there as a file, but not signed
		"/tile/0/002.p/88":          "404",
		"/tile/1/000.p/1":           "200 public, max-age=31536000, immutable application/octet-stream",
		"/tile/1/000.p/2":           "404",
		"/tile/63/000.p/1":          "404",
		"/tile/0/x999/x999/999.p/1": "404",
		"/tile/0/../../seal.db":     "404",
		"/tile/0":                   "404",
		"/tile/entries/000":         "401",
		"POST /checkpoint":          "405",
	} {
		method, path, ok := strings.Cut(path, " ")
		if !ok {
			method, path = http.MethodGet, method
		}
		r, err := http.NewRequest(method, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path = path
		a, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, a.Body)
		a.Body.Close()
		got := a.Status[:3]
		if got == "200" {
			got += " " + a.Header.Get("Cache-Control") + " " + a.Header.Get("Content-Type")
		}
		if got != want {
			t.Errorf("%s %s: %s, want %s", method, path, got, want)
		}
	}
}
