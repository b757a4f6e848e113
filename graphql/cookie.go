package graphql

import (
	"net/http"
	"strings"
	"time"
)

// overTLS reports whether browsers reach the pages over TLS: ours, or a proxy's in front of us.
func (a *API) overTLS(r *http.Request) bool { return r.TLS != nil || a.Secure }

// cookieName is the session cookie's. Over TLS its prefix makes browsers take it from this host alone, so that no
// other page of the same domain can put one of its own in its place (RFC 6265bis, 4.1.3.2); only that one is read
// then.
func (a *API) cookieName(r *http.Request) string {
	if a.overTLS(r) {
		return "__Host-muniment_session"
	}
	return "muniment_session"
}

// SetSession gives a browser the secret of a session; "" takes it away.
func (a *API) SetSession(w http.ResponseWriter, r *http.Request, secret string, expires time.Time) {
	c := &http.Cookie{Name: a.cookieName(r), Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: a.overTLS(r), Expires: expires}
	if secret == "" {
		c.MaxAge, c.Expires = -1, time.Unix(0, 0)
	}
	http.SetCookie(w, c)
}

// secretOf is what a request shows to be recognised by, and whether a browser sent it by itself.
func (a *API) secretOf(r *http.Request) (secret string, cookie bool) {
	if secret := bearer(r.Header.Get("Authorization")); secret != "" {
		return secret, false
	}
	c, err := r.Cookie(a.cookieName(r))
	if err != nil {
		return "", false
	}
	return c.Value, true
}

// bearer reads the secret of an Authorization header, or "".
func bearer(header string) string {
	secret, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return ""
	}
	return strings.TrimSpace(secret)
}
