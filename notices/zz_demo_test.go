package notices

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"muniment/domain"
)

func TestDemo(t *testing.T) {
	if os.Getenv("DEMO") == "" {
		t.Skip()
	}
	w := newWorld(t)
	c := w.config()
	c.BaseURL = "http://127.0.0.1:8099"
	n := w.run(t, c)
	entry := func(name, purpose, seat, url string, where ...string) domain.Entry {
		return domain.Entry{Name: name, Purpose: purpose, Seat: seat, URL: url, Locations: where}
	}
	cloud := entry("Amazon Web Services EMEA SARL", "Hosting of the platform, databases and call recordings", "LU", "https://aws.example.com/", "Ireland", "Frankfurt, Germany")
	old := cloud; old.Locations = []string{"Northern Virginia, USA"}
	twilio := entry("Twilio Inc.", "Telephony: carries calls and texts", "US", "https://twilio.example.com/", "USA", "Ireland")
	twilio2 := entry("Twilio Inc.", "Sending e-mail (SendGrid)", "US", "", "USA")
	desk := entry("Example Helpdesk Ltd", "Support tickets", "GB", "", "London, United Kingdom")
	w.publish(t, "2018-05-25", old, twilio)
	w.publish(t, "2020-07-17", old, twilio, desk)
	w.publish(t, "2023-07-11", cloud, twilio, twilio2, desk)
	w.publish(t, "2026-02-01", cloud, twilio, twilio2, entry("Example Maps Oy", "Turning numbers into regions", "FI", "https://maps.example.com/", "Helsinki, Finland"))
	var tenants []domain.ID
	for i, m := range []domain.Model{domain.General, domain.Specific, domain.General, domain.General} {
		id, err := w.customer(t.Context(), i+1, domain.ID{}, terms(m), fmt.Sprintf("ada%d@customer.example", i))
		must(t, err)
		tenants = append(tenants, id)
	}
	must(t, w.announce(t.Context(), announcement()))
	for i, id := range tenants {
		s := w.notice(t, id)
		w.has(t, s, "sent")
		l := w.read(t, s.ID.String()+".eml")
		link := regexp.MustCompile(`http://127\.0\.0\.1:8099(/notices/\S+)`).FindStringSubmatch(l.text)
		fmt.Printf("NOTICE%d %s\n", i, link[1])
		if i == 0 {
			must(t, os.WriteFile("/tmp/demo/mail.eml", []byte(l.raw), 0o600))
			must(t, os.WriteFile("/tmp/demo/mail.txt", []byte(l.text), 0o600))
			must(t, os.WriteFile("/tmp/demo/mail.html", []byte(l.html), 0o600))
		}
	}
	fmt.Printf("EXPIRED /notices/%s\n", n.token(link{w.notice(t, tenants[0]).ID, numbered(2, 1), w.now().Add(-time.Hour)}))
	w.pass(3 * 24 * time.Hour)
	srv := &http.Server{Addr: "127.0.0.1:8099", Handler: n.Handler()}
	go srv.ListenAndServe()
	_ = strings.TrimSpace
	_ = context.Background
	fmt.Println("SERVING")
	for { if _, err := os.Stat("/tmp/demo/stop"); err == nil { srv.Close(); return }; time.Sleep(200*time.Millisecond) }
}
