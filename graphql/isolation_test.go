package graphql

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal/heads"
)

// world keeps something of every family for a tenant and returns the ids that must stay its own.
func (d *desk) world(name, number string) (tenant domain.ID, nodes map[string]string) {
	tenant = d.Tenant(name)
	call := d.call(tenant, number)
	d.seen()
	person, ok, err := d.Vault.Find(context.Background(), tenant, ledger.Identifier{Type: domain.Phone, Value: number})
	if err != nil || !ok {
		d.t.Fatalf("the caller is not found: %v", err)
	}
	who := []ledger.SubjectClaim{{ID: person, Capacity: domain.Processor}}
	of := ledger.StreamRef{Name: call.Stream}
	keep := func(e domain.Event, s ledger.StreamRef, subjects []ledger.SubjectClaim) ledger.Receipt {
		return d.Keep(ledger.Submission{Tenant: tenant, Event: e, Stream: s, Subjects: subjects, Occurred: ledgertest.Day(20)})
	}
	listened := keep(domain.InteractionListened{Seconds: 3}, of, nil)
	redacted := keep(domain.InteractionRedacted{Trigger: domain.Automatic, Fields: []domain.DataField{"NAME"}}, of, nil)
	consent := keep(domain.ConsentGranted{Purpose: "MARKETING", Text: "v1", Channel: "WEB_FORM", Act: domain.BoxTicked, Giver: "SELF"}, ledger.StreamRef{}, who)
	keep(domain.PolicySet{Window: domain.Days30, Acknowledged: true}, ledger.StreamRef{}, nil)
	keep(domain.AgreementSigned{Effective: "2026-01-01", Law: "SE", Zone: "Europe/Stockholm", Model: domain.General, List: "main", NoticeDays: 30, ObjectionDays: 14,
		WindowStart: domain.OnDelivery, Proof: domain.Accepted, SCC: domain.NoInstrument}, ledger.StreamRef{}, nil)
	export := keep(domain.ExportRequested{Channel: "API", Categories: []domain.DataField{"NAME"}}, ledger.StreamRef{Name: domain.Stream{Noun: "export", ID: domain.NewID()}}, nil)
	notice := keep(domain.NoticePrepared{Change: domain.NewID(), Subprocessor: domain.NewID(), Type: "ADD", Effective: "2026-12-01", Posted: ledgertest.Day(20).At, Model: domain.General, WindowStart: domain.OnDelivery, Proof: domain.Accepted, SCC: domain.NoInstrument},
		ledger.StreamRef{Name: domain.Stream{Noun: "notice", ID: domain.NewID()}}, nil)
	report := keep(domain.ReportGenerated{Report: "ACCESSES", Format: "CSV", Digest: strings.Repeat("ab", 32), AsOf: 1, KnownAt: 1}, ledger.StreamRef{}, nil)
	login := domain.NewID()
	d.Keep(ledger.Submission{Tenant: tenant, Occurred: ledgertest.Day(20), Subjects: []ledger.SubjectClaim{{ID: login, Capacity: domain.Controller}},
		Event: domain.UserEnrolled{Employer: "TENANT", Login: domain.Clear("agent"), Name: domain.Clear("Agent Example"), Email: domain.Clear("agent@example.com"), System: "ctm"}})
	finding := d.finding(tenant)
	d.Keep(ledger.Submission{Tenant: domain.Operator, Occurred: ledgertest.Day(20), Event: domain.ListPublished{List: "main", Effective: "2026-01-20", Digest: strings.Repeat("ab", 32),
		Entries: []domain.Entry{{Key: domain.ID{1: 0xcd}, Name: "Example Cloud Inc.", Purpose: "Hosting", Locations: []string{"Ireland"}}}}})
	demand(d.t, d.propose(d.token(access.Principal{Role: access.DPO}), "event-"+call.ID.String()), `"refusal":null`)
	return tenant, map[string]string{
		"strike":  "strike-" + call.ID.String(),
		"finding": finding.Stream.String(),
		"tenant":  "tenant-" + tenant.String(), "retention": "retention-" + tenant.String(), "agreement": "agreement-" + tenant.String(),
		"subject": "subject-" + person.String(), "interaction": call.Stream.String(), "access": "access-" + listened.ID.String(),
		"redaction": "redaction-" + redacted.ID.String(), "consent": consent.Stream.String(), "user": "user-" + login.String(), "export": export.Stream.String(),
		"notice": notice.Stream.String(), "report": "report-" + report.ID.String(), "event": "event-" + call.ID.String(),
	}
}

func (d *desk) finding(tenant domain.ID) ledger.Receipt {
	return d.Keep(ledger.Submission{Tenant: tenant, Occurred: ledgertest.Day(20), Stream: ledger.StreamRef{Name: domain.Stream{Noun: "finding", ID: domain.NewID()}},
		Event: domain.FindingRaised{Finding: "LOG_TRUNCATION", Place: "muniment.tenant-1"}})
}

// told keeps something that a subscription tells of, and returns the digits of the id it shows.
func (d *desk) told(subscription string, tenant domain.ID, number string) string {
	if subscription == "findings" {
		return d.finding(tenant).Stream.ID.String()
	}
	return d.call(tenant, number).ID.String()
}

// selection asks for everything a type has, some levels deep.
func (d *desk) selection(t *ast.Type, levels int) string {
	def := d.api.checked.Types[t.Name()]
	if def.Kind != ast.Object {
		return ""
	}
	var b strings.Builder
	for _, f := range def.Fields {
		inner := d.api.checked.Types[f.Type.Name()]
		switch {
		case inner.Kind != ast.Object && inner.Kind != ast.Interface:
			b.WriteString(f.Name + " ")
		case levels > 0 && inner.Kind == ast.Object:
			page := ""
			if f.Arguments.ForName("first") != nil {
				page = "(first: 3)"
			}
			b.WriteString(f.Name + page + " { " + d.selection(f.Type, levels-1) + "} ")
		}
	}
	return b.String() + "__typename "
}

// TestTenantIsolation: for every role that sees only some tenants, no field of any query shows
// anything of another's, and no id of another's leads anywhere.
func TestTenantIsolation(t *testing.T) {
	d := newDesk(t)
	own, ownNodes := d.world("Example Dental", "+12025550143")
	foreign, foreignNodes := d.world("Foreign Motors", "+12025550144")
	d.seen()
	if err := d.api.Seals.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.api.Epochs.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"Foreign Motors", "5550144", foreign.String()}
	for _, id := range foreignNodes {
		_, digits, _ := strings.Cut(id, "-")
		secrets = append(secrets, digits)
	}
	stated := []string{"Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1"}
	for _, role := range []access.Role{access.Customer, access.Regulator} {
		token := d.token(access.Principal{Role: role, Tenants: []domain.ID{own}, Content: true})
		shown := map[string]bool{}
		for _, f := range d.api.checked.Query.Fields {
			if strings.HasPrefix(f.Name, "__") || f.Name == "node" {
				continue
			}
			for levels := range 4 {
				a := d.ask(token, "{ "+f.Name+arguments(f, foreignNodes)+" "+braced(d.selection(f.Type, levels))+" }", stated...)
				for _, e := range a.Errors {
					if f.Arguments.ForName("tenant") != nil && e.Extensions["code"] == string(domain.NotFound) {
						continue // asked for by the foreign id itself
					}
					if e.Extensions["code"] != string(domain.TooMuch) && !strings.Contains(e.Message, "depth") {
						t.Errorf("%s %s: %s", role, f.Name, e.Message)
					}
				}
				if edges, list := lists(a.Data[f.Name]); list && edges == 0 {
					t.Errorf("%s: %s is empty in this world, so nothing is shown of it: let world keep one", role, f.Name)
				} else if list {
					shown[f.Name] = true
				}
				for _, s := range secrets {
					if strings.Contains(a.text, s) {
						t.Errorf("%s: %s (%d levels) shows %s of another tenant", role, f.Name, levels, s)
					}
				}
			}
		}
		for _, f := range d.api.checked.Query.Fields {
			if f.Arguments.ForName("first") != nil && !shown[f.Name] {
				t.Errorf("%s: %s was never shown", role, f.Name)
			}
		}
		for noun, id := range foreignNodes {
			if a := d.ask(token, fmt.Sprintf(`{ node(id: %q) { id } }`, id), stated...); a.Data["node"] != nil || len(a.Errors) > 0 {
				t.Errorf("%s: foreign %s: %s", role, noun, a.text)
			}
			if a := d.ask(token, fmt.Sprintf(`{ node(id: %q) { id } }`, ownNodes[noun]), stated...); a.Data["node"] == nil {
				t.Errorf("%s: own %s is not found: %s", role, noun, a.text)
			}
		}
	}
}

// lists counts the rows of a list; list is false for what is none.
func lists(answer any) (edges int, list bool) {
	o, _ := answer.(map[string]any)
	rows, list := o["edges"].([]any)
	return len(rows), list
}

// arguments ask for what belongs to another where a query must be told what it is about.
func arguments(f *ast.FieldDefinition, foreign map[string]string) string {
	switch {
	case f.Arguments.ForName("first") != nil:
		return "(first: 20)"
	case f.Name == "completeness":
		return fmt.Sprintf("(tenant: %q, subject: %q)", foreign["tenant"], foreign["subject"])
	case f.Arguments.ForName("tenant") != nil:
		return fmt.Sprintf(`(tenant: %q, phone: "+12025550199")`, foreign["tenant"])
	case f.Name == "proof":
		return fmt.Sprintf("(event: %q)", foreign["event"])
	case f.Name == "consistency":
		return "(from: 1, to: 2)"
	}
	return ""
}

func braced(selection string) string {
	if selection == "" {
		return ""
	}
	return "{ " + selection + "}"
}

// TestForeignProofs: an event is proven to those who may see it; to others it isn't there, sealed or not.
func TestForeignProofs(t *testing.T) {
	d := newDesk(t)
	own, ownNodes := d.world("Example Dental", "+12025550143")
	_, foreignNodes := d.world("Foreign Motors", "+12025550144")
	policy, err := torchwood.ParsePolicy([]byte("log " + d.api.Seals.VKey() + "\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sealed := range []bool{false, true} {
		if sealed {
			if err := d.api.Seals.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, role := range []access.Role{access.DPO, access.Operator, access.Customer, access.Regulator} {
			p := access.Principal{Role: role}
			if role == access.Customer || role == access.Regulator {
				p.Tenants = []domain.ID{own}
			}
			token := d.token(p)
			prove := func(id string) answered {
				return d.ask(token, fmt.Sprintf(`{ proof(event: %q) { leaf text size } }`, id))
			}
			if a := prove(foreignNodes["event"]); len(p.Tenants) > 0 && (a.Data["proof"] != nil || len(a.Errors) > 0) {
				t.Errorf("%s, sealed %t: another's event: %s", role, sealed, a.text)
			}
			a := prove(ownNodes["event"])
			if !sealed {
				if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != string(domain.Unavailable) {
					t.Errorf("%s: not sealed yet: %s", role, a.text)
				}
				continue
			}
			got, _ := a.Data["proof"].(map[string]any)
			leaf, _ := got["leaf"].(string)
			text, _ := got["text"].(string)
			if err := torchwood.VerifyProof(policy, tlog.RecordHash([]byte(leaf)), []byte(text)); err != nil {
				t.Errorf("%s: %v: %s", role, err, a.text)
			}
		}
	}
}

// TestCompleteness: how many events somebody has is proven to the DPO, the operator and regulators who may see
// the account, and to nobody else; before the first epoch there is nothing to prove.
func TestCompleteness(t *testing.T) {
	d := newDesk(t)
	own, ownNodes := d.world("Example Dental", "+12025550143")
	_, foreignNodes := d.world("Foreign Motors", "+12025550144")
	policy, err := torchwood.ParsePolicy([]byte("log " + d.api.Seals.VKey() + "\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.api.Seals.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, made := range []bool{false, true} {
		if made {
			if _, err := d.api.Epochs.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, role := range []access.Role{access.DPO, access.Operator, access.Customer, access.Regulator} {
			p := access.Principal{Role: role}
			if role == access.Customer || role == access.Regulator {
				p.Tenants = []domain.ID{own}
			}
			token := d.token(p)
			prove := func(arguments string) answered {
				return d.ask(token, "{ completeness("+arguments+") { count size leaves text } epochs { size heads } }")
			}
			if a := prove(fmt.Sprintf("tenant: %q", foreignNodes["tenant"])); len(p.Tenants) > 0 && (len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != string(domain.NotFound)) {
				t.Errorf("%s: another's account: %s", role, a.text)
			}
			for arguments, count := range map[string]int64{
				fmt.Sprintf("tenant: %q", ownNodes["tenant"]):                                               14,
				fmt.Sprintf("tenant: %q, subject: %q", ownNodes["tenant"], ownNodes["subject"]):             3,
				fmt.Sprintf("tenant: %q, subject: %q", ownNodes["tenant"], foreignNodes["subject"]):         0,
				fmt.Sprintf("tenant: %q, from: %q, to: %q", ownNodes["tenant"], "2026-11-01", "2026-11-02"): 14,
			} {
				a := prove(arguments)
				got, _ := a.Data["completeness"].(map[string]any)
				if !made || role == access.Customer { // who is told nothing of how many there are in all
					if epochs, _ := a.Data["epochs"].([]any); got != nil || len(a.Errors) > 0 || len(epochs) > 0 {
						t.Errorf("%s: before the first epoch, or a customer: %s", role, a.text)
					}
					continue
				}
				text, _ := got["text"].(string)
				proof, err := heads.ParseProof([]byte(text))
				if err != nil {
					t.Fatalf("%s, %s: %v: %s", role, arguments, err, a.text)
				}
				_, leaves, err := proof.Check(policy)
				shown := int64(0)
				if proof.Head.Head != nil {
					shown = proof.Head.Head.Count
				}
				if err != nil || shown != count || got["count"] != float64(count) || proof.Period != nil && int64(len(leaves)) != count {
					t.Errorf("%s, %s: %d events, %d in the period, want %d (%v)", role, arguments, shown, len(leaves), count, err)
				}
			}
		}
	}
}

// TestSubscriptionIsolation: for every role that sees only some tenants, no field of any subscription
// shows anything of another's, whatever is asked for by filter; neither what was, nor what comes.
func TestSubscriptionIsolation(t *testing.T) {
	d := newDesk(t)
	own, ownNodes := d.world("Example Dental", "+12025550143")
	foreign, foreignNodes := d.world("Foreign Motors", "+12025550144")
	d.seen()
	secrets := []string{"Foreign Motors", "5550144", foreign.String()}
	for _, id := range foreignNodes {
		_, digits, _ := strings.Cut(id, "-")
		secrets = append(secrets, digits)
	}
	d.api.live.beat = 5 * time.Millisecond
	door := d.open()
	stated := []string{"Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1"}
	for _, role := range []access.Role{access.Customer, access.Regulator} {
		token := d.token(access.Principal{Role: role, Tenants: []domain.ID{own}, Content: true})
		for _, f := range d.api.checked.Subscription.Fields {
			filters := []string{""}
			if f.Arguments.ForName("filter") != nil {
				filters = append(filters, foreignFilters(foreignNodes)...)
			}
			for _, filter := range filters {
				s := d.stream(door, token, fmt.Sprintf("subscription { %s(after: -1 %s) { %s } }", f.Name, filter, d.selection(f.Type, 3)), stated...).begun()
				secrets = append(secrets, d.told(f.Name, foreign, "+12025550144"))
				last := d.told(f.Name, own, "+12025550143")
				d.seen()
				shown := ""
				if filter == "" {
					for !strings.Contains(shown, last) {
						shown += s.next()
					}
				} else {
					for range 5 { // signs of life, and nothing between them
						line, _ := s.body.ReadString('\n')
						shown += line
						s.body.ReadString('\n')
					}
				}
				for _, x := range secrets {
					if strings.Contains(shown, x) {
						t.Errorf("%s: %s(%s) shows %s of another tenant", role, f.Name, filter, x)
					}
				}
				if filter != "" && shown != strings.Repeat(":\n", 5) {
					t.Errorf("%s: %s(%s): %s", role, f.Name, filter, shown)
				}
			}
		}
		for noun, id := range ownNodes {
			if !strings.Contains("tenant subject", noun) {
				continue
			}
			s := d.stream(door, token, fmt.Sprintf("subscription { events(after: -1, filter: { %s: %q }) { event { id } } }", noun, id))
			if !strings.Contains(s.next(), "event-") {
				t.Errorf("%s: nothing of its own %s", role, noun)
			}
		}
	}
}

// foreignFilters ask for what belongs to another.
func foreignFilters(nodes map[string]string) (list []string) {
	for _, noun := range []string{"tenant", "subject"} {
		list = append(list, fmt.Sprintf("filter: { %s: %q }", noun, nodes[noun]))
	}
	for _, noun := range []string{"tenant", "interaction", "consent", "export", "notice"} {
		list = append(list, fmt.Sprintf("filter: { stream: %q }", nodes[noun]))
	}
	return list
}

// TestForeignMutations: no decision on another tenant's things is taken, and the refusal is the same
// as for things that don't exist.
func TestForeignMutations(t *testing.T) {
	d := newDesk(t)
	own, _ := d.world("Example Dental", "+12025550143")
	_, foreign := d.world("Foreign Motors", "+12025550144")
	d.seen()
	mutations := d.api.checked.Mutation.Fields
	if len(mutations) == 0 {
		t.Fatal("the schema has no mutations")
	}
	for _, role := range everyRole {
		token := d.token(access.Principal{Role: role, Tenants: []domain.ID{own}, Content: true})
		atTheGate := 0
		for _, f := range mutations {
			if f.Name == "generateReport" || f.Name == "generateBundle" {
				continue // makes a report within the scope; see TestGenerateBundle
			}
			known := d.mutation(f, func(noun string) string { return foreign[noun] })
			unknown := d.mutation(f, func(noun string) string { return noun + "-" + domain.NewID().String() })
			may := slices.Contains(mayMutate[f.Name], role)
			if may && (opens[f.Name] || role == access.DPO || role == access.Operator) {
				continue // nothing is foreign to it
			}
			before, _ := d.Log.Next(context.Background())
			a, b := d.ask(token, known), d.ask(token, unknown)
			if after, _ := d.Log.Next(context.Background()); after != before {
				t.Errorf("%s: %s kept %d events: %s", role, f.Name, after-before, a.text)
			}
			if a.text != b.text {
				t.Errorf("%s: %s tells foreign from unknown:\n%s%s", role, f.Name, a.text, b.text)
			}
			want := `"code":"NOT_FOUND"`
			if !may {
				want, atTheGate = `"rule":"access.role"`, atTheGate+1
			}
			if !strings.Contains(a.text, want) {
				t.Errorf("%s: %s: want %s: %s", role, f.Name, want, a.text)
			}
		}
		if atTheGate == 0 && role != access.DPO {
			t.Errorf("%s: no mutation was refused for the role", role)
		}
	}
}

// opens are the mutations that make something new, of nobody's.
var opens = map[string]bool{"onboardTenant": true}

// mutation fills a mutation's input: ids from id, the first value of enums, small plain values.
func (d *desk) mutation(f *ast.FieldDefinition, id func(noun string) string) string {
	var b strings.Builder
	for _, in := range d.api.checked.Types[f.Arguments[0].Type.Name()].Fields {
		if !in.Type.NonNull && !(f.Name == "withdrawConsent" && in.Name == "consent") {
			continue
		}
		value := map[string]string{"String": `"WORD"`, "Int": "1", "Boolean": "true", "Date": `"2026-12-01"`, "DateTime": `"2026-10-01"`}[in.Type.Name()]
		if def := d.api.checked.Types[in.Type.Name()]; def.Kind == ast.Enum {
			value = def.EnumValues[0].Name
		}
		if in.Type.Name() == "ID" {
			value = fmt.Sprintf("%q", id(map[string]string{"agency": "tenant", "change": "event", "identifier": "event", "hold": "event"}[in.Name]+map[bool]string{true: in.Name}[!strings.Contains("agency change identifier hold", in.Name)]))
		}
		switch in.Name {
		case "digest", "evidence":
			value = `"` + strings.Repeat("ab", 32) + `"`
		case "zone":
			value = `"Europe/Berlin"`
		case "email":
			value = `"contact@example.com"`
		}
		if in.Type.Elem != nil {
			value = "[" + value + "]"
		}
		b.WriteString(in.Name + ": " + value + " ")
	}
	return fmt.Sprintf("mutation { %s(input: { %s }) { refusal { code message field } } }", f.Name, b.String())
}

// TestMandate: an agency sees and answers for the accounts that recorded its mandate, no others.
func TestMandate(t *testing.T) {
	d := newDesk(t)
	agency := d.Tenant("Example Agency")
	d.Keep(ledger.Submission{Tenant: agency, Event: domain.TenantRoleDeclared{Role: domain.RoleAgency}, Occurred: ledgertest.Day(1)})
	account := func(name string, mandate bool) (domain.ID, string) {
		id := domain.NewID()
		d.Keep(ledger.Submission{Tenant: id, Event: domain.TenantOnboarded{Name: name, Role: domain.RoleController, Country: "SE", Parent: agency}, Occurred: ledgertest.Day(1)})
		if mandate {
			d.Keep(ledger.Submission{Tenant: id, Event: domain.MandateRecorded{Agency: agency, Scope: []domain.MandateScope{domain.MandateRead, domain.MandateNotices}, Effective: "2026-01-01", Digest: strings.Repeat("ab", 32)}, Occurred: ledgertest.Day(2)})
		}
		n := d.Keep(ledger.Submission{Tenant: id, Occurred: ledgertest.Day(20), Stream: ledger.StreamRef{Name: domain.Stream{Noun: "notice", ID: domain.NewID()}},
			Event: domain.NoticePrepared{Change: domain.NewID(), Subprocessor: domain.NewID(), Type: "ADD", Effective: "2026-12-01", Posted: ledgertest.Day(20).At, Model: domain.Specific, WindowStart: domain.OnDelivery, Proof: domain.Accepted, SCC: domain.NoInstrument}})
		d.Keep(ledger.Submission{Tenant: id, Occurred: ledgertest.Day(21), Stream: ledger.StreamRef{Name: n.Stream}, Event: domain.NoticeSent{Channel: domain.ByEmail, Attempt: 1}})
		return id, n.Stream.String()
	}
	_, with := account("With Mandate", true)
	_, without := account("Without Mandate", false)
	token := d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{agency}})
	seen := d.ask(token, `{ notices { edges { node { id tenant { name } } } } }`)
	if !strings.Contains(seen.text, with) || strings.Contains(seen.text, without) {
		t.Errorf("the agency sees %s", seen.text)
	}
	yes := func(notice string) string {
		return d.ask(token, fmt.Sprintf(`mutation { authoriseNotice(input: {notice: %q}) { notice { status authorisation } refusal { code message } } }`, notice)).text
	}
	if got := yes(with); !strings.Contains(got, `"authorisation":"SPECIFIC"`) {
		t.Errorf("under a mandate: %s", got)
	}
	if got := yes(without); !strings.Contains(got, "NOT_FOUND") {
		t.Errorf("without a mandate: %s", got)
	}
}

// TestRedactedStaysSilent: what was redacted at its source is not told here, for any day.
func TestRedactedStaysSilent(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	call := d.call(tenant, "+12025550143")
	d.Keep(ledger.Submission{Tenant: tenant, Stream: ledger.StreamRef{Name: call.Stream}, Occurred: ledgertest.Day(30),
		Event: domain.InteractionRedacted{Trigger: domain.Automatic, Fields: []domain.DataField{"NUMBER"}}})
	a := d.ask(d.token(access.Principal{Role: access.DPO}), `{ interactions(asOf: "2026-01-20") { edges { node { redacted number { value state } name { value state } } } } }`,
		"Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1")
	if strings.Contains(a.text, "5550143") || !strings.Contains(a.text, `"number":{"value":null,"state":"REDACTED"}`) || !strings.Contains(a.text, "Example Caller") {
		t.Errorf("%s", a.text)
	}
}
