package graphql

import (
	"context"
	"net/http"

	gqlerrors "github.com/graph-gophers/graphql-go/errors"
	"github.com/sirupsen/logrus"
	"github.com/vektah/gqlparser/v2/ast"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger/sqldb"
)

// ServeHTTP answers GraphQL over HTTP: POST application/json; GET for queries without personal
// values; with Accept: text/event-stream as a stream of events; and WebSockets.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if upgrades(r) {
		a.serveSocket(w, r)
		return
	}
	p, err := a.Principal(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	c, status, no := read(r)
	if no != nil {
		answer(w, r, status, result{Errors: refusalErrors(no)})
		return
	}
	purpose, caseRef, no := stated(r.Header, c)
	if no != nil {
		answer(w, r, http.StatusBadRequest, result{Errors: refusalErrors(no)})
		return
	}
	op, list := a.check(c, p)
	if r.Method == http.MethodGet && (op.kind == ast.Mutation || purpose != "") {
		w.Header().Set("Allow", "POST")
		answer(w, r, http.StatusMethodNotAllowed, result{Errors: plainErrors("GET answers queries without personal values only: use POST")})
		return
	}
	if accepted(r) == streamType {
		a.serveEvents(w, r, p, c, op, list)
		return
	}
	if list == nil && op.kind == ast.Subscription {
		list = plainErrors("a subscription is answered with Accept: text/event-stream, or over a WebSocket with the subprotocol graphql-transport-ws")
	}
	if list != nil {
		answer(w, r, unexecuted(r), result{Errors: list})
		return
	}
	body, status := a.execute(r.Context(), p, c, purpose, caseRef)
	if status == 0 {
		status = unexecuted(r)
	}
	answer(w, r, status, body)
}

// execute answers a query or mutation that was checked. The status is 0 when nothing was executed.
func (a *API) execute(ctx context.Context, p access.Principal, c call, purpose, caseRef string) (result, int) {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	ctx, request, err := a.begin(ctx, p, purpose, caseRef)
	if err != nil {
		return result{Errors: internalErrors(ctx, a.Log, err)}, statusOf(err)
	}
	response := a.schema.Exec(ctx, c.Query, c.OperationName, c.Variables)
	// Recorded before a byte leaves; when it can't be, no data leaves.
	if err := request.record(ctx); err != nil {
		a.Log.WithField("error", err.Error()).Error("a reading of personal values could not be recorded: no data was released")
		why := "try again later"
		if no := sqldb.Outage(err); no != nil {
			why = no.Message
		}
		return result{Errors: refusalErrors(&domain.Refusal{Code: domain.Unavailable, Rule: "read.recorded", Article: "Art. 5(2) GDPR",
			Message: "this reading of personal values could not be recorded, so nothing is released: " + why})}, http.StatusServiceUnavailable
	}
	publish(ctx, a.Log, response.Errors)
	body := result{Data: response.Data}
	if len(response.Errors) > 0 {
		body.Errors = response.Errors
	}
	if len(response.Data) == 0 {
		return body, 0
	}
	return body, http.StatusOK
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
