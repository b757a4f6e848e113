package demo

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"muniment"
	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/seal"
)

// TestStruck: of the demo's world the payload of one event of each kind that can be struck is gone. All
// questions are answered, and a rebuild changes no answer.
func TestStruck(t *testing.T) {
	w := open(t)
	if _, err := Load(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: muniment.Schema})
	if err != nil {
		t.Fatal(err)
	}
	dpo := must(w.signIn(t.Context(), access.Principal{Role: access.DPO, Actor: domain.NewID(), Person: true}))(t)
	before := dpo.everything(t, schema)
	struck := 0
	for kind, at := range oneOfEach(t, w) {
		pay := must(seal.PayloadCommitment(at.record.Payload))(t)
		must(w.Ledger.Log.(ledger.Striker).Strike(t.Context(), ledger.Removal{At: ledger.Key{Stream: at.record.Stream, ID: at.kept.ID}, Stub: ledger.Stub(pay)}))(t)
		if err := w.Views.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.Views.Restate(t.Context(), at.record); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		struck++
	}
	if struck < 20 {
		t.Errorf("only %d kinds were struck", struck)
	}
	live := dpo.everything(t, schema)
	if err := w.Views.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	rebuilt := dpo.everything(t, schema)
	for field, text := range live {
		if rebuilt[field] != text {
			t.Errorf("%s differs after a rebuild:\n%s\n%s", field, text, rebuilt[field])
		}
	}
	if !strings.Contains(live["interactions"], `"state":"STRUCK"`) || strings.Contains(before["interactions"], `"state":"STRUCK"`) {
		t.Errorf("personal values of a struck call: %.2000s", live["interactions"])
	}
	if !strings.Contains(live["tenants"], `"name":"STRUCK"`) {
		t.Errorf("an account whose onboarding was struck: %.2000s", live["tenants"])
	}
}

// found is an event, and its bytes.
type found struct {
	record ledger.Record
	kept   domain.Kept
}

// oneOfEach is the first event of each kind that can be struck.
func oneOfEach(t *testing.T, w World) map[string]found {
	t.Helper()
	all := map[string]found{}
	for from := int64(0); ; {
		records := must(w.Ledger.Log.Read(t.Context(), from, 1000))(t)
		if len(records) == 0 {
			return all
		}
		for _, r := range records {
			k := must(ledger.Decode(r))(t)
			if _, no := (domain.Strike{}).Propose(domain.StrikeProposed{}, k); no == nil {
				if _, there := all[k.Kind]; !there {
					all[k.Kind] = found{r, k}
				}
			}
		}
		from += int64(len(records))
	}
}

// everything asks every query that needs no argument for all that its answer has, and fails on an error.
func (s session) everything(t *testing.T, schema *ast.Schema) map[string]string {
	t.Helper()
	answers := map[string]string{}
	for _, f := range schema.Query.Fields {
		needs := f.Arguments.ForName("tenant") != nil || f.Name == "proof" || f.Name == "consistency" || f.Name == "node" || strings.HasPrefix(f.Name, "__")
		paged := f.Arguments.ForName("first") != nil
		if needs || !paged {
			continue
		}
		answers[f.Name] = s.ask(t, "{ "+f.Name+"(first: 100) "+selection(schema, f.Type.Name(), 3)+" }")
	}
	return answers
}

// moving is what changes with the ledger's length: each question that is asked here is kept in it.
const moving = " cursor startCursor endCursor totalCount "

// selection asks for all that a type has, so many levels deep.
func selection(schema *ast.Schema, name string, levels int) string {
	def := schema.Types[name]
	if def.Kind != ast.Object {
		return ""
	}
	var b strings.Builder
	b.WriteString("{ __typename ")
	for _, f := range def.Fields {
		inner := schema.Types[f.Type.Name()]
		switch {
		case strings.Contains(moving, " "+f.Name+" "):
		case inner.Kind != ast.Object && inner.Kind != ast.Interface:
			b.WriteString(f.Name + " ")
		case levels > 0 && inner.Kind == ast.Object && f.Arguments.ForName("first") == nil:
			b.WriteString(f.Name + " " + selection(schema, f.Type.Name(), levels-1))
		}
	}
	return b.String() + "} "
}

func (s session) ask(t *testing.T, query string) string {
	t.Helper()
	body := must(json.Marshal(object{"query": query}))(t)
	r := must(http.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body)))(t)
	for name, value := range map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + s.secret, "Muniment-Purpose": "AUDIT", "Muniment-Case": "AUD-1"} {
		r.Header.Set(name, value)
	}
	var got answer
	s.API.ServeHTTP(&got, r)
	if strings.Contains(got.String(), `"errors"`) {
		t.Errorf("%.300s\n%.1500s", query, got.String())
	}
	return got.String()
}
