package intake

import (
	"os"
	"strings"
	"testing"

	"muniment/domain"
)

// TestDocumentedExamples imports every example of docs/intake.md, twice, and misses families that
// have none.
func TestDocumentedExamples(t *testing.T) {
	doc, err := os.ReadFile("../../docs/intake.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(doc), "```ndjson\n")
	block, _, _ = strings.Cut(block, "```")
	l := newLedger(t)
	n := strings.Count(block, "\n")
	imported(t, l, Events(strings.NewReader(block), EventOptions{}), Summary{Kept: n}.String())
	imported(t, l, Events(strings.NewReader(block), EventOptions{}), Summary{Duplicate: n}.String())
	shown := map[string]bool{}
	for _, item := range all(t, Events(strings.NewReader(block), EventOptions{})) {
		kind, _ := domain.Lookup(item.Sub[0].Event.Kind())
		shown[kind.Noun] = true
	}
	for _, k := range domain.Catalogue {
		if !shown[k.Noun] {
			t.Errorf("docs/intake.md has no example of the family %s: add one line, such as a %s", k.Noun, k.Kind)
			shown[k.Noun] = true
		}
	}
}
