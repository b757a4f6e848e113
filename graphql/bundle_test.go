package graphql

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger/bundle"
	"muniment/ledger/seal/verify"
)

// TestGenerateBundle: who may see an account gets a bundle of it that holds; nobody gets one of anybody else's,
// by whatever id they ask.
func TestGenerateBundle(t *testing.T) {
	d := newDesk(t)
	own, ownNodes := d.world("Example Dental", "+12025550143")
	foreign, foreignNodes := d.world("Foreign Motors", "+12025550144")
	d.seen()
	stream := func(tenant domain.ID) string { return "tenant-" + tenant.String() }
	ask := func(role access.Role, input string, headers ...string) (string, map[string]any) {
		p := access.Principal{Role: role, Content: true}
		if role != access.DPO {
			p.Tenants = []domain.ID{own}
		}
		a := d.ask(d.token(p), fmt.Sprintf(`mutation { generateBundle(input: { %s }) { content digest refusal { code rule } } }`, input), headers...)
		payload, _ := a.Data["generateBundle"].(map[string]any)
		return a.text, payload
	}
	for _, role := range []access.Role{access.DPO, access.Regulator} {
		for _, input := range []string{
			fmt.Sprintf("tenant: %q", ownNodes["tenant"]), fmt.Sprintf("tenant: %q, subject: %q", ownNodes["tenant"], ownNodes["subject"]),
			fmt.Sprintf("tenant: %q, stream: %q", ownNodes["tenant"], stream(own)), fmt.Sprintf(`tenant: %q, from: "2020-01-01", to: "2030-01-01", axis: OCCURRED`, ownNodes["tenant"]),
		} {
			text, payload := ask(role, input, "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1")
			content, _ := payload["content"].(string)
			zip, err := base64.StdEncoding.DecodeString(content)
			if err == nil {
				err = verify.Bundle(zip, verify.Demands{Policy: verify.KeyPolicy(d.api.Seals.VKey()), Now: time.Now(), AcceptUnwitnessed: true}, io.Discard)
			}
			if err != nil {
				t.Errorf("%s: %s: %v: %.300s", role, input, err, text)
			}
			for _, secret := range []string{"Foreign Motors", "5550144", foreign.String()} {
				if bytes.Contains(zip, []byte(secret)) {
					t.Errorf("%s: %s: %s is in it", role, input, secret)
				}
			}
		}
	}
	// A DPO may ask about several accounts at once.
	text, payload := ask(access.DPO, fmt.Sprintf("tenant: %q, also: [%q]", ownNodes["tenant"], foreignNodes["tenant"]))
	both, _ := payload["content"].(string)
	if zip, err := base64.StdEncoding.DecodeString(both); err != nil || !bytes.Contains(zip, []byte(foreign.String())) || !bytes.Contains(zip, []byte(own.String())) {
		t.Errorf("two accounts: %.300s", text)
	}
	for input, code := range map[string]domain.Code{
		fmt.Sprintf("tenant: %q", foreignNodes["tenant"]):                                       domain.NotFound,
		fmt.Sprintf("tenant: %q, subject: %q", foreignNodes["tenant"], foreignNodes["subject"]): domain.NotFound,
		fmt.Sprintf("tenant: %q, stream: %q", ownNodes["tenant"], stream(foreign)):              domain.NotFound,
		fmt.Sprintf("tenant: %q, also: [%q]", ownNodes["tenant"], foreignNodes["tenant"]):       domain.NotFound,
		fmt.Sprintf("tenant: %q, also: [%q]", ownNodes["tenant"], ownNodes["tenant"]):           domain.Invalid,
		fmt.Sprintf("tenant: %q, also: [%q]", ownNodes["tenant"], ownNodes["subject"]):          domain.Invalid,
		fmt.Sprintf("subject: %q", foreignNodes["subject"]):                                     domain.Invalid,
		`stream: "tenant"`: domain.Invalid,
		``:                 domain.Invalid,
	} {
		text, payload := ask(access.Regulator, input)
		if no, _ := payload["refusal"].(map[string]any); no["code"] != string(code) || payload["content"] != nil {
			t.Errorf("%s: %.300s", input, text)
		}
	}
	if text, _ := ask(access.Customer, fmt.Sprintf("tenant: %q", ownNodes["tenant"])); !strings.Contains(text, "may not do this") {
		t.Errorf("a customer: %.300s", text)
	}
	// Somebody else's person under one's own account: the account has nobody of that id.
	_, payload = ask(access.Regulator, fmt.Sprintf("tenant: %q, subject: %q", ownNodes["tenant"], foreignNodes["subject"]))
	content, _ := payload["content"].(string)
	zip, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		t.Fatal(err)
	}
	files, err := bundle.Unpack(zip)
	if err != nil || len(files[bundle.EventsFile]) != 0 {
		t.Errorf("%v, and %d bytes of events", err, len(files[bundle.EventsFile]))
	}
}
