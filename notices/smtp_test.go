package notices

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"

	"muniment/domain"
)

// mailServer is a real SMTP server on loopback whose answers a test chooses.
type mailServer struct {
	mu      sync.Mutex
	letters []string
	to      []string
	// verdict says what to answer at a stage (MAIL, RCPT, DATA) of the n-th conversation, from 1.
	verdict func(stage string, n int) error
	talks   int
	port    int
}

func serveMail(t *testing.T, verdict func(stage string, n int) error, certificates ...tls.Certificate) *mailServer {
	t.Helper()
	s := &mailServer{verdict: verdict}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s.port = l.Addr().(*net.TCPAddr).Port
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.talks++
		return &talk{server: s, n: s.talks}, nil
	}))
	server.Domain = "relay.example"
	server.ErrorLog = log.New(io.Discard, "", 0)
	if len(certificates) > 0 {
		server.TLSConfig = &tls.Config{Certificates: certificates}
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return s
}

func (s *mailServer) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.letters)
}

type talk struct {
	server *mailServer
	n      int
	to     string
}

func (c *talk) answer(stage string) error {
	if c.server.verdict == nil {
		return nil
	}
	return c.server.verdict(stage, c.n)
}

func (c *talk) Mail(string, *smtp.MailOptions) error { return c.answer("MAIL") }
func (c *talk) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	return c.answer("RCPT")
}
func (c *talk) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := c.answer("DATA"); err != nil {
		return err
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.letters, c.server.to = append(c.server.letters, string(body)), append(c.server.to, c.to)
	return nil
}
func (*talk) Reset()        {}
func (*talk) Logout() error { return nil }

// no is an answer that quotes the recipient, as real servers do.
func no(code int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "<ada@customer.example>: recipient Ada Lovelace says no"}
}

func (w *world) relayed(port int) Config {
	c := w.config()
	c.SMTP = &SMTP{Host: "127.0.0.1", Port: port, TLS: TLSNone, Hello: "ledger.example.com"}
	return c
}

func TestRelay(t *testing.T) {
	first := func(stage string, code int) func(string, int) error {
		return func(s string, n int) error {
			if s == stage && n == 1 {
				return no(code)
			}
			return nil
		}
	}
	always := func(stage string, code int) func(string, int) error {
		return func(s string, _ int) error {
			if s == stage {
				return no(code)
			}
			return nil
		}
	}
	delivered := []string{"prepared", "sent", "proven", "window_opened"}
	again := []string{"prepared", "sent", "failed", "sent", "proven", "window_opened"}
	for _, c := range []struct {
		name    string
		verdict func(string, int) error
		down    bool
		kinds   []string
		reason  string
		status  domain.NoticeStatus
		letters int
	}{
		{"accepted", nil, false, delivered, "", domain.NoticeIsOpen, 1},
		{"not now, then accepted", first("RCPT", 451), false, again, "SMTP_451", domain.NoticeIsOpen, 1},
		{"content refused for now, then accepted", first("DATA", 452), false, again, "SMTP_452", domain.NoticeIsOpen, 1},
		{"no such person", always("RCPT", 550), false, []string{"prepared", "sent", "failed"}, "SMTP_550", domain.NoticeIsBounced, 0},
		{"content refused", always("DATA", 554), false, []string{"prepared", "sent", "failed"}, "SMTP_554", domain.NoticeIsBounced, 0},
		{"our sender refused, until mended", first("MAIL", 553), false, again, "SENDER_REFUSED_553", domain.NoticeIsOpen, 1},
		{"never now", always("RCPT", 450), false, []string{"prepared", "sent", "failed", "sent", "failed", "sent", "failed"}, "SMTP_450", domain.NoticeIsBounced, 0},
		{"nobody listens", nil, true, []string{"prepared", "sent", "failed", "sent", "failed", "sent", "failed"}, "RELAY_UNREACHABLE", domain.NoticeIsBounced, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			server := serveMail(t, c.verdict)
			config := w.relayed(server.port)
			config.Retry = []time.Duration{time.Minute, time.Hour}
			if c.down {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				must(t, err)
				config.SMTP.Port = l.Addr().(*net.TCPAddr).Port
				must(t, l.Close())
			}
			w.run(t, config)
			tenant, err := w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), "ada@customer.example")
			must(t, err)
			must(t, w.announce(t.Context(), announcement()))
			s := w.notice(t, tenant)
			for n := 2; n < len(c.kinds); n++ {
				w.until(t, "the next step", func() bool {
					w.pass(time.Minute) // what waits, waits in the queue, for this clock
					return len(w.kinds(t, s)) > n
				})
			}
			if kinds := w.kinds(t, s); !slices.Equal(kinds, c.kinds) {
				t.Errorf("kept %v", kinds)
			}
			n := w.state(t, s)
			if n.Status != c.status {
				t.Errorf("status %s", n.Status)
			}
			if c.status == domain.NoticeIsBounced && (n.Deliveries[0].Failed != c.reason || !n.Deliveries[0].Final || !slices.Contains(n.Findings(), domain.FindingUndelivered)) {
				t.Errorf("delivery %+v, findings %v: a final failure is a task", n.Deliveries[0], n.Findings())
			}
			if got := server.received(); len(got) != c.letters {
				t.Errorf("%d letters arrived", len(got))
			} else if len(got) > 0 {
				l := parseLetter(t, got[0])
				says(t, l.text, "Dear Ada Lovelace")
				if l.header.Get("Message-Id") != "<"+s.ID.String()+"@example.com>" {
					t.Error("another message id")
				}
			}
			if s := w.logged.String(); strings.Contains(s, "Lovelace") || strings.Contains(s, "customer.example") {
				t.Errorf("personal data in the log:\n%s", s)
			}
			w.until(t, "a word in the log", func() bool { return strings.Contains(w.logged.String(), c.reason) })
		})
	}
}

func TestARelayWithoutTLSIsNotTrusted(t *testing.T) {
	w := newWorld(t)
	server := serveMail(t, nil)
	c := w.relayed(server.port)
	c.SMTP.TLS = TLSRequired
	c.Retry = []time.Duration{}
	w.run(t, c)
	tenant, err := w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), "ada@customer.example")
	must(t, err)
	must(t, w.announce(t.Context(), announcement()))
	s := w.notice(t, tenant)
	w.has(t, s, "failed")
	if d := w.state(t, s).Deliveries[0]; d.Failed != "RELAY_TLS" || !d.Final {
		t.Errorf("%+v", d)
	}
	must(t, w.designate(t.Context(), tenant, numbered(2, 9), "Bea", "bea@customer.example"))
	w.until(t, "another try for another address", func() bool { return len(w.kinds(t, s)) == 5 })
	if got := server.received(); len(got) != 0 {
		t.Errorf("%d letters left in the clear", len(got))
	}
}

func TestSTARTTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	for name, trusted := range map[string]*x509.CertPool{"known": roots, "unknown": x509.NewCertPool()} {
		server := serveMail(t, nil, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
		r, err := newRelay(SMTP{Host: "127.0.0.1", Port: server.port, TLSConfig: &tls.Config{RootCAs: trusted, ServerName: "127.0.0.1"}})
		must(t, err)
		m := gomail.NewMsg()
		must(t, m.From("notices@example.com"))
		must(t, m.To("ada@customer.example"))
		m.SetBodyString(gomail.TypeTextPlain, "x")
		fail := r.send(t.Context(), mailing{msg: m})
		if got := len(server.received()); name == "known" && (fail != nil || got != 1) || name == "unknown" && (fail == nil || fail.Word != "RELAY_TLS" || got != 0) {
			t.Errorf("%s certificate: %+v, %d letters", name, fail, got)
		}
	}
}

func TestAddressesThatLeadNowhere(t *testing.T) {
	for name, address := range map[string]string{"ADDRESS_MALFORMED": "not an address", "": "ada@customer.example"} {
		w := newWorld(t)
		server := serveMail(t, nil)
		w.run(t, w.relayed(server.port))
		tenant, err := w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), address)
		must(t, err)
		must(t, w.announce(t.Context(), announcement()))
		s := w.notice(t, tenant)
		w.until(t, "an answer", func() bool { return len(w.kinds(t, s)) > 2 })
		if d := w.state(t, s).Deliveries[0]; d.Failed != name {
			t.Errorf("%q: %+v", address, d)
		}
		if strings.Contains(w.logged.String(), address) {
			t.Errorf("%q is in the log", address)
		}
	}
}
