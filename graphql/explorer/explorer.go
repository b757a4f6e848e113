package explorer

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// all: takes in dist/.keep, the only file there is before the first build.
//
//go:embed all:dist
var dist embed.FS

const index = "index.html"

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"worker-src 'self'; img-src 'self' data:; font-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Written here because the system's own table may be empty or wrong, and
// nosniff makes a script of the wrong type no script at all.
var types = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".md":   "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
}

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>The explorer was not built</title>
<h1>The explorer was not built</h1>
<p>This binary was made without the explorer's pages. Run <code>make explorer</code>, then build the binary again.</p>
<p>Everything else works without it. <a href="/">Back to the desk</a></p>
</html>
`

// Handler serves the explorer at /explorer and below. It answers GET and HEAD
// only, and 503 with the remedy when the binary was built without the page.
func Handler() http.Handler { return handler(built()) }

// Built reports whether the page was embedded into this binary.
func Built() bool { return exists(built()) }

func built() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only an invalid path written above can cause it
	}
	return sub
}

func exists(pages fs.FS) bool {
	_, err := fs.Stat(pages, index)
	return err == nil
}

func handler(pages fs.FS) http.Handler {
	ready := exists(pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		name, ok := named(r.URL.Path)
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "The explorer answers GET and HEAD only.", http.StatusMethodNotAllowed)
		case !ok:
			http.NotFound(w, r)
		case !ready:
			w.Header().Set("Content-Type", types[".html"])
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(notBuilt)) // a reader who has left needs no answer
		default:
			serve(w, r, pages, name)
		}
	})
}

func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// named turns an address into the name of an embedded file. Names with a dot
// in front (the placeholder) and paths that climb don't exist.
func named(address string) (string, bool) {
	if address == "/explorer" || address == "/explorer/" {
		return index, true
	}
	name, below := strings.CutPrefix(address, "/explorer/")
	return name, below && fs.ValidPath(name) && !strings.HasPrefix(path.Base(name), ".")
}

func serve(w http.ResponseWriter, r *http.Request, pages fs.FS, name string) {
	kind, known := types[path.Ext(name)]
	content, err := fs.ReadFile(pages, name)
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	if strings.HasPrefix(name, "assets/") { // Vite puts a hash of the content into these names
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
