package graphql

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// session is what a browser holds after a person signed in.
func (d *desk) session(p access.Principal) string {
	d.t.Helper()
	p.Actor, p.Person = domain.NewID(), true
	secret, err := d.api.Access.Link(context.Background(), p)
	if err != nil {
		d.t.Fatal(err)
	}
	cookie, _, err := d.api.Access.SignIn(context.Background(), secret)
	if err != nil {
		d.t.Fatal(err)
	}
	return cookie
}

const tenants = `{ tenants { totalCount } }`

// TestCookies: a browser sends its cookie by itself, so what comes with it counts only as POST from a page of
// our own. A token is sent by whoever has it, from wherever.
func TestCookies(t *testing.T) {
	d := newDesk(t)
	d.Tenant("Example Dental")
	d.seen()
	cookie := []string{"Cookie", "__Host-muniment_session=" + d.session(access.Principal{Role: access.DPO})}
	token := []string{"Authorization", "Bearer " + d.token(access.Principal{Role: access.DPO})}
	for name, c := range map[string]struct {
		method string
		header []string
		status int
	}{
		"own page":                      {"POST", append(cookie, "Sec-Fetch-Site", "same-origin"), 200},
		"own page, an older browser":    {"POST", append(cookie, "Origin", "https://ledger.example.com"), 200},
		"another page":                  {"POST", append(cookie, "Sec-Fetch-Site", "cross-site"), 403},
		"a page of a sister":            {"POST", append(cookie, "Sec-Fetch-Site", "same-site", "Origin", "https://ledger.example.com"), 403},
		"another, an older browser":     {"POST", append(cookie, "Origin", "https://page.example.com"), 403},
		"a page of no origin":           {"POST", append(cookie, "Origin", "null"), 403},
		"no word of where":              {"POST", cookie, 403},
		"own page, by GET":              {"GET", append(cookie, "Sec-Fetch-Site", "same-origin"), 403},
		"another page, by GET":          {"GET", append(cookie, "Sec-Fetch-Site", "cross-site"), 403},
		"a token":                       {"POST", token, 200},
		"a token from another page":     {"POST", append(token, "Sec-Fetch-Site", "cross-site"), 200},
		"a token, by GET":               {"GET", token, 200},
		"nothing":                       {"POST", nil, 401},
		"a cookie that opens nothing":   {"POST", []string{"Cookie", "__Host-muniment_session=nothing", "Sec-Fetch-Site", "same-origin"}, 401},
		"a token, and another's cookie": {"POST", append(token, "Cookie", "__Host-muniment_session=nothing"), 200},
	} {
		if status, text := d.send(c.method, tenants, c.header...); status != c.status || (status == 200) != strings.Contains(text, `"totalCount":1`) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
}

// send sends a question to ledger.example.com.
func (d *desk) send(method, query string, header ...string) (int, string) {
	r := httptest.NewRequest(method, "https://ledger.example.com/graphql?query="+url.QueryEscape(query), nil)
	if method == http.MethodPost {
		r = httptest.NewRequest(method, "https://ledger.example.com/graphql", strings.NewReader(fmt.Sprintf(`{"query":%q}`, query)))
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestGET: what stands in an address is written down by every machine on its way, and is asked again by whoever
// reloads it. So it decides nothing and opens no personal values.
func TestGET(t *testing.T) {
	d := newDesk(t)
	d.call(d.Tenant("Example Dental"), "+12025550143")
	d.seen()
	token := []string{"Authorization", "Bearer " + d.token(access.Principal{Role: access.DPO})}
	onboard := `mutation { onboardTenant(input: {name: "Example Motors", role: CONTROLLER, country: "SE"}) { receipt { eventId } refusal { message } } }`
	for name, c := range map[string]struct {
		method, query string
		header        []string
		status        int
		holds         string
	}{
		"a question":               {"GET", numbers, token, 200, `"state":"WITHHELD"`},
		"with a purpose":           {"GET", numbers, append(token, "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1"), 405, "use POST"},
		"with a purpose, by POST":  {"POST", numbers, append(token, "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1"), 200, "5550143"},
		"a decision":               {"GET", onboard, token, 405, "use POST"},
		"a decision, by POST":      {"POST", onboard, token, 200, `"eventId":"event-`},
		"a case without a purpose": {"POST", numbers, append(token, "Muniment-Case", "A-1"), 200, `"state":"WITHHELD"`},
		"a purpose without a case": {"POST", numbers, append(token, "Muniment-Purpose", "AUDIT"), 200, `"state":"WITHHELD"`},
	} {
		before, _ := d.Log.Next(t.Context())
		status, text := d.send(c.method, c.query, c.header...)
		after, _ := d.Log.Next(t.Context())
		if status != c.status || !strings.Contains(text, c.holds) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if kept := c.method == "POST" && (c.query == onboard || strings.Contains(text, "5550143")); kept != (after > before) {
			t.Errorf("%s: %d events were kept", name, after-before)
		}
	}
}

// TestRevealWithinScope: even an event that a resolver should never have come to shows nothing of a foreign account.
func TestRevealWithinScope(t *testing.T) {
	d := newDesk(t)
	own, foreign := d.Tenant("Example Dental"), d.Tenant("Foreign Motors")
	calls := map[domain.ID]int64{own: d.call(own, "+12025550143").Position, foreign: d.call(foreign, "+12025550144").Position}
	d.seen()
	ctx, r, err := d.api.begin(t.Context(), access.Principal{Role: access.Customer, Tenants: []domain.ID{own}, Content: true, Person: true}, "AUDIT", "A-1")
	if err != nil {
		t.Fatal(err)
	}
	for tenant, want := range map[domain.ID]ledger.State{own: ledger.StateClear, foreign: ledger.StateWithheld} {
		got, err := r.text(ctx, calls[tenant], "/number")
		if err != nil || got.State != string(want) || (got.Value != nil) != (want == ledger.StateClear) {
			t.Errorf("%s: %+v %v", want, got, err)
		}
	}
	if len(r.released) != 1 || r.released[0].Tenant != own {
		t.Errorf("noted as released: %+v", r.released)
	}
}

// TestKeysOfPrincipals: an idempotency key is whose it is. Somebody else's decision under the same key is
// judged by itself, and one's own is not taken twice.
func TestKeysOfPrincipals(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	one, two := d.token(access.Principal{Role: access.DPO}), d.token(access.Principal{Role: access.DPO})
	set := func(token string) string {
		a := d.ask(token, fmt.Sprintf(`mutation { setRetentionPolicy(input: {tenant: "tenant-%s", window: DAYS_30, acknowledged: true, idempotencyKey: "key"}) { receipt { eventId repeated } refusal { rule message } } }`, tenant))
		return fmt.Sprint(a.Data["setRetentionPolicy"])
	}
	first, again, other := set(one), set(one), set(two)
	if !strings.Contains(first, "repeated:false") || !strings.Contains(again, "repeated:true") || !strings.Contains(other, "retention.change") {
		t.Errorf("%s\n%s\n%s", first, again, other)
	}
}

// TestDecidedWhen: a decision lies in the past, or as little ahead as clocks differ.
func TestDecidedWhen(t *testing.T) {
	d := newDesk(t)
	tenant, dpo := d.Tenant("Example Dental"), d.token(access.Principal{Role: access.DPO})
	for ahead, refused := range map[time.Duration]bool{-time.Hour: false, domain.MaxSkew - time.Second: false, domain.MaxSkew + time.Second: true, 24 * time.Hour: true} {
		a := d.ask(dpo, fmt.Sprintf(`mutation { setRetentionPolicy(input: {tenant: "tenant-%s", window: DAYS_30, acknowledged: true, occurredAt: %q}) { receipt { eventId } refusal { field message } } }`,
			tenant, d.Clock().Add(ahead).UTC().Format(time.RFC3339)))
		if said := strings.Contains(a.text, `"field":"occurredAt"`) && strings.Contains(a.text, "lies in the future"); said != refused {
			t.Errorf("%s ahead: %s", ahead, a.text)
		}
	}
}

// TestMandateToAct: a mandate to read and to answer notices is none to decide.
func TestMandateToAct(t *testing.T) {
	d := newDesk(t)
	agency := d.Tenant("Example Agency")
	d.Keep(ledger.Submission{Tenant: agency, Event: domain.TenantRoleDeclared{Role: domain.RoleAgency}, Occurred: ledgertest.Day(1)})
	token := d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{agency}})
	for name, c := range map[string]struct {
		scope []domain.MandateScope
		says  string
	}{
		"to read":   {[]domain.MandateScope{domain.MandateRead, domain.MandateNotices}, "mandate.scope"},
		"to act":    {[]domain.MandateScope{domain.MandateRead, domain.MandateAct}, `"rule":null`},
		"of no use": {nil, "NOT_FOUND"},
	} {
		id := domain.NewID()
		d.Keep(ledger.Submission{Tenant: id, Event: domain.TenantOnboarded{Name: "Example Account", Role: domain.RoleController, Country: "SE", Parent: agency}, Occurred: ledgertest.Day(1)})
		if c.scope != nil {
			d.Keep(ledger.Submission{Tenant: id, Event: domain.MandateRecorded{Agency: agency, Scope: c.scope, Effective: "2026-01-01", Digest: strings.Repeat("ab", 32)}, Occurred: ledgertest.Day(2)})
		}
		a := d.ask(token, fmt.Sprintf(`mutation { setRetentionPolicy(input: {tenant: "tenant-%s", window: DAYS_30, acknowledged: true}) { receipt { eventId } refusal { code rule } } }`, id))
		text := strings.ReplaceAll(a.text, `"refusal":null`, `"rule":null`)
		if !strings.Contains(text, c.says) || strings.Contains(text, `"eventId"`) != (name == "to act") {
			t.Errorf("%s: %s", name, a.text)
		}
	}
}

// TestFourEyesArePeople: what takes two people is refused to every credential that no person is known to have,
// whatever its role, and to none because of it that one has.
func TestFourEyesArePeople(t *testing.T) {
	for _, name := range []string{"proposeStrike", "approveStrike", "approveExport"} {
		op := &ast.OperationDefinition{Operation: ast.Mutation, SelectionSet: ast.SelectionSet{&ast.Field{Name: name}}}
		if len(mayMutate[name]) == 0 {
			t.Errorf("nobody may %s", name)
		}
		for _, role := range mayMutate[name] {
			if no := allowed(op, access.Principal{Role: role}); no == nil || no.Rule != "access.person" {
				t.Errorf("%s: %s without a person: %v", name, role, no)
			}
			if no := allowed(op, access.Principal{Role: role, Person: true}); no != nil {
				t.Errorf("%s: %s: %v", name, role, no)
			}
		}
	}
}

// TestWritersDecideNothing: a token that writes facts takes no decision, be it bound to accounts or not.
func TestWritersDecideNothing(t *testing.T) {
	for name, roles := range mayMutate {
		for _, role := range roles {
			for _, tenants := range [][]domain.ID{nil, {domain.NewID()}} {
				op := &ast.OperationDefinition{Operation: ast.Mutation, SelectionSet: ast.SelectionSet{&ast.Field{Name: name}}}
				p := access.Principal{Role: role, Person: true, Tenants: tenants, Writer: &access.Writer{}}
				if no := allowed(op, p); no == nil || no.Rule != "access.writer" {
					t.Errorf("%s: %s: %v", name, role, no)
				}
			}
		}
	}
}

// TestGrantsThatChange: a long answer goes on only while its credential may see what it could.
func TestGrantsThatChange(t *testing.T) {
	d := newDesk(t)
	p := access.Principal{Role: access.Customer, Tenants: []domain.ID{d.Tenant("Example Dental")}}
	secret := d.token(p)
	before, err := d.api.Access.Recognise(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(p *access.Principal)
		rule   string
	}{
		"nothing":  {func(*access.Principal) {}, ""},
		"role":     {func(p *access.Principal) { p.Role = access.Regulator }, "access.grant"},
		"content":  {func(p *access.Principal) { p.Content = true }, "access.grant"},
		"person":   {func(p *access.Principal) { p.Person = false }, "access.grant"},
		"accounts": {func(p *access.Principal) { p.Tenants = append([]domain.ID{domain.NewID()}, p.Tenants...) }, "access.grant"},
	} {
		was := before
		c.change(&was)
		if no := d.api.recheck(t.Context(), secret, was); (no != nil) != (c.rule != "") || no != nil && no.Rule != c.rule {
			t.Errorf("%s: %v", name, no)
		}
	}
	if err := d.api.Access.Revoke(t.Context(), before.ID); err != nil {
		t.Fatal(err)
	}
	if no := d.api.recheck(t.Context(), secret, before); no == nil || no.Code != domain.Unauthed {
		t.Errorf("revoked: %v", no)
	}
}

// TestCookieNames: given how browsers reach the pages, then which cookie is given and read. Behind TLS nothing but
// this host can have set it.
func TestCookieNames(t *testing.T) {
	d := newDesk(t)
	secret := d.session(access.Principal{Role: access.DPO})
	for _, c := range []struct {
		name         string
		proxied, tls bool
		want         string
	}{
		{"in the clear, on this machine", false, false, "muniment_session"}, {"TLS", false, true, "__Host-muniment_session"},
		{"a TLS proxy", true, false, "__Host-muniment_session"},
	} {
		d.api.Secure = c.proxied
		r := httptest.NewRequest(http.MethodPost, "http://ledger.example.com/", nil)
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		w := httptest.NewRecorder()
		d.api.SetSession(w, r, secret, d.Clock().Add(time.Hour))
		d.api.SetSession(w, r, "", time.Time{})
		given := w.Result().Cookies()
		if len(given) != 2 || given[0].Name != c.want || given[0].Value != secret || given[1].Name != c.want || given[1].Value != "" || given[1].MaxAge >= 0 {
			t.Fatalf("%s: %v", c.name, given)
		}
		for _, g := range given {
			if g.Secure != strings.HasPrefix(c.want, "__Host-") || !g.HttpOnly || g.SameSite != http.SameSiteStrictMode || g.Path != "/" || g.Domain != "" {
				t.Errorf("%s: %v", c.name, g)
			}
		}
		for _, name := range []string{"muniment_session", "__Host-muniment_session"} {
			ask := r.Clone(t.Context())
			ask.AddCookie(&http.Cookie{Name: name, Value: secret})
			if _, err := d.api.Principal(ask); (err == nil) != (name == c.want) {
				t.Errorf("%s: a cookie named %s: %v", c.name, name, err)
			}
		}
	}
}
