package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// sender is one kind of principal, and what it may do beside stating plain facts.
type sender struct {
	name string
	by   ledger.Principal
}

func senders() []sender {
	var all domain.Grant
	for _, f := range domain.StatedFamilies() {
		all = append(all, f)
	}
	actor := domain.Actor{ID: domain.ID{0: 7}, Kind: domain.Service, Role: "OPERATOR"}
	writer := func(change func(*ledger.Principal)) ledger.Principal {
		p := ledger.Principal{Actor: actor, Auth: []domain.Auth{"API_KEY"}, Kinds: all, EveryTenant: true, Tenants: []domain.ID{domain.Operator}}
		change(&p)
		return p
	}
	return []sender{
		{"nobody", ledger.Principal{}},
		{"writer", writer(func(*ledger.Principal) {})},
		{"writer of calls", writer(func(p *ledger.Principal) { p.Kinds = domain.Grant{"interaction.recorded"} })},
		{"writer of another account", writer(func(p *ledger.Principal) { p.EveryTenant, p.Tenants = false, []domain.ID{{0: 9}} })},
		{"writer of every account", writer(func(p *ledger.Principal) { p.Tenants = nil })},
		{"reports actors", writer(func(p *ledger.Principal) { p.Actors = true })},
		{"reports decisions", writer(func(p *ledger.Principal) { p.Decisions = true })},
		{"reports both", writer(func(p *ledger.Principal) { p.Actors, p.Decisions = true, true })},
		{"at the machine", machine},
	}
}

// outcome is what becomes of a line: its state, whether it is marked as reported, and else the rule.
type outcome struct {
	kept, reported bool
	rule           string
}

// operators are the nouns of which a line here speaks for the operator itself.
var operators = map[string]bool{"organisation": true, "register": true, "subprocessor": true}

// due is what the catalogue's attribute makes of a line, written anew here.
func due(k domain.Type, s sender, claimed, evidence bool) outcome {
	atMachine, decided := s.name == "at the machine", k.Stated == domain.StatedDecided
	switch {
	case k.Stated == domain.StatedOurs:
		return outcome{rule: "intake.ours"}
	case s.name == "nobody", s.name == "writer of another account", s.name == "writer of every account" && operators[k.Noun]:
		return outcome{rule: "tenant.known"}
	case k.Machine && !atMachine, s.name == "writer of calls" && k.Kind != "interaction.recorded":
		return outcome{rule: "intake.kind"}
	case claimed && !(atMachine || s.name == "reports actors" || s.name == "reports both"):
		return outcome{rule: "intake.actor"}
	case decided && !(atMachine || s.name == "reports decisions" || s.name == "reports both"):
		return outcome{rule: "intake.decision"}
	case decided && !evidence:
		return outcome{rule: "evidence"}
	}
	return outcome{kept: true, reported: claimed || decided}
}

// line is a good line of the kind, each under an id of its own.
func (w *doorWorld) line(k domain.Type, claimed, evidence bool) map[string]any {
	w.n++
	id := fmt.Sprint("record/", w.n)
	data, err := os.ReadFile(fmt.Sprintf("../../domain/testdata/golden/%s.v%d.json", k.Kind, k.Version))
	if err != nil {
		w.t.Fatal(err)
	}
	o := map[string]any{"kind": k.Kind, "tenant": tenantHex, "sourceId": id, "occurred": "2026-10-01T08:17:00Z", "data": json.RawMessage(data)}
	if operators[k.Noun] {
		o["tenant"] = "operator"
	}
	switch k.Noun {
	case "organisation", "register", "tenant", "retention", "agreement", "audit":
	default:
		o["of"] = map[string]any{"id": id, "at": "2026-10-01T08:17:00Z"}
	}
	if k.Noun == "subject" || k.Noun == "user" || k.Noun == "consent" {
		delete(o, "of")
		o["subjects"] = []any{map[string]any{"phone": "+12025550143"}}
	}
	if k.Kind == (domain.TenantOnboarded{}).Kind() {
		o["tenant"] = domain.NewID().String()
	}
	if claimed {
		o["actor"] = map[string]any{"kind": "PERSON", "role": "DPO", "id": "0f0e0d0c0b0a09080706050403020100"}
	}
	if evidence {
		o["evidence"] = strings.Repeat("ab", 32)
	}
	return o
}

type doorWorld struct {
	t   *testing.T
	l   *ledger.Ledger
	n   int
	by  ledger.Principal
	url string
}

// doors are the ways in. Each answers with the state, and the field or rule, of one line.
var doors = map[string]func(w *doorWorld, line map[string]any) (state, id, field string){
	"lines over HTTP": func(w *doorWorld, line map[string]any) (string, string, string) {
		return w.posted(line, "application/x-ndjson", "")
	},
	"one event over HTTP": func(w *doorWorld, line map[string]any) (string, string, string) {
		return w.posted(line, "application/json", "")
	},
	"a CloudEvent": func(w *doorWorld, line map[string]any) (string, string, string) {
		event := map[string]any{"specversion": "1.0", "type": "muniment." + line["kind"].(string), "source": "https://portal.example.com/", "id": line["sourceId"], "time": line["occurred"]}
		inner := map[string]any{}
		for name, v := range line {
			if name != "kind" && name != "sourceId" && name != "occurred" {
				inner[name] = v
			}
		}
		event["data"] = inner
		return w.posted(event, cloudEventType, "")
	},
	"an import": func(w *doorWorld, line map[string]any) (state, id, field string) {
		text, _ := json.Marshal(line)
		by := w.by
		by.Sources = []string{eventsSource}
		_, err := Run(context.Background(), w.l, Events(strings.NewReader(string(text)+"\n"), EventOptions{}), RunOptions{By: by, Each: func(a Answer) {
			state = string(a.State)
			if a.Err != nil {
				field = a.Err.Field
			} else {
				id = a.Receipt.ID.String()
			}
		}})
		if err != nil {
			w.t.Fatal(err)
		}
		return state, id, field
	},
}

func (w *doorWorld) posted(line map[string]any, kind, query string) (state, id, field string) {
	w.t.Helper()
	text, err := json.Marshal(line)
	if err != nil {
		w.t.Fatal(err)
	}
	res, body := post(w.t, w.url+query, string(text), "Content-Type: "+kind)
	var said struct{ State, ID, Field, Code string }
	if err := json.Unmarshal([]byte(strings.SplitN(body, "\n", 2)[0]), &said); err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatal(res.StatusCode, body)
	}
	return said.State, said.ID, said.Field
}

// fieldOfRule is the member that a refusal over HTTP names.
var fieldOfRule = map[string]string{"intake.ours": "", "tenant.known": "tenant", "intake.kind": "kind", "intake.actor": "actor", "intake.decision": "kind", "evidence": "evidence"}

// TestEveryKindAtEveryDoor: what the catalogue says of a kind is what becomes of it, by whoever it is
// stated, through whichever door; and what is kept says who stated it.
func TestEveryKindAtEveryDoor(t *testing.T) {
	if len(domain.Catalogue) == 0 || len(doors) == 0 {
		t.Fatal("there is nothing to try")
	}
	tried := map[outcome]int{}
	for _, s := range senders() {
		w := &doorWorld{t: t, l: newShop(t), by: s.by}
		w.url = serve(t, w.l, HandlerOptions{MaxRequests: 1, Authorize: func(*http.Request) (ledger.Principal, error) { return s.by, nil }})
		for _, k := range domain.Catalogue {
			for door, send := range doors {
				for _, claimed := range []bool{false, true} {
					for _, evidence := range []bool{false, true} {
						want := due(k, s, claimed, evidence)
						tried[want]++
						state, id, field := send(w, w.line(k, claimed, evidence))
						at := fmt.Sprintf("%s, %s, by %s, actor %v, evidence %v", k.Kind, door, s.name, claimed, evidence)
						if want.kept != (state == string(Kept)) {
							t.Errorf("%s: %s at %q, want %+v", at, state, field, want)
							continue
						}
						if !want.kept {
							if field != fieldOfRule[want.rule] {
								t.Errorf("%s: refused at %q, want %+v", at, field, want)
							}
							continue
						}
						w.check(at, id, k, s, want, claimed)
					}
				}
			}
		}
	}
	for _, rule := range []string{"intake.ours", "tenant.known", "intake.kind", "intake.actor", "intake.decision", "evidence"} {
		if tried[outcome{rule: rule}] == 0 {
			t.Errorf("nothing was refused by %s", rule)
		}
	}
	if tried[outcome{kept: true}] == 0 || tried[outcome{kept: true, reported: true}] == 0 {
		t.Error("nothing was kept, or nothing as reported")
	}
}

// check looks at what was kept.
func (w *doorWorld) check(at, id string, k domain.Type, s sender, want outcome, claimed bool) {
	w.t.Helper()
	parsed, err := domain.ParseID(id)
	if err != nil {
		w.t.Fatal(at, err)
	}
	found, err := w.l.Log.Prior(context.Background(), []ledger.Key{{ID: parsed}})
	if err != nil || found[0].Seq < 0 {
		w.t.Fatal(at, err)
	}
	records, err := w.l.Log.At(context.Background(), []int64{found[0].Seq})
	if err != nil {
		w.t.Fatal(err)
	}
	kept, err := ledger.Decode(records[0])
	if err != nil {
		w.t.Fatal(err)
	}
	_, unproven := kept.Event.(domain.Unproven)
	if kept.Reported != want.reported || unproven != (k.Stated == domain.StatedDecided) || domain.Said(kept.Event).Kind() != k.Kind {
		w.t.Errorf("%s: kept as reported %v, unproven %v", at, kept.Reported, unproven)
	}
	said := domain.Actor{ID: domain.ID{0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, Kind: domain.Person, Role: "DPO"}
	switch {
	case claimed:
		if kept.Actor != said {
			w.t.Errorf("%s: the actor is %+v", at, kept.Actor)
		}
	case !want.reported && !s.by.Actors:
		if kept.Actor != s.by.Actor || len(kept.Auth) != 1 {
			w.t.Errorf("%s: the actor is %+v", at, kept.Actor)
		}
	case kept.Actor != domain.Actor{Kind: domain.UnknownActor}:
		w.t.Errorf("%s: the actor is %+v", at, kept.Actor)
	}
}
