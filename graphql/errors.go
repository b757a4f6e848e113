package graphql

import (
	"context"
	"errors"
	"net/http"
	"strings"

	gqlerrors "github.com/graph-gophers/graphql-go/errors"
	"github.com/sirupsen/logrus"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/sqldb"
)

// publish makes the errors of a response safe to show: a refusal says its code, rule and article;
// anything else is an internal error with a reference into the log.
func publish(ctx context.Context, log logrus.FieldLogger, list []*gqlerrors.QueryError) {
	for _, e := range list {
		if e.ResolverError == nil {
			if strings.HasPrefix(e.Message, "panic") {
				e.Message = internal(ctx, log, errors.New("panic in a resolver"))
			}
			continue
		}
		var no *domain.Refusal
		var damaged ledger.Forged
		switch {
		case errors.As(e.ResolverError, &damaged):
			no = &domain.Refusal{Code: domain.Unavailable, Rule: "evidence.damaged", Message: damaged.Shown()}
			e.Message, e.Extensions = no.Error(), extensions(no)
		case seal.IsDamaged(e.ResolverError):
			log.WithField("error", e.ResolverError.Error()).Error("what was asked for is damaged")
			no = &domain.Refusal{Code: domain.Unavailable, Rule: "evidence.damaged", Message: "what this rests on in the log or in its tree is damaged, and not shown: muniment verify names it, a backup has it"}
			e.Message, e.Extensions = no.Error(), extensions(no)
		case errors.As(e.ResolverError, &no):
			e.Message, e.Extensions = no.Error(), extensions(no)
		case errors.Is(e.ResolverError, context.DeadlineExceeded):
			slow := tooSlow()
			e.Message, e.Extensions = slow.Error(), extensions(slow)
		default:
			e.Message, e.Extensions = internal(ctx, log, e.ResolverError), kindOf(e.ResolverError)
		}
		e.ResolverError = nil
	}
}

func tooSlow() *domain.Refusal {
	return &domain.Refusal{Code: domain.TooMuch, Rule: "query.time", Message: "the question took longer than " + maxTime.String() + ": ask for a smaller page, one tenant, or a shorter period"}
}

func extensions(no *domain.Refusal) map[string]any {
	x := map[string]any{"code": string(no.Code), "rule": no.Rule}
	if no.Article != "" {
		x["article"] = no.Article
	}
	if no.Field != "" {
		x["field"] = no.Field
	}
	return x
}

// internal logs an error under a random reference and returns what the caller may know.
func internal(ctx context.Context, log logrus.FieldLogger, err error) string {
	ref := domain.NewID().String()[:12]
	said := log.WithField("reference", ref)
	if errors.Is(err, context.Canceled) || errors.Is(ctx.Err(), context.Canceled) {
		said.Debug("the client left before it was answered") // nothing failed
		return "internal error: please quote reference " + ref
	}
	said.WithField("error", err.Error()).Error("internal error")
	if no := sqldb.Outage(err); no != nil {
		return no.Message + " (reference " + ref + ")"
	}
	return "internal error: please quote reference " + ref
}

// kindOf are the extensions of an error that isn't the asker's: which outage it is, or none.
func kindOf(err error) map[string]any {
	if no := sqldb.Outage(err); no != nil {
		return extensions(no)
	}
	return map[string]any{"code": "INTERNAL"}
}

func statusOf(err error) int {
	if sqldb.Outage(err) != nil {
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// internalErrors is an answer that failed as a whole.
func internalErrors(ctx context.Context, log logrus.FieldLogger, err error) []map[string]any {
	return []map[string]any{{"message": internal(ctx, log, err), "extensions": kindOf(err)}}
}

// refusal is Refusal in the schema.
type refusal struct {
	Code    string
	Message string
	Rule    string
	Article *string
	Field   *string
}

func refused(no *domain.Refusal) *refusal {
	return &refusal{Code: string(no.Code), Message: no.Message, Rule: no.Rule, Article: optional(no.Article), Field: optional(no.Field)}
}

// known is a word of a closed list, or null when it was struck.
func known[S ~string](word S) *string {
	if word == domain.StruckText {
		return nil
	}
	return optional(string(word))
}

// optional is null for an empty string.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
