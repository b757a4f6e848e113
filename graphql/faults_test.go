package graphql

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/graphql/access"
)

// TestFailedReads: given any question, when one read of any database fails, then the answer has an error, whichever
// read it was: what could not be read is never shown as nothing.
func TestFailedReads(t *testing.T) {
	d := newDesk(t)
	tenant, nodes := d.world("Example Dental", "+12025550143")
	d.seen()
	if err := d.api.Seals.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.api.Epochs.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.stop()
	tokens := map[string]string{
		"DPO":      d.token(access.Principal{Role: access.DPO}),
		"customer": d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}, Content: true}),
	}
	for _, f := range d.api.checked.Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		question := "{ " + f.Name + arguments(f, nodes) + " " + braced(d.selection(f.Type, 3)) + " }"
		for who, token := range tokens {
			ask := func() error {
				a := d.answer(token, question, "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1")
				if len(a.Errors) == 0 {
					return nil
				}
				return errors.New(a.Errors[0].Message)
			}
			if err := ask(); err != nil { // not for this role, or needs something else
				t.Log(f.Name, who, err)
				continue
			}
			t.Log(f.Name, who, d.Faults.Each(t, fmt.Sprint(who, " ", question), ask))
		}
	}
}
