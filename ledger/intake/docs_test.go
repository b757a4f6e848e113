package intake

import (
	"io"
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
	block := examples(t, string(doc), "ndjson")
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
		if k.Stated != domain.StatedOurs && !shown[k.Noun] {
			t.Errorf("docs/intake.md has no example of the family %s: add one line, such as a %s", k.Noun, k.Kind)
			shown[k.Noun] = true
		}
	}
}

// examples are the lines of a documented block.
func examples(t *testing.T, doc, name string) string {
	t.Helper()
	_, block, found := strings.Cut(doc, "```"+name+"\n")
	if !found {
		t.Fatalf("docs/intake.md has no examples of %s", name)
	}
	block, _, _ = strings.Cut(block, "```")
	return block
}

// TestDocumentedForeignExamples imports every example of the formats that others set, twice.
func TestDocumentedForeignExamples(t *testing.T) {
	doc, err := os.ReadFile("../../docs/intake.md")
	if err != nil {
		t.Fatal(err)
	}
	l := newShop(t)
	o := trailOptions("calls/{tenant}/*/{id}.mp3")
	o.NamingKey = func(tenant domain.ID) ([]byte, error) { return l.Vault.NamingKey(t.Context(), tenant) }
	for name, open := range map[string]func(io.Reader) (Reader, error){
		"cloudevents": func(r io.Reader) (Reader, error) { return CloudEvents(r, CloudEventsOptions{Tenant: shop}) },
		"cloudtrail":  func(r io.Reader) (Reader, error) { return CloudTrail(r, o) },
	} {
		block := examples(t, string(doc), name)
		n := strings.Count(block, "\n")
		for _, want := range []Summary{{Kept: n}, {Duplicate: n}} {
			r, err := open(strings.NewReader(block))
			if err != nil {
				t.Fatal(err)
			}
			imported(t, l, r, want.String())
		}
	}
}
