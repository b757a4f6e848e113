package graphql

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/graphql/access"
)

// Principal recognises who asks: by bearer token, or by cookie from a page of our own.
func (a *API) Principal(r *http.Request) (access.Principal, error) {
	secret, cookie := a.secretOf(r)
	if secret == "" {
		return access.Principal{}, access.ErrRefused
	}
	p, err := a.Access.Recognise(r.Context(), secret)
	if err == nil && cookie && strings.HasPrefix(r.URL.Path, "/graphql") && (r.Method != http.MethodPost || !SameOrigin(r)) {
		return p, &domain.Refusal{Code: domain.Unauthorised, Rule: "access.origin", Message: "with a cookie only POST from this ledger's own pages is answered: use a token instead"}
	}
	return p, err
}

// SameOrigin reports whether a request that changes something comes from a page of our own.
func SameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Host != "" && origin.Host == r.Host
}

// recheck asks anew who a long answer goes to: a token that was revoked, or may see other things
// now, gets nothing more.
func (a *API) recheck(ctx context.Context, secret string, before access.Principal) *domain.Refusal {
	now, err := a.Access.Recognise(ctx, secret)
	var no *domain.Refusal
	switch {
	case errors.As(err, &no):
		return no
	case err != nil:
		return &domain.Refusal{Code: domain.Unavailable, Rule: "access.token", Message: internal(ctx, a.Log, err)}
	case now.Role != before.Role || now.Content != before.Content || now.Person != before.Person || !slices.Equal(now.Tenants, before.Tenants):
		return &domain.Refusal{Code: domain.Unauthorised, Rule: "access.grant", Message: "what this token may see has changed: subscribe again"}
	}
	return nil
}

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var no *domain.Refusal
	switch {
	case !errors.As(err, &no):
		answer(w, r, statusOf(err), result{Errors: internalErrors(r.Context(), a.Log, err)})
	case no.Code == domain.Unauthed:
		w.Header().Set("WWW-Authenticate", `Bearer realm="muniment"`)
		answer(w, r, http.StatusUnauthorized, result{Errors: refusalErrors(no)})
	default:
		answer(w, r, http.StatusForbidden, result{Errors: refusalErrors(no)})
	}
}
