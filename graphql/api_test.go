package graphql

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/vektah/gqlparser/v2"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/graphql/explorer"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/erasure"
	"muniment/ledger/intake"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/vault"
	"muniment/projections"
)

// desk is an API over a real ledger, its views following.
type desk struct {
	*ledgertest.Ledger
	t       *testing.T
	api     *API
	process *erasure.Process
	log     bytes.Buffer
	stop    func() // has the views follow no longer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	d := &desk{Ledger: ledgertest.Open(t), t: t}
	views, err := projections.Open(ctx, d.DB("views.db"), d.Log, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	journal, err := vault.OpenKeysDir(filepath.Join(d.Dir, "keys"), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	store, err := access.Open(ctx, d.DB("access.db"), d.Clock, journal, func(context.Context, domain.Actor, domain.Event) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	seals, err := seal.Open(ctx, seal.Config{Log: d.Log, DB: d.DB("seal.db"), Tiles: seal.Tiles(filepath.Join(d.Dir, "tiles")), Ledger: d.ID,
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { t.Error(what, err) }})
	if err != nil {
		t.Fatal(err)
	}
	heads, err := epochs.Open(ctx, d.DB("heads.db"))
	if err != nil {
		t.Fatal(err)
	}
	followed := make(chan struct{})
	go func() { defer close(followed); views.Follow(ctx) }()
	d.stop = func() { stop(); <-followed }
	t.Cleanup(d.stop)
	logger := logrus.New()
	logger.SetOutput(&d.log)
	d.process = &erasure.Process{Ledger: d.Ledger.Ledger, Keys: d.Keys, Claims: d.Log.(erasure.Claims), Views: views}
	blocked := func(ctx context.Context, tenant domain.ID, i ledger.Identifier) (Block, bool, error) {
		b, yes, err := d.Keys.Blocked(ctx, tenant, i)
		return Block{string(b.Ground), b.Since}, yes, err
	}
	held := func(ctx context.Context, s domain.Stream, tenant domain.ID) (*domain.HoldPlaced, error) {
		if err := d.Keys.CatchUp(ctx, d.Log); err != nil {
			return nil, err
		}
		return d.Keys.HoldOn(ctx, vault.Order{Noun: s.Noun, Entity: s.ID, Tenant: tenant})
	}
	keeper := &epochs.Keeper{Ledger: d.Ledger.Ledger, Seals: seals, Store: heads}
	maker := func(ctx context.Context, want BundleWanted) (made BundleMade, err error) {
		m := bundle.Maker{Ledger: d.Ledger.Ledger, Seals: seals, Epochs: keeper, Vault: d.Keys, Key: make([]byte, 32), Most: want.Most}
		made.Bytes, made.Manifest, err = m.Make(ctx, want.Question, want.Reading)
		return made, err
	}
	d.api, err = Open(Config{Bundle: maker, Held: held, Pending: d.Keys.Pending, Ledger: d.Ledger.Ledger, Views: views, Access: store, Seals: seals, Epochs: keeper, Log: logger, Erase: d.process.Run, Blocked: blocked, Identify: func(phone, email string) (ledger.Identifier, *domain.Refusal) {
		parse := func() (ledger.Identifier, error) { return intake.ParseNumber(phone, "") }
		if email != "" {
			parse = func() (ledger.Identifier, error) { return intake.ParseEmail(email) }
		}
		i, err := parse()
		if err != nil {
			return i, domain.Malformed("filter", "%s", err)
		}
		return i, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// seen waits until the views show what was kept.
func (d *desk) seen() {
	d.t.Helper()
	next, err := d.Log.Next(context.Background())
	if err == nil {
		err = d.api.Views.Wait(context.Background(), next-1)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// token is a person's token.
func (d *desk) token(p access.Principal) string {
	d.t.Helper()
	p.Person = true
	return d.program(p)
}

// program is a token that no person is known to have.
func (d *desk) program(p access.Principal) string {
	d.t.Helper()
	p.Actor, p.Expires = domain.NewID(), d.Clock().Add(time.Hour)
	secret, _, err := d.api.Access.Token(context.Background(), p)
	if err != nil {
		d.t.Fatal(err)
	}
	return secret
}

type answered struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Extensions map[string]any
	}
	status int
	text   string
}

// ask sends one operation; header are pairs.
func (d *desk) ask(token, query string, header ...string) answered {
	d.t.Helper()
	d.seen()
	return d.answer(token, query, header...)
}

// answer is ask, whether the views have seen all that was kept or not.
func (d *desk) answer(token, query string, header ...string) answered {
	d.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		d.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	a := answered{status: w.Code, text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		d.t.Fatalf("%s: %v", a.text, err)
	}
	return a
}

// call records a call of a person with a number.
func (d *desk) call(tenant domain.ID, number string) ledger.Receipt {
	return d.Keep(ledger.Submission{Tenant: tenant, Occurred: ledgertest.Day(10), Stream: ledger.StreamRef{Name: domain.Stream{Noun: "interaction", ID: domain.NewID()}},
		Event:    domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(number), Name: domain.Clear("Example Caller")},
		Subjects: []ledger.SubjectClaim{{Identifiers: []ledger.Identifier{{Type: domain.Phone, Value: number}}, Capacity: domain.Processor}}})
}

// TestKindsStandInTheSchema: every kind has its enum line, and every line its kind.
func TestKindsStandInTheSchema(t *testing.T) {
	d := newDesk(t)
	var listed []string
	for _, v := range d.api.checked.Types["EventKind"].EnumValues {
		listed = append(listed, v.Name)
	}
	var kinds []string
	for _, k := range domain.Catalogue {
		kinds = append(kinds, enumOf(k.Kind))
	}
	slices.Sort(listed)
	slices.Sort(kinds)
	if !slices.Equal(listed, kinds) {
		t.Errorf("schema.graphql and catalogue differ:\n%v\n%v", listed, kinds)
	}
}

// TestSchemaIsDocumented: every type, field, argument and value says what it is.
func TestSchemaIsDocumented(t *testing.T) {
	d := newDesk(t)
	for name, def := range d.api.checked.Types {
		if def.BuiltIn || name == "Query" || name == "Mutation" {
			continue
		}
		if def.Description == "" {
			t.Errorf("type %s", name)
		}
		for _, f := range def.Fields {
			if f.Description == "" {
				t.Errorf("field %s.%s", name, f.Name)
			}
		}
		for _, v := range def.EnumValues {
			if v.Description == "" {
				t.Errorf("value %s.%s", name, v.Name)
			}
		}
	}
}

// TestReadyQueriesFit: every query that the explorer offers is one that the schema answers.
func TestReadyQueriesFit(t *testing.T) {
	d := newDesk(t)
	if len(explorer.Queries()) < 8 {
		t.Fatal("fewer ready queries than a DPO needs")
	}
	about := 0
	for _, q := range explorer.Queries() {
		if _, err := gqlparser.LoadQueryWithRules(d.api.checked, q.Text, nil); err != nil {
			t.Errorf("%s: %v", q.File, err)
		}
		// One that opens personal values is about somebody: without saying who, it isn't answered.
		opens := strings.Contains(q.Text, "{ value")
		if a := d.ask(d.token(access.Principal{Role: access.DPO}), q.Text, "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1"); opens != (len(a.Errors) > 0) {
			t.Errorf("%s: opens values %v, and nobody was named: %s", q.File, opens, a.text)
		}
		if opens {
			about++
		}
	}
	if about == 0 {
		t.Error("no ready query opens personal values")
	}
}

const numbers = `{ interactions { edges { node { number { value state } } } } }`

// TestPersonalValues: withheld without purpose and case; released with both, and then the reading is
// itself in the ledger.
func TestPersonalValues(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	d.call(tenant, "+12025550143")
	dpo := d.token(access.Principal{Role: access.DPO})
	purpose := []string{"Muniment-Purpose", "AUDIT"}
	both := append(slices.Clone(purpose), "Muniment-Case", "A-2026-1")
	for name, c := range map[string]struct {
		token  string
		header []string
		clear  bool
	}{
		"nothing stated":        {dpo, nil, false},
		"no case":               {dpo, purpose, false},
		"both":                  {dpo, both, true},
		"operator":              {d.token(access.Principal{Role: access.Operator}), both, false},
		"customer, no content":  {d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}}), both, false},
		"operator's content":    {d.token(access.Principal{Role: access.Operator, Content: true}), both, false},
		"dpo without a person":  {d.program(access.Principal{Role: access.DPO}), both, false},
		"content, no person":    {d.program(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}, Content: true}), both, false},
		"customer with content": {d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}, Content: true}), both, true},
	} {
		before, _ := d.Log.Next(context.Background())
		a := d.ask(c.token, numbers, c.header...)
		after, _ := d.Log.Next(context.Background())
		if shown := strings.Contains(a.text, "+12025550143"); shown != c.clear {
			t.Errorf("%s: %s", name, a.text)
		}
		if recorded := after - before; recorded != int64(map[bool]int{true: 1}[c.clear]) {
			t.Errorf("%s: %d events were kept for it", name, recorded)
		}
	}
	reads := d.ask(dpo, `{ accesses(filter: {ledgerReads: true, action: [LEDGER_QUERIED]}) { totalCount edges { node { purpose case actor { id } } } } }`)
	if !strings.Contains(reads.text, `"totalCount":2`) || !strings.Contains(reads.text, "A-2026-1") {
		t.Errorf("the readings are not shown: %s", reads.text)
	}
	if unasked := d.ask(dpo, `{ accesses { totalCount } }`); !strings.Contains(unasked.text, `"totalCount":0`) {
		t.Errorf("readings are shown unasked: %s", unasked.text)
	}
	for _, header := range [][]string{{"Muniment-Purpose", "CURIOSITY"}, {"Muniment-Purpose", "AUDIT", "Muniment-Case", "no spaces please"}} {
		if a := d.ask(dpo, numbers, header...); a.status != http.StatusBadRequest || len(a.Errors) == 0 {
			t.Errorf("%v: %d %s", header, a.status, a.text)
		}
	}
}

// TestUnrecordedIsUnreleased: when the reading can't be kept, nothing leaves.
func TestUnrecordedIsUnreleased(t *testing.T) {
	d := newDesk(t)
	d.call(d.Tenant("Example Dental"), "+12025550143")
	dpo := d.token(access.Principal{Role: access.DPO})
	d.seen()
	d.api.Ledger.Log = unwritable{d.Log}
	body := strings.NewReader(`{"query":"{ interactions { edges { node { number { value state } } } } }"}`)
	r := httptest.NewRequest(http.MethodPost, "/graphql", body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+dpo)
	r.Header.Set("Muniment-Purpose", "AUDIT")
	r.Header.Set("Muniment-Case", "A-1")
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "5550143") || !strings.Contains(w.Body.String(), "could not be recorded") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// unwritable is a log whose disk is full.
type unwritable struct{ ledger.Log }

func (unwritable) Append(_ context.Context, batches ...ledger.Batch) []ledger.Result {
	out := make([]ledger.Result, len(batches))
	for i := range out {
		out[i].Err = ledger.ErrFull
	}
	return out
}

// TestLimits: each says which limit it is and how to ask less.
func TestLimits(t *testing.T) {
	d := newDesk(t)
	dpo := d.token(access.Principal{Role: access.DPO})
	deep := strings.Repeat("tenant { parent { agreement { ", 6) + "id" + strings.Repeat(" } } }", 6)
	for name, c := range map[string]struct{ query, says string }{
		"cost":     {`{ subjects(first: 500) { edges { node { accesses(first: 500) { edges { node { id } } } } } } }`, "smaller pages"},
		"depth":    {`{ notices { edges { node { ` + deep + ` } } } }`, "depth"},
		"page":     {`{ events(first: 501) { edges { cursor } } }`, "at most 500"},
		"none":     {`{ events(first: 0) { edges { cursor } } }`, "from 1 to 500"},
		"tokens":   {`{ viewer { ` + strings.Repeat("role ", 9000) + ` } }`, "token"},
		"unknown":  {`{ nonsense }`, "nonsense"},
		"two ends": {`{ events(first: 1, last: 1) { edges { cursor } } }`, "not both"},
	} {
		a := d.ask(dpo, c.query)
		if len(a.Errors) == 0 || !strings.Contains(a.Errors[0].Message, c.says) {
			t.Errorf("%s: %s", name, a.text)
		}
	}
}
