package graphql

import (
	"strings"
	"testing"

	"muniment/graphql/access"
)

// TestNodeIDs: the id that a list gives of a thing leads to that thing, of that type, for every list there is.
func TestNodeIDs(t *testing.T) {
	d := newDesk(t)
	d.world("Example Dental", "+12025550143")
	dpo := d.token(access.Principal{Role: access.DPO})
	lists := 0
	for _, f := range d.api.checked.Query.Fields {
		if !strings.HasSuffix(f.Type.Name(), "Connection") {
			continue
		}
		lists++
		t.Run(f.Name, func(t *testing.T) {
			a := d.ask(dpo, "{ list: "+f.Name+" { edges { node { id __typename } } } }")
			list, _ := a.Data["list"].(map[string]any)
			edges, _ := list["edges"].([]any)
			if len(edges) == 0 {
				t.Fatalf("the world has none: %s", a.text)
			}
			for _, e := range edges {
				want := e.(map[string]any)["node"].(map[string]any)
				a := d.ask(dpo, `{ node(id: "`+want["id"].(string)+`") { id __typename } }`)
				got, _ := a.Data["node"].(map[string]any)
				if got["id"] != want["id"] || got["__typename"] != want["__typename"] {
					t.Errorf("%v leads to %s", want, a.text)
				}
			}
		})
	}
	if lists < 10 {
		t.Errorf("only %d lists", lists)
	}
}
