package explorer

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var page = fstest.MapFS{
	".keep":              {Data: []byte("placeholder")},
	"index.html":         {Data: []byte("<title>Muniment explorer</title>")},
	"favicon.svg":        {Data: []byte("<svg/>")},
	"assets/index-1a.js": {Data: []byte("run()")},
	"assets/secret.go":   {Data: []byte("package secret")},
}

func ask(pages fs.FS, method, address string) *http.Response {
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = address // as it stands: no client or mux has cleaned it
	w := httptest.NewRecorder()
	handler(pages).ServeHTTP(w, r)
	return w.Result()
}

func TestAnswers(t *testing.T) {
	const forever = "public, max-age=31536000, immutable"
	for _, c := range []struct {
		method, address string
		status          int
		kind, cache     string
	}{
		{"GET", "/explorer", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/explorer/", 200, "text/html; charset=utf-8", "no-store"},
		{"HEAD", "/explorer/", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/explorer/favicon.svg", 200, "image/svg+xml", "no-store"},
		{"GET", "/explorer/assets/index-1a.js", 200, "text/javascript; charset=utf-8", forever},
		{"GET", "/explorer/assets/gone.js", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/explorer/assets", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/explorer/assets/secret.go", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/explorer/.keep", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/explorer/../explorer.go", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/explorer/assets/../../explorer.go", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/explorer//etc/passwd", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/explorers", 404, "text/plain; charset=utf-8", "no-store"},
		{"POST", "/explorer", 405, "text/plain; charset=utf-8", "no-store"},
	} {
		got := ask(page, c.method, c.address)
		h := got.Header
		if got.StatusCode != c.status || h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.cache {
			t.Errorf("%s %s: %d %q %q, want %d %q %q", c.method, c.address, got.StatusCode,
				h.Get("Content-Type"), h.Get("Cache-Control"), c.status, c.kind, c.cache)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy":    policy,
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s %s: %s is %q, want %q", c.method, c.address, name, h.Get(name), want)
			}
		}
	}
}

func TestNotBuiltNamesTheRemedy(t *testing.T) {
	got := ask(fstest.MapFS{".keep": {}}, "GET", "/explorer")
	body := new(strings.Builder)
	if err := got.Write(body); err != nil {
		t.Fatal(err)
	}
	if got.StatusCode != 503 || !strings.Contains(body.String(), "make explorer") {
		t.Errorf("without a build: %d\n%s", got.StatusCode, body)
	}
}

func TestHandlerFollowsBuilt(t *testing.T) {
	want := http.StatusServiceUnavailable
	if Built() {
		want = http.StatusOK
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest("GET", "/explorer", nil))
	if w.Code != want {
		t.Errorf("Built() is %v, but /explorer answers %d", Built(), w.Code)
	}
}
