package demo

import (
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"muniment"
	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
)

// TestPruned: of the demo's world all is pruned that can be, struck or not. All questions are answered, and a
// rebuild changes no answer.
func TestPruned(t *testing.T) {
	w := open(t)
	if _, err := Load(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: muniment.Schema})
	if err != nil {
		t.Fatal(err)
	}
	dpo := must(w.signIn(t.Context(), access.Principal{Role: access.DPO, Actor: domain.NewID()}))(t)
	before := dpo.everything(t, schema)
	next := must(w.Ledger.Log.Next(t.Context()))(t)
	to := next / domain.BundleWidth * domain.BundleWidth
	var rests []ledger.Rest
	for from := int64(0); from < to; from += domain.BundleWidth {
		for _, r := range must(w.Ledger.Log.Read(t.Context(), from, domain.BundleWidth))(t) {
			k := must(ledger.Decode(r))(t)
			if kind, _ := domain.Lookup(k.Kind); kind.Passing {
				rests = append(rests, ledger.Rest{Seq: r.Seq, Key: ledger.Key{Stream: r.Stream, ID: k.ID}})
			}
		}
	}
	if len(rests) < 100 {
		t.Fatalf("only %d of %d events can be pruned", len(rests), to)
	}
	if err := w.Views.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	must(w.Ledger.Log.(ledger.Pruner).Prune(t.Context(), rests))(t)
	if err := w.Views.Prune(t.Context(), domain.Range{From: 0, To: to}); err != nil {
		t.Fatal(err)
	}
	live := dpo.everything(t, schema)
	if err := w.Views.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	for field, text := range dpo.everything(t, schema) {
		if live[field] != text {
			t.Errorf("%s differs after a rebuild:\n%s\n%s", field, live[field], text)
		}
	}
	for _, field := range []string{"tenants", "agreements", "subprocessors", "notices", "consents"} {
		if live[field] != before[field] {
			t.Errorf("%s changed:\n%s\n%s", field, before[field], live[field])
		}
	}
	if live["interactions"] == before["interactions"] {
		t.Error("no interaction is gone")
	}
}
