package graphql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"muniment/domain"
	"muniment/graphql/access"
)

// mayMutate is which role may take which decision. What isn't here nobody may.
var mayMutate = func() map[string][]access.Role {
	dpo := []access.Role{access.DPO}
	with := func(roles ...access.Role) []access.Role { return append(slices.Clone(dpo), roles...) }
	tenant := []access.Role{access.Customer}
	return map[string][]access.Role{
		"onboardTenant": with(access.Operator), "declareTenantRole": dpo, "recordMandate": with(access.Customer), "endMandate": with(access.Customer),
		"designateContact": with(access.Operator, access.Customer), "declareLegalBasis": with(access.Customer), "offboardTenant": dpo, "deleteTenantData": dpo,
		"signAgreement": dpo, "amendAgreement": dpo, "endAgreement": dpo,
		"grantConsent": with(access.Operator, access.Customer), "withdrawConsent": with(access.Operator, access.Customer),
		"detachIdentifier": dpo, "eraseSubject": dpo, "eraseActor": dpo, "eraseContact": dpo, "disableUser": with(access.Operator), "placeHold": dpo, "liftHold": dpo, "redactInteraction": with(access.Operator),
		"setRetentionPolicy": with(access.Customer), "disableRetentionPolicy": with(access.Customer),
		"requestExport": with(access.Operator, access.Customer), "approveExport": with(access.Operator, access.Customer),
		"generateExport": with(access.Operator), "deliverExport": with(access.Operator), "expireExport": with(access.Operator),
		"proposeSubprocessor": dpo, "completeDueDiligence": dpo, "signFlowDown": dpo, "announceChange": dpo, "withdrawChange": dpo,
		"suspendSubprocessor": dpo, "endSubprocessor": dpo, "confirmDeletion": dpo,
		"enterObjection": dpo, "answerObjection": dpo, "agreeMitigation": dpo, "activateSubprocessor": with(access.Operator), "engageInEmergency": dpo, "blockEngagement": dpo,
		"acknowledgeNotice": tenant, "raiseObjection": tenant, "withdrawObjection": tenant, "authoriseNotice": tenant, "terminateOverNotice": tenant,
		"proposeStrike": dpo, "approveStrike": dpo,
		"setRetentionPeriod": dpo,
		"closeFinding":       dpo,
		"generateReport":     with(access.Regulator, access.Customer), "generateBundle": with(access.Regulator),
	}
}()

// operation is a parsed operation that was found acceptable.
type operation struct {
	kind ast.Operation
}

// check parses an operation once more, before it is executed: its form, what it costs, and whether
// the role may run it. Errors are in GraphQL's own form, with locations.
func (a *API) check(c call, p access.Principal) (operation, []map[string]any) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: c.Query}, maxTokens)
	if err != nil {
		if strings.Contains(err.Error(), "token") {
			return operation{}, refusalErrors(&domain.Refusal{Code: domain.TooMuch, Rule: "query.tokens",
				Message: fmt.Sprintf("the question has more than %d tokens: ask it in parts, or with fragments", maxTokens)})
		}
		return operation{}, plainErrors(err.Error())
	}
	op := doc.Operations.ForName(c.OperationName)
	weight, no := a.weigh(doc, op, c.Variables)
	if no != nil {
		return operation{}, refusalErrors(no)
	}
	if list := validator.ValidateWithRules(a.checked, doc, nil); len(list) > 0 {
		var out []map[string]any
		for _, e := range list {
			out = append(out, map[string]any{"message": e.Message, "locations": e.Locations, "extensions": map[string]any{"code": "INVALID"}})
		}
		return operation{}, out
	}
	if op == nil {
		return operation{}, plainErrors("operationName: name one of the document's operations")
	}
	found := operation{op.Operation}
	if no := allowed(op, p); no != nil {
		return found, refusalErrors(no)
	}
	limit := maxCost
	if op.Operation == ast.Subscription {
		limit = maxEventCost
		if f := fields(op.SelectionSet); len(f) == 1 && len(f[0].Directives) > 0 {
			return found, plainErrors("the field of a subscription takes no directives: without it there is nothing to follow")
		}
	}
	if weight.cost > float64(limit) {
		return found, refusalErrors(tooMuch("query.cost", "the question costs %.0f, more than %d: ask for smaller pages (first) or fewer nested lists", weight.cost, limit))
	}
	if weight.schema > maxSchemaCost {
		return found, refusalErrors(tooMuch("query.cost", "the question about the schema costs %.0f, more than %d: schema.graphql has all of it", weight.schema, maxSchemaCost))
	}
	return found, nil
}

// allowed judges the root fields: default deny. What a role may see of a query is the scope's to say
// ([projections.Scope]); which roles may ask it at all, mayAsk says.
func allowed(op *ast.OperationDefinition, p access.Principal) *domain.Refusal {
	for _, f := range fields(op.SelectionSet) {
		if strings.HasPrefix(f.Name, "__") {
			continue // the schema itself, which is public
		}
		roles := rolesOf(op.Operation)[f.Name]
		if !slices.Contains(roles, p.Role) {
			return &domain.Refusal{Code: domain.Unauthorised, Rule: "access.role", Message: fmt.Sprintf("%s: the role %s may not do this", f.Name, p.Role)}
		}
		if op.Operation != ast.Mutation {
			continue
		}
		if p.Writer != nil {
			return &domain.Refusal{Code: domain.Unauthorised, Rule: "access.writer",
				Message: f.Name + ": this token writes facts, so it decides nothing: make another with --decides --login NAME"}
		}
		if takesPerson[f.Name] {
			if no := p.NeedsPerson(f.Name); no != nil {
				return no
			}
		}
	}
	return nil
}

// fields lists the fields of a selection, through its fragments.
func fields(set ast.SelectionSet) (out []*ast.Field) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			out = append(out, s)
		case *ast.InlineFragment:
			out = append(out, fields(s.SelectionSet)...)
		case *ast.FragmentSpread:
			if s.Definition != nil {
				out = append(out, fields(s.Definition.SelectionSet)...)
			}
		}
	}
	return out
}

func plainErrors(message string) []map[string]any {
	return []map[string]any{{"message": message, "extensions": map[string]any{"code": "INVALID"}}}
}

func refusalErrors(no *domain.Refusal) []map[string]any {
	return []map[string]any{{"message": no.Error(), "extensions": extensions(no)}}
}

// anonymous reports whether errors say that nobody is signed in any more.
func anonymous(no *domain.Refusal) bool { return no != nil && no.Code == domain.Unauthed }
