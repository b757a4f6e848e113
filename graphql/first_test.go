package graphql

import (
	"strings"
	"testing"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// TestLaterEventsAlone: given of a thing only one event, of any kind that it has, decided here or reported by
// another system, when every list is asked for all that it shows, then each answers without an error.
func TestLaterEventsAlone(t *testing.T) {
	d := newDesk(t)
	kept := 0
	keep := func(k domain.Type, by ledger.Principal, evidence string) {
		s := &ledger.Submission{Tenant: d.Tenant("Example Dental"), Source: "test", ID: domain.NewEventID(d.Clock()), Occurred: ledgertest.Day(3), Event: ledgertest.Sample(k),
			Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}}, Evidence: evidence, Stream: ledger.StreamRef{Name: domain.Stream{Noun: k.Noun, ID: domain.NewID()}}}
		switch k.Noun {
		case "subprocessor", "register":
			s.Tenant = domain.Operator
		case "tenant", "retention", "agreement": // the account's own id names it
			s.Stream.Name.ID = s.Tenant
		}
		for range 40 { // whoever its values belong to
			s.Subjects = append(s.Subjects, ledger.SubjectClaim{ID: domain.NewID(), Capacity: domain.Processor})
		}
		if e, ok := s.Event.(domain.ReportGenerated); ok {
			e.Report, e.Format = "ACCESSES", "CSV"
			s.Event = e
		}
		if o := d.Take(t.Context(), by, []*ledger.Submission{s})[0]; o.Err != nil {
			t.Errorf("%s: %v", k.Kind, o.Err)
		}
		kept++
	}
	for _, k := range domain.Catalogue {
		keep(k, ledger.Own(), "")
		if k.Stated == domain.StatedDecided {
			keep(k, ledger.AtMachine(domain.Actor{Kind: domain.UnknownActor}), strings.Repeat("ab", 32))
		}
	}
	if kept < len(domain.Catalogue)+30 {
		t.Fatalf("only %d were kept", kept)
	}
	d.seen()
	anna := d.token(access.Principal{Role: access.DPO})
	for _, f := range d.api.checked.Query.Fields {
		if !strings.HasSuffix(f.Type.Name(), "Connection") {
			continue
		}
		for after, rows := "", 0; ; {
			a := d.ask(anna, "{ list: "+f.Name+"(first: 20"+after+") { "+d.selection(f.Type, 2)+" } }", "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1")
			if len(a.Errors) > 0 {
				t.Errorf("%s after %d: %s", f.Name, rows, a.text)
				break
			}
			list := a.Data["list"].(map[string]any)
			rows += len(list["edges"].([]any))
			page := list["pageInfo"].(map[string]any)
			if page["hasNextPage"] != true {
				if rows == 0 {
					t.Errorf("%s: nothing is shown", f.Name)
				}
				break
			}
			after = `, after: "` + page["endCursor"].(string) + `"`
		}
	}
}
