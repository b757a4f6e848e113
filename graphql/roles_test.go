package graphql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"muniment/domain"
	"muniment/graphql/access"
)

// roots are the schema's root fields, by operation.
func (d *desk) roots() map[ast.Operation]ast.FieldList {
	s := d.api.checked
	return map[ast.Operation]ast.FieldList{ast.Query: s.Query.Fields, ast.Mutation: s.Mutation.Fields, ast.Subscription: s.Subscription.Fields}
}

// TestNothingWithoutRoles: a field that nobody declared roles for, or roles for a field that isn't there,
// keep the API from being opened, and the error says which.
func TestNothingWithoutRoles(t *testing.T) {
	d := newDesk(t)
	for operation, fields := range d.roots() {
		roles := rolesOf(operation)
		for _, f := range fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			was := roles[f.Name]
			delete(roles, f.Name)
			if _, err := Open(d.api.Config); err == nil || !strings.Contains(err.Error(), f.Name) {
				t.Errorf("%s %s without roles: %v", operation, f.Name, err)
			}
			if no := allowed(&ast.OperationDefinition{Operation: operation, SelectionSet: ast.SelectionSet{&ast.Field{Name: f.Name}}},
				access.Principal{Role: access.DPO, Person: true}); no == nil || no.Rule != "access.role" {
				t.Errorf("%s %s without roles is open: %v", operation, f.Name, no)
			}
			roles[f.Name] = was
		}
		roles["nonsense"] = everyRole
		if _, err := Open(d.api.Config); err == nil || !strings.Contains(err.Error(), "nonsense") {
			t.Errorf("%s: roles for nothing: %v", operation, err)
		}
		delete(roles, "nonsense")
	}
	if _, err := Open(d.api.Config); err != nil {
		t.Error(err)
	}
}

// TestMutationsByRole pins who may take which decision, and asks each of it: a role either gets past the
// gate or is refused there. A token that writes facts gets past none.
func TestMutationsByRole(t *testing.T) {
	d := newDesk(t)
	d.seen()
	tokens := map[string]string{}
	for _, role := range everyRole {
		tokens[string(role)] = d.token(access.Principal{Role: role, Tenants: []domain.ID{domain.NewID()}})
	}
	writer := d.program(access.Principal{Role: access.Operator, Writer: &access.Writer{Kinds: domain.DefaultGrant, Every: true}})
	nobody := domain.NewID().String()
	seen := 0
	for _, f := range d.roots()[ast.Mutation] {
		want, pinned := decidedBy[f.Name]
		if !pinned {
			t.Errorf("say in decidedBy who may %s", f.Name)
			continue
		}
		seen++
		if f.Name == "onboardTenant" || f.Name == "generateReport" || f.Name == "generateBundle" {
			want += " " // asked elsewhere: these need nothing that exists
		}
		question := d.mutation(f, func(noun string) string { return noun + "-" + nobody })
		for role, token := range tokens {
			may := strings.Contains(want, role[:1])
			if may && strings.HasSuffix(want, " ") {
				continue
			}
			if refused := strings.Contains(d.ask(token, question).text, `"rule":"access.role"`); refused == may {
				t.Errorf("%s: %s: refused %v", f.Name, role, refused)
			}
		}
		if a := d.ask(writer, question); !strings.Contains(a.text, `"rule":"access.`) || strings.Contains(a.text, `"receipt"`) {
			t.Errorf("%s: a writer of facts: %s", f.Name, a.text)
		}
	}
	if seen == 0 || seen != len(decidedBy) {
		t.Errorf("%d mutations were asked, %d are pinned", seen, len(decidedBy))
	}
}

// decidedBy is who may take which decision: D dpo, O operator, C customer, R regulator.
var decidedBy = map[string]string{
	"acknowledgeNotice": "C", "activateSubprocessor": "DO", "agreeMitigation": "D", "amendAgreement": "D",
	"announceChange": "D", "answerObjection": "D", "approveExport": "DOC", "approveStrike": "D", "authoriseNotice": "C",
	"blockEngagement": "D", "closeFinding": "D", "completeDueDiligence": "D", "confirmDeletion": "D",
	"declareLegalBasis": "DC", "declareTenantRole": "D", "deleteTenantData": "D", "deliverExport": "DO",
	"designateContact": "DOC", "detachIdentifier": "D", "disableUser": "DO", "disableRetentionPolicy": "DC", "endAgreement": "D", "endMandate": "DC",
	"endSubprocessor": "D", "engageInEmergency": "D", "enterObjection": "D", "eraseActor": "D", "eraseContact": "D", "eraseSubject": "D",
	"expireExport": "DO", "generateBundle": "DR", "generateExport": "DO", "generateReport": "DRC", "grantConsent": "DOC",
	"liftHold": "D", "offboardTenant": "D", "onboardTenant": "DO", "placeHold": "D", "proposeStrike": "D",
	"proposeSubprocessor": "D", "raiseObjection": "C", "recordMandate": "DC", "redactInteraction": "DO",
	"requestExport": "DOC", "setRetentionPeriod": "D", "setRetentionPolicy": "DC", "signAgreement": "D", "signFlowDown": "D",
	"suspendSubprocessor": "D", "terminateOverNotice": "C", "withdrawChange": "D", "withdrawConsent": "DOC",
	"withdrawObjection": "C",
}

// TestQuestionsByRole: each role may ask each question it is declared for, and nothing else; a fact writer's
// token reads within its accounts.
func TestQuestionsByRole(t *testing.T) {
	d := newDesk(t)
	d.seen()
	for _, operation := range []ast.Operation{ast.Query, ast.Subscription} {
		asked := 0
		for _, f := range d.roots()[operation] {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			for _, role := range everyRole {
				op := &ast.OperationDefinition{Operation: operation, SelectionSet: ast.SelectionSet{&ast.Field{Name: f.Name}}}
				no := allowed(op, access.Principal{Role: role})
				if may := slices.Contains(rolesOf(operation)[f.Name], role); may != (no == nil) {
					t.Errorf("%s %s: %s: %v", operation, f.Name, role, no)
				}
				asked++
			}
			if no := allowed(&ast.OperationDefinition{Operation: operation, SelectionSet: ast.SelectionSet{&ast.Field{Name: f.Name}}}, access.Principal{}); no == nil {
				t.Errorf("%s %s: nobody's role may ask it", operation, f.Name)
			}
		}
		if asked == 0 {
			t.Errorf("there is no %s", operation)
		}
	}
	if scope := (access.Principal{Role: access.Operator, Writer: &access.Writer{}, Tenants: []domain.ID{domain.NewID()}}).Scope(); scope.All {
		t.Error(fmt.Sprint("a writer of one account's facts reads all of them: ", scope))
	}
}
