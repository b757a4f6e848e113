package intake

import (
	"strings"
	"testing"

	"muniment/domain"
)

// consents folds every person's consent, by the address they were sent with.
func consentsOf(t *testing.T, in string) map[string]domain.Consent {
	t.Helper()
	l := newShop(t)
	imported(t, l, Events(strings.NewReader(in), EventOptions{}), Summary{Kept: strings.Count(in, "\n")}.String())
	streams := map[domain.Stream][]domain.Kept{}
	email := map[domain.ID]string{}
	for _, k := range history(t, l) {
		if k.Stream.Noun == "consent" {
			streams[k.Stream] = append(streams[k.Stream], k)
		}
	}
	for _, line := range strings.Split(in, "\n") {
		_, rest, found := strings.Cut(line, `"email":"`)
		if !found {
			continue
		}
		address, _, _ := strings.Cut(rest, `"`)
		i, err := ParseEmail(address)
		if err != nil {
			t.Fatal(err)
		}
		id, known, err := l.Vault.Find(t.Context(), shop, i)
		if err != nil || !known {
			t.Fatal(address, known, err)
		}
		email[id] = address
	}
	all := map[string]domain.Consent{}
	for _, kept := range streams {
		var c domain.Consent
		for _, k := range domain.InOrder(kept) {
			c = c.Apply(k)
		}
		all[email[c.Subject]] = c
	}
	return all
}

func TestFieldConsentOrder(t *testing.T) {
	in := field(t, "21-consent-order/input.ndjson")
	for name, text := range map[string]string{"as they came": in, "the other way round": reversed(in)} {
		all := consentsOf(t, text)
		for address, want := range map[string]domain.ConsentStatus{
			"orderb1@example.com": domain.ConsentBack, "orderb2@example.com": domain.ConsentBack, "orderb3@example.com": domain.ConsentBack, "orderb4@example.com": domain.ConsentActive,
		} {
			if c := all[address]; c.Status != want || c.Purpose != "MARKETING" {
				t.Errorf("%s, %s: %+v", name, address, c)
			}
		}
	}
}

func reversed(lines string) string {
	var out []string
	for _, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		out = append([]string{line}, out...)
	}
	return strings.Join(out, "\n") + "\n"
}

func TestFieldWithdrawalByMail(t *testing.T) {
	in := field(t, "37-withdrawal-by-mail/input.ndjson")
	lines := strings.SplitAfter(strings.TrimSuffix(in, "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, channel := range []domain.ConsentChannel{"EMAIL", "LINK", ""} {
		no := strings.TrimSuffix(lines[i+1], "\n") + "\n"
		for name, text := range map[string]string{"after a grant": lines[0] + no, "without one": no} {
			if c := consentsOf(t, text)["mail1@example.com"]; c.Status != domain.ConsentBack || c.Channel != channel {
				t.Errorf("by %q, %s: %+v", channel, name, c)
			}
		}
	}
	if c := consentsOf(t, in)["mail1@example.com"]; c.Status != domain.ConsentBack {
		t.Errorf("all of it: %+v", c)
	}
}
