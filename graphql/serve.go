package graphql

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	gqlerrors "github.com/graph-gophers/graphql-go/errors"
	"github.com/sirupsen/logrus"
	"github.com/vektah/gqlparser/v2/ast"

	"muniment/domain"
	"muniment/graphql/access"
)

// Cookie is the session cookie's name.
const Cookie = "muniment_session"

// call is one GraphQL-over-HTTP request.
type call struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// ServeHTTP answers GraphQL over HTTP: POST application/json; GET for queries without personal values.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	p, err := a.Principal(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	c, status, no := read(r)
	if no != nil {
		answer(w, r, status, map[string]any{"errors": refusalErrors(no)})
		return
	}
	purpose, caseRef, no := stated(r)
	if no != nil {
		answer(w, r, http.StatusBadRequest, map[string]any{"errors": refusalErrors(no)})
		return
	}
	op, list := a.check(c.Query, c.OperationName, c.Variables, p)
	if list != nil {
		answer(w, r, unexecuted(r), map[string]any{"errors": list})
		return
	}
	if r.Method == http.MethodGet && (op.kind != ast.Query || purpose != "") {
		w.Header().Set("Allow", "POST")
		answer(w, r, http.StatusMethodNotAllowed, map[string]any{"errors": plainErrors("GET answers queries without personal values only: use POST")})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxTime)
	defer cancel()
	ctx, request, err := a.begin(ctx, p, purpose, caseRef)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	response := a.schema.Exec(ctx, c.Query, c.OperationName, c.Variables)
	// Recorded before a byte leaves; when it can't be, no data leaves.
	if err := request.record(ctx); err != nil {
		a.Log.WithField("error", err.Error()).Error("a reading of personal values could not be recorded: no data was released")
		answer(w, r, http.StatusServiceUnavailable, map[string]any{"errors": refusalErrors(&domain.Refusal{Code: domain.Unavailable, Rule: "read.recorded", Article: "Art. 5(2) GDPR",
			Message: "this reading of personal values could not be recorded, so nothing is released: try again later"})})
		return
	}
	publish(ctx, a.Log, response.Errors)
	body := map[string]any{}
	if len(response.Errors) > 0 {
		body["errors"] = response.Errors
	}
	if len(response.Data) > 0 {
		body["data"] = response.Data
	}
	status = http.StatusOK
	if len(response.Data) == 0 {
		status = unexecuted(r)
	}
	answer(w, r, status, body)
}

// Principal recognises who asks: by bearer token, or by cookie from a page of our own.
func (a *API) Principal(r *http.Request) (access.Principal, error) {
	if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return a.Access.Recognise(r.Context(), strings.TrimSpace(secret))
	}
	cookie, err := r.Cookie(Cookie)
	if err != nil {
		return access.Principal{}, access.ErrRefused
	}
	p, err := a.Access.Recognise(r.Context(), cookie.Value)
	if err == nil && strings.HasPrefix(r.URL.Path, "/graphql") && (r.Method != http.MethodPost || !SameOrigin(r)) {
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

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var no *domain.Refusal
	switch {
	case !errors.As(err, &no):
		answer(w, r, http.StatusInternalServerError, map[string]any{"errors": plainErrors(internal(a.Log, err))})
	case no.Code == domain.Unauthed:
		w.Header().Set("WWW-Authenticate", `Bearer realm="muniment"`)
		answer(w, r, http.StatusUnauthorized, map[string]any{"errors": refusalErrors(no)})
	default:
		answer(w, r, http.StatusForbidden, map[string]any{"errors": refusalErrors(no)})
	}
}

// read takes the call out of the request.
func read(r *http.Request) (c call, status int, no *domain.Refusal) {
	switch r.Method {
	case http.MethodGet:
		q := r.URL.Query()
		c.Query, c.OperationName = q.Get("query"), q.Get("operationName")
		if v := q.Get("variables"); v != "" && json.Unmarshal([]byte(v), &c.Variables) != nil {
			return c, http.StatusBadRequest, domain.Malformed("variables", "expected a JSON object")
		}
	case http.MethodPost:
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
			return c, http.StatusUnsupportedMediaType, domain.Malformed("", "expected Content-Type: application/json")
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil {
			return c, http.StatusBadRequest, domain.Malformed("", "the body ended early")
		}
		if len(body) > maxBody {
			return c, http.StatusRequestEntityTooLarge, &domain.Refusal{Code: domain.TooMuch, Rule: "query.body", Message: "the body is larger than 1 MiB"}
		}
		if json.Unmarshal(body, &c) != nil {
			return c, http.StatusBadRequest, domain.Malformed("", "expected a JSON object with query, and operationName, variables, extensions where needed")
		}
	default:
		return c, http.StatusMethodNotAllowed, domain.Malformed("", "use POST, or GET for queries")
	}
	if c.Query == "" {
		return c, http.StatusBadRequest, domain.Malformed("query", "missing")
	}
	return c, 0, nil
}

// stated reads purpose and case.
func stated(r *http.Request) (purpose, caseRef string, no *domain.Refusal) {
	purpose, caseRef = r.Header.Get("Muniment-Purpose"), r.Header.Get("Muniment-Case")
	if purpose != "" && !slices.Contains(domain.ReadPurposes, purpose) {
		return "", "", domain.Malformed("Muniment-Purpose", "expected one of %s", strings.Join(domain.ReadPurposes, ", "))
	}
	if caseRef != "" {
		if err := domain.Reasons["reference"].Check(caseRef); err != nil {
			return "", "", domain.Malformed("Muniment-Case", "%s", err)
		}
	}
	return purpose, caseRef, nil
}

const responseType = "application/graphql-response+json"

func wantsResponseType(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), responseType)
}

// unexecuted is the status of a request that was never executed: GraphQL over HTTP keeps 200 for
// clients that know only application/json.
func unexecuted(r *http.Request) int {
	if wantsResponseType(r) {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

func answer(w http.ResponseWriter, r *http.Request, status int, body any) {
	media := "application/json; charset=utf-8"
	if wantsResponseType(r) {
		media = responseType + "; charset=utf-8"
	}
	w.Header().Set("Content-Type", media)
	if status == http.StatusMethodNotAllowed && w.Header().Get("Allow") == "" {
		w.Header().Set("Allow", "GET, POST")
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// panics keeps what a panic says out of answers.
type panics struct{}

// MakePanicError is graphql-go's hook.
func (panics) MakePanicError(context.Context, any) *gqlerrors.QueryError {
	return &gqlerrors.QueryError{Message: "panic"}
}

// silent keeps values and contexts out of the log.
type silent struct{ log logrus.FieldLogger }

// LogPanic is graphql-go's hook.
func (s silent) LogPanic(context.Context, any) {
	s.log.Error("panic in a resolver")
}
