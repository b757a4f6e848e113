package notices

import (
	"html"
	"net/http"
	"strings"
	"testing"

	"muniment/domain"
)

// TestNothingHidesFromPeople: given a contact's and our own name with characters that turn the direction of others
// or can't be seen, then every page, feed and letter shows them as what they are. Names of companies and all else
// that is kept in the clear is refused where it is entered.
func TestNothingHidesFromPeople(t *testing.T) {
	w := newWorld(t)
	c := w.config()
	c.Organisation = func() string { return "Examp\u200ble GmbH" }
	n := w.run(t, c)
	w.publish(t, "2020-01-01", domain.Entry{Name: "Example Cloud", Purpose: "Hosting"})
	w.publish(t, "2024-01-01", domain.Entry{Name: "Example Mail", Purpose: "Mail"})
	tenant, err := w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), "ada@customer.example")
	must(t, err)
	must(t, w.designate(t.Context(), tenant, domain.ID{0: 7}, "Ada fdp.\u202eexe", "ada@customer.example"))
	must(t, w.announce(t.Context(), announcement()))
	notice := w.notice(t, tenant)
	w.has(t, notice, "sent")
	letter := w.read(t, notice.ID.String()+".eml")
	to, err := letter.header.AddressList("To")
	must(t, err)

	shown := map[string]string{"text": letter.text, "html": letter.html, "addressee": to[0].Name}
	s := serve(t, n)
	for _, path := range []string{"/subprocessors", "/subprocessors?on=2021-01-01", "/subprocessors?from=2021-01-01&to=2025-01-01", "/feed.atom", "/feed.json"} {
		shown[path] = s.expect(t, "GET", path, nil, http.StatusOK)
	}
	for where, text := range shown {
		text = html.UnescapeString(text)
		if at := domain.Hidden(strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(text)); at != 0 {
			t.Errorf("%s shows %U", where, at)
		}
		if !strings.Contains(text, "[U+200B]") && !strings.Contains(text, "[U+202E]") {
			t.Errorf("%s doesn't say what it shows instead", where)
		}
	}
}
