package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/ledger/crashtest"
	"muniment/ledger/logtest"
	"muniment/ledger/sqldb"
)

// manyCalls are n calls, each in a stream of its own, a tenth of them with a sealed number.
func manyCalls(n int) string {
	var b strings.Builder
	for i := range n {
		who, number := "", ""
		if i%10 == 0 {
			phone := fmt.Sprintf("+120255501%02d", i/10%100)
			who, number = `"subjects":[{"phone":"`+phone+`"}],`, `"number":"`+phone+`",`
		}
		fmt.Fprintf(&b, `{"kind":"interaction.recorded","tenant":"%s","source":"portal","sourceId":"CA%d","occurred":"2025-10-01T08:17:00Z","of":{"id":"CA%d","at":"2025-10-01T08:17:00Z"},%s"data":{"medium":"CALL","direction":"INBOUND",%s"seconds":%d,"recorded":true}}`+"\n",
			shop, i, i, who, number, i)
	}
	return b.String()
}

// laps plays a test of several kills, in make torture until they are a quarter of the rounds asked
// for: a whole service takes longer to start and look through than a part of it.
func laps(t *testing.T, play func(t *testing.T, tally *crashtest.Tally)) {
	t.Parallel()
	var tally crashtest.Tally
	defer tally.Tell(t)
	for tally.Kills < max(1, crashtest.Rounds(4)/4) && !t.Failed() {
		tally.Rounds++
		before := tally.Kills
		t.Run(fmt.Sprint("lap ", tally.Rounds), func(t *testing.T) { play(t, &tally) })
		if tally.Kills == before {
			t.Fatal("nothing was killed")
		}
	}
}

// sound opens the ledger while nobody else has it: the log is sound, and the views, once they caught
// up, are what a rebuild from zero gives.
func (h home) sound() {
	h.t.Helper()
	house, err := openHouse(h.t.Context(), houseConfig{Data: h.data, Keys: h.data + ".keys", Log: newLogger(io.Discard, true, true), Now: time.Now})
	must(h.t, err)
	defer house.Close()
	logtest.Sound(h.t, house.ledger.Log)
	must(h.t, house.views.CatchUp(h.t.Context())) // with what opening kept: erasures that were cut off
	db, err := sqldb.OpenSQLite(h.t.Context(), filepath.Join(h.data, "views.db"), sqldb.Options{})
	must(h.t, err)
	defer db.Close()
	caughtUp := crashtest.Dump(h.t, db)
	must(h.t, house.views.Rebuild(h.t.Context()))
	if crashtest.Dump(h.t, db) != caughtUp {
		h.t.Error("the views differ from a rebuild")
	}
}

// TestKillImport kills imports of many events at random moments and imports them again: every event
// is there exactly once, sealed values can be opened, and the import's own counts add up.
func TestKillImport(t *testing.T) { laps(t, killImport) }

func killImport(t *testing.T, tally *crashtest.Tally) {
	const events, rounds = 30_000, 8
	h := homeOf(t)
	h.muniment("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()))
	file := h.file("calls.ndjson", manyCalls(events))
	killed := 0
	for range rounds {
		more := h.kept() + rand.Int64N(3<<20)
		child := h.command("import", "--as", "events", file)
		must(t, child.Start())
		over := make(chan error, 1)
		go func() { over <- child.Wait() }()
		must(t, awaited("the import grows the log", func() (bool, error) {
			select {
			case err := <-over:
				over <- err
				return true, nil
			default:
				return h.kept() > more, nil
			}
		}))
		child.Process.Kill()
		<-over
		if !child.ProcessState.Exited() {
			killed++
		}
	}
	var kept, duplicate, refused int
	summary := lastLine(h.muniment("import", "--as", "events", file))
	if _, err := fmt.Sscanf(summary, "kept %d, duplicate %d, refused %d", &kept, &duplicate, &refused); err != nil || kept+duplicate != events || refused != 0 {
		t.Errorf("the import after %d kills says %q (%v), want %d kept and duplicate", killed, summary, err, events)
	}
	t.Logf("%d of %d imports were killed; the last one says %s", killed, rounds, summary)
	tally.Kills += killed
	tally.Acknowledged += kept + duplicate
	if got, want := lastLine(h.muniment("import", "--as", "events", file)), fmt.Sprintf("kept 0, duplicate %d, refused 0", events); got != want {
		t.Errorf("one more import says %q, want %q", got, want)
	}

	h.sound()
	token := h.muniment("token", "create", "--role", "dpo")
	q := question{url: h.serve().url, token: token, purpose: "AUDIT", caseRef: "KILL-1"}
	streams, trail := map[string]bool{}, 0
	q.query = `query($after: String) { events(first: 500, after: $after, filter: {kind: [INTERACTION_RECORDED]}) { edges { node { stream } } pageInfo { hasNextPage endCursor } } }`
	must(t, everyEdge(q, "events", func(n map[string]any) {
		streams[n["stream"].(string)] = true
		trail++
	}))
	if len(streams) != events || trail != events {
		t.Errorf("the trail has %d events of %d calls, want one each of %d", trail, len(streams), events)
	}
	seconds, clear := map[string]bool{}, 0
	q.query = `query($after: String) { interactions(first: 500, after: $after) { edges { node { seconds number { state value } } } pageInfo { hasNextPage endCursor } } }`
	must(t, everyEdge(q, "interactions", func(n map[string]any) {
		seconds[fmt.Sprint(n["seconds"])] = true
		if number, ok := n["number"].(map[string]any); ok {
			if i, _ := n["seconds"].(json.Number).Int64(); number["value"] == fmt.Sprintf("+120255501%02d", i/10%100) {
				clear++
			} else {
				t.Errorf("call %d: its number is %s", i, number["state"])
			}
		}
	}))
	if len(seconds) != events || clear != events/10 {
		t.Errorf("%d calls and %d clear numbers, want %d and %d", len(seconds), clear, events, events/10)
	}
}

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }

// TestKillIngest kills the service while another system sends events: whatever was answered as kept
// is kept, and sending everything again makes the rest.
func TestKillIngest(t *testing.T) { laps(t, killIngest) }

func killIngest(t *testing.T, tally *crashtest.Tally) {
	const events = 8_000
	h := homeOf(t)
	h.muniment("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()))
	token := h.muniment("token", "create", "--role", "operator", "--source", "portal")
	acknowledged := map[string]bool{}
	for range 3 {
		s := h.serve()
		limit := len(acknowledged) + 1 + rand.IntN(events/4)
		err := send(s, token, manyCalls(events), func(a reply) {
			switch {
			case a.State == "REFUSED":
				t.Errorf("line %d: %s", a.Line, a.Message)
			case a.State == "KEPT" && acknowledged[a.ID]:
				t.Errorf("line %d was kept before, and is kept again", a.Line)
			}
			if acknowledged[a.ID] = true; len(acknowledged) == limit {
				s.cmd.Process.Kill()
			}
		})
		if err == nil {
			t.Error("the service was killed, and answered to the end")
		}
		<-s.ended
		tally.Kills++
		h.sound()
	}
	tally.Acknowledged += len(acknowledged)
	lines, known := 0, 0
	must(t, send(h.serve(), token, manyCalls(events), func(a reply) {
		lines++
		if acknowledged[a.ID] {
			known++
			if a.State != "DUPLICATE" {
				t.Errorf("line %d was answered as kept, and is %s", a.Line, a.State)
			}
		}
	}))
	if lines != events || known != len(acknowledged) {
		t.Errorf("%d lines answered, want %d; %d of %d acknowledged ids came again", lines, events, known, len(acknowledged))
	}
	t.Logf("%d of %d events were acknowledged before kills", len(acknowledged), events)
}

type reply struct {
	Line               int
	State, ID, Message string
}

// send posts events and calls each with every answer as it comes.
func send(s *serving, token, events string, each func(reply)) error {
	r, err := http.NewRequest(http.MethodPost, s.url+"/ingest/v1/events", struct{ io.Reader }{strings.NewReader(events)})
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/x-ndjson")
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", answer.Status)
	}
	in := bufio.NewScanner(answer.Body)
	for in.Scan() {
		var a reply
		if err := json.Unmarshal(in.Bytes(), &a); err != nil {
			return err
		}
		each(a)
	}
	return in.Err()
}

// TestKillDelivery kills the service while it tells many customers of a change: started again it
// tells the rest, and everybody is told once.
func TestKillDelivery(t *testing.T) { laps(t, killDelivery) }

func killDelivery(t *testing.T, tally *crashtest.Tally) {
	const customers = 120
	h := homeOf(t)
	var b strings.Builder
	b.WriteString(established)
	var tenants []string
	for i := range customers {
		tenant := fmt.Sprintf("c0ffee%026x", i+1)
		fmt.Fprintf(&b, `{"kind":"tenant.onboarded","tenant":"%s","sourceId":"a","occurred":"2024-03-01","data":{"name":"Example Customer %d","role":"CONTROLLER","country":"DE"}}`+"\n", tenant, i)
		tenants = append(tenants, tenant)
	}
	h.muniment("import", "--as", "events", h.file("customers.ndjson", b.String()))
	token := h.muniment("token", "create", "--role", "dpo", "--login", "anna")
	s := h.serve()
	for i, tenant := range tenants {
		for _, step := range []string{
			fmt.Sprintf(`signAgreement(input: {tenant: "tenant-%s", model: GENERAL, effective: "2024-03-02", governingLaw: "SE", zone: "Europe/Stockholm", noticeDays: 30, objectionDays: 14})`, tenant),
			fmt.Sprintf(`designateContact(input: {tenant: "tenant-%s", role: NOTICES, name: "Contact Example", email: "contact%d@customer.example"})`, tenant, i),
		} {
			q := question{url: s.url, token: token, query: `mutation { step: ` + step + ` { refusal { message } } }`}
			if no := said(q.answered(t), "step.refusal.message"); len(no) > 0 {
				t.Fatalf("refused: %s", no)
			}
		}
	}
	announce(t, question{url: s.url, token: token})
	letters := func() []string {
		files, err := filepath.Glob(filepath.Join(h.data, "outbox", "*.eml"))
		must(t, err)
		return files
	}
	for round := range 3 {
		enough := min(customers-1, len(letters())+1+rand.IntN(customers/4))
		if round == 0 {
			enough = 0 // at once: the notices may not even be prepared
		}
		must(t, awaited("some customers are told", func() (bool, error) { return len(letters()) >= enough, nil }))
		s.kill()
		tally.Kills++
		h.sound()
		s = h.serve()
	}
	q := question{url: s.url, token: token, query: `{ notices(first: 500) { edges { node { status deliveries { channel attempts } } } } }`}
	must(t, awaited("everybody is told", func() (bool, error) {
		_, answer, err := q.put()
		sent := 0
		for _, status := range said(answer, "notices.edges.*.node.status") {
			if status == "SENT" {
				sent++
			}
		}
		return sent == customers, fmt.Errorf("%d of %d (%v)", sent, customers, err)
	}))
	if n := len(letters()); n != customers {
		t.Errorf("%d letters for %d customers", n, customers)
	}
	for i := range customers {
		if m, err := letterTo(filepath.Join(h.data, "outbox"), fmt.Sprintf("contact%d@customer.example", i)); m == nil || err != nil {
			t.Errorf("customer %d was not told (%v)", i, err)
		}
	}
	for _, deliveries := range said(q.answered(t), "notices.edges.*.node.deliveries") {
		if deliveries != "attempts=1, channel=OUTBOX" {
			t.Errorf("a notice's deliveries are: %s", deliveries)
		}
	}
}
