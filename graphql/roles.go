package graphql

import (
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"muniment/graphql/access"
)

// everyRole is for questions that each role asks within its own scope.
var everyRole = []access.Role{access.DPO, access.Operator, access.Customer, access.Regulator}

// mayAsk is which role may ask which question, mayFollow which subscription. What isn't here nobody may.
var mayAsk = func() map[string][]access.Role {
	all := map[string][]access.Role{}
	for _, name := range []string{
		"viewer", "node", "tenants", "subjects", "users", "contactCheck", "consents", "interactions", "accesses", "redactions",
		"exports", "findings", "strikes", "retentionSchedule", "subprocessors", "notices", "policies", "agreements",
		"reports", "checkpoint", "proof", "consistency", "epochs", "completeness", "events",
	} {
		all[name] = everyRole
	}
	return all
}()

var mayFollow = map[string][]access.Role{"events": everyRole, "findings": everyRole}

// takesPerson are the decisions that need a person known by name: those of four eyes.
var takesPerson = map[string]bool{"approveExport": true, "approveStrike": true, "proposeStrike": true}

func rolesOf(o ast.Operation) map[string][]access.Role {
	switch o {
	case ast.Query:
		return mayAsk
	case ast.Mutation:
		return mayMutate
	case ast.Subscription:
		return mayFollow
	}
	return nil
}

// rolesDeclared compares the schema with who may do what: a field without roles, or roles without a
// field, is an error, so that nothing is served that nobody thought of.
func rolesDeclared(s *ast.Schema) error {
	for o, root := range map[ast.Operation]*ast.Definition{ast.Query: s.Query, ast.Mutation: s.Mutation, ast.Subscription: s.Subscription} {
		roles := rolesOf(o)
		for _, f := range root.Fields {
			if len(roles[f.Name]) == 0 && f.Name[:2] != "__" {
				return fmt.Errorf("the %s %s has no roles: say in graphql/roles.go who may use it", o, f.Name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(roles)) {
			if root.Fields.ForName(name) == nil {
				return fmt.Errorf("the %s %s has roles, and schema.graphql doesn't have it", o, name)
			}
		}
	}
	return nil
}
