package notices

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger/sqldb/dbtest"
)

// letter is an e-mail as a mail program shows it.
type letter struct {
	header     mail.Header
	text, html string
	raw        string
}

func parseLetter(t *testing.T, raw string) letter {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	l := letter{header: m.Header, raw: raw}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %s (%v)", kind, err)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return l
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(body), "\r\n", "\n")
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			l.html = text
		} else {
			l.text = text
		}
	}
}

// says checks that a text holds every phrase, whatever its line breaks.
func says(t *testing.T, text string, phrases ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(text), " ")
	for _, p := range phrases {
		if !strings.Contains(flat, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// customers onboards one tenant of each kind.
func (w *world) customers(t *testing.T) (general, specific, agency, account domain.ID) {
	t.Helper()
	var err error
	general, err = w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), "ada@customer.example")
	must(t, err)
	specific, err = w.customer(t.Context(), 2, domain.ID{}, terms(domain.Specific), "bea@customer.example")
	must(t, err)
	agency, err = w.customer(t.Context(), 3, domain.ID{}, terms(domain.General), "cleo@agency.example")
	must(t, err)
	account, err = w.customer(t.Context(), 4, agency, nil, "dora@client.example")
	must(t, err)
	_, err = w.customer(t.Context(), 5, domain.ID{}, nil, "eve@stranger.example") // no agreement: not affected
	must(t, err)
	return general, specific, agency, account
}

func (w *world) read(t *testing.T, name string) letter {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.outbox(), name))
	must(t, err)
	return parseLetter(t, string(raw))
}

func TestEveryAffectedTenantIsToldOnce(t *testing.T) {
	w := newWorld(t)
	general, specific, agency, account := w.customers(t)
	w.run(t, w.config())
	must(t, w.announce(t.Context(), announcement()))
	for _, tenant := range []domain.ID{general, specific, agency, account} {
		w.has(t, w.notice(t, tenant), "sent")
	}
	files, err := os.ReadDir(w.outbox())
	must(t, err)
	if len(files) != 4 {
		t.Fatalf("%d files in the outbox, expected 4", len(files))
	}
	for tenant, want := range map[domain.ID]domain.Model{general: domain.General, specific: domain.Specific, account: domain.UnknownModel} {
		s := w.notice(t, tenant)
		n := w.state(t, s)
		if n.Terms.Model != want || n.Window.IsOpen() || n.Status != domain.NoticeIsSent {
			t.Errorf("%s: %s, window open %v, %s", tenant, n.Terms.Model, n.Window.IsOpen(), n.Status)
		}
		if kinds := w.kinds(t, s); !slices.Equal(kinds, []string{"prepared", "sent"}) {
			t.Errorf("%s: %v: the outbox proves nothing", tenant, kinds)
		}
	}
	l := w.read(t, w.notice(t, general).ID.String()+".eml")
	to, err := l.header.AddressList("To")
	must(t, err)
	if to[0].Address != "ada@customer.example" || to[0].Name != "Ada Lovelace" {
		t.Errorf("to %v", to)
	}
	if id := l.header.Get("Message-Id"); id != "<"+w.notice(t, general).ID.String()+"@example.com>" {
		t.Errorf("message id %s", id)
	}
	if reply := l.header.Get("Reply-To"); reply != "<privacy@example.com>" {
		t.Errorf("reply to %s", reply)
	}
	if l.header.Get("List-Unsubscribe") != "" || strings.Contains(l.html, "<img") {
		t.Error("a mandatory contact can't unsubscribe, and nobody is tracked")
	}
	if subject := l.header.Get("Subject"); subject != "New sub-processor: Scribe Ltd, from 1 December 2026" {
		t.Errorf("subject %s", subject)
	}
	for _, text := range []string{l.text, l.html} {
		says(t, text, "Dear Ada Lovelace", "Customer 1 GmbH", "Scribe Ltd, Ireland", "Transcripts of calls are made by another company.", "Call transcription",
			"call recordings, IP address", "Dublin, Ireland", "none needed", "1 December 2026 (00:00 UTC)",
			"within 14 days", "the end of 15 October 2026 (24:00 UTC)",
			"your silence counts as authorisation", "We wait 3 days longer", "your notice period of 14 days", "https://ledger.example.com/notices/", "privacy@example.com", "It is not legal advice.")
	}
	says(t, w.read(t, w.notice(t, specific).ID.String()+".eml").text, "If you do not answer, the answer is no")
	unknown := w.read(t, w.notice(t, account).ID.String()+".eml")
	says(t, unknown.text, "we will not treat your silence as consent", "nor without your authorisation", "You may object at any time.")
	if strings.Contains(unknown.text, "Your agreement with us") {
		t.Error("a tenant without an agreement is told of one")
	}
	for _, line := range strings.Split(l.text, "\n") {
		if len([]rune(line)) > 72 && !strings.HasPrefix(line, "https://") {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
	if s := w.logged.String(); strings.Contains(s, "customer.example") || strings.Contains(s, "Lovelace") {
		t.Errorf("personal data in the log:\n%s", s)
	} else {
		says(t, s, "nobody is told and no window opens")
	}
}

func TestNamedTenantsAndTheirAgency(t *testing.T) {
	w := newWorld(t)
	general, _, agency, account := w.customers(t)
	w.run(t, w.config())
	e := announcement()
	e.Tenants = []domain.ID{account, {0: 99}}
	must(t, w.announce(t.Context(), e))
	w.has(t, w.notice(t, agency), "sent")
	w.has(t, w.notice(t, account), "sent")
	if kinds := w.kinds(t, w.notice(t, general)); kinds != nil {
		t.Errorf("a tenant that is not affected: %v", kinds)
	}
	says(t, w.logged.String(), "the change names a tenant that is not known")
}

func TestHeadersCannotBeInjected(t *testing.T) {
	w := newWorld(t)
	tenant, err := w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), "")
	must(t, err)
	must(t, w.designate(t.Context(), tenant, numbered(2, 1), "Ada\r\nBcc: everybody@example.net\r\n\r\n<h1>", "ada@customer.example"))
	w.run(t, w.config())
	must(t, w.announce(t.Context(), announcement()))
	s := w.notice(t, tenant)
	w.has(t, s, "sent")
	l := w.read(t, s.ID.String()+".eml")
	if l.header.Get("Bcc") != "" || strings.Contains(l.html, "<h1>,") {
		t.Errorf("injected:\n%s", l.raw)
	}
}

func TestWithdrawalIsToldToThoseWhoWereTold(t *testing.T) {
	w := newWorld(t)
	told, err := w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), "ada@customer.example")
	must(t, err)
	untold, err := w.customer(t.Context(), 2, domain.ID{}, terms(domain.General), "")
	must(t, err)
	w.run(t, w.config())
	must(t, w.announce(t.Context(), announcement()))
	w.has(t, w.notice(t, told), "sent")
	must(t, w.keep(t.Context(), someCompany, domain.Operator, nil, domain.ChangeWithdrawn{Change: someChange}))
	w.has(t, w.notice(t, untold), "withdrawn")
	w.until(t, "the withdrawal", func() bool {
		return slices.Equal(w.kinds(t, w.notice(t, told)), []string{"prepared", "sent", "withdrawn", "sent"})
	})
	id := w.notice(t, told).ID.String()
	l := w.read(t, id+".withdrawn.eml")
	says(t, l.text, "It will not happen", "Scribe Ltd")
	if l.header.Get("Message-Id") != "<"+id+".withdrawn@example.com>" || l.header.Get("In-Reply-To") != "<"+id+"@example.com>" {
		t.Errorf("ids %v", l.header)
	}
	if kinds := w.kinds(t, w.notice(t, untold)); !slices.Equal(kinds, []string{"prepared", "withdrawn"}) {
		t.Errorf("whoever was told nothing is told nothing: %v", kinds)
	}
}

func TestAContactNamedLaterIsTold(t *testing.T) {
	w := newWorld(t)
	tenant, err := w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), "")
	must(t, err)
	w.run(t, w.config())
	must(t, w.announce(t.Context(), announcement()))
	w.until(t, "the warning", func() bool { return strings.Contains(w.logged.String(), "has named no contact") })
	must(t, w.designate(t.Context(), tenant, numbered(2, 1), "Ada Lovelace", "ada@customer.example"))
	s := w.notice(t, tenant)
	w.has(t, s, "sent")
	w.read(t, s.ID.String()+".eml")
}

func TestAQueueDerivedAnewTellsNobodyTwice(t *testing.T) {
	dbtest.NeedsFiles(t)
	dir := t.TempDir()
	dbtest.Ready(t)
	w, err := openWorld(t.Context(), dir)
	must(t, err)
	t.Run("first", func(t *testing.T) {
		w.run(t, w.config())
		_, err := w.customer(t.Context(), 1, domain.ID{}, terms(domain.General), "ada@customer.example")
		must(t, err)
		must(t, w.announce(t.Context(), announcement()))
		w.has(t, w.notice(t, numbered(1, 1)), "sent")
	})
	w.close()
	must(t, os.Remove(filepath.Join(dir, "data", "queue.db")))
	must(t, os.RemoveAll(w.outbox()))
	w, err = openWorld(t.Context(), dir)
	must(t, err)
	t.Cleanup(w.close)
	n := w.run(t, w.config())
	w.until(t, "the follower", func() bool {
		seq, err := n.queue.Checkpoint(t.Context(), follower)
		must(t, err)
		next, err := w.ledger.Log.Next(t.Context())
		must(t, err)
		left, err := n.queue.Left(t.Context(), topicTell)
		must(t, err)
		return seq == next && left == 0
	})
	if kinds := w.kinds(t, w.notice(t, numbered(1, 1))); !slices.Equal(kinds, []string{"prepared", "sent"}) {
		t.Errorf("told again: %v", kinds)
	}
	if files, _ := os.ReadDir(w.outbox()); len(files) != 0 {
		t.Errorf("%d files were written again", len(files))
	}
}
