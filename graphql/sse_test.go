package graphql

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// stream is an answer as server-sent events.
type stream struct {
	t    *testing.T
	body *bufio.Reader
}

// stream sends an operation.
func (d *desk) stream(l *door, token, query string, header ...string) *stream {
	d.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, l.url, strings.NewReader(string(body)))
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	d.t.Cleanup(cancel)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r.WithContext(ctx))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { res.Body.Close() })
	s := &stream{d.t, bufio.NewReader(res.Body)}
	if media := res.Header.Get("Content-Type"); res.StatusCode != 200 || media != "text/event-stream" {
		text, _ := s.rest()
		d.t.Fatalf("%s %s %s", res.Status, media, text)
	}
	return s
}

// begun reads the first sign of life: the subscription is under way.
func (s *stream) begun() *stream {
	s.t.Helper()
	if sign, err := s.body.Peek(3); string(sign) != ":\n\n" {
		s.t.Fatalf("%q %v", sign, err)
	}
	return s
}

func (s *stream) rest() (string, error) {
	text, err := io.ReadAll(s.body)
	return string(text), err
}

// next reads the data of the next message.
func (s *stream) next() string {
	s.t.Helper()
	for {
		line, err := s.body.ReadString('\n')
		if err != nil {
			s.t.Fatal(err)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return data
		}
	}
}

// TestLiveWithholds: a subscription shows that there are personal values, and never one.
func TestLiveWithholds(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	call := d.call(tenant, "+12025550143")
	heard := d.Keep(ledger.Submission{Tenant: tenant, Event: domain.InteractionListened{Seconds: 3}, Stream: ledger.StreamRef{Name: call.Stream}, Occurred: ledgertest.Day(20),
		Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person}, System: "portal", Login: "agent-7", Name: "Agent Example"}})
	d.seen()
	before, _ := d.Log.Next(context.Background())
	s := d.stream(d.open(), d.token(access.Principal{Role: access.DPO}), `subscription { events(after: -1) { event { id actor { name { value state } login { value state } } } } }`,
		"Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1")
	for {
		text := s.next()
		if strings.Contains(text, "Agent Example") || strings.Contains(text, "agent-7") || strings.Contains(text, "CLEAR") {
			t.Fatal(text)
		}
		if strings.Contains(text, heard.ID.String()) {
			if !strings.Contains(text, `"name":{"value":null,"state":"WITHHELD"}`) {
				t.Error(text)
			}
			break
		}
	}
	if after, _ := d.Log.Next(context.Background()); after != before {
		t.Error("a reading was recorded, though nothing was released")
	}
}

// TestStreamRequests: what is no subscription, or not for this asker, is answered as everywhere.
func TestStreamRequests(t *testing.T) {
	d := newDesk(t)
	door := d.open()
	ask := func(method, url, accept, token, body string) (int, string, string) {
		r, err := http.NewRequest(method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", accept)
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("Content-Type"), string(text)
	}
	token := d.token(access.Principal{Role: access.DPO})
	subscription := `{"query":"subscription { events { number } }"}`
	for name, c := range map[string]struct {
		method, url, accept, token, body string
		status                           int
		media, says                      string
	}{
		"no token":              {"POST", door.url, streamType, "mun_x", subscription, 401, jsonType, "NOT_SIGNED_IN"},
		"no stream accepted":    {"POST", door.url, jsonType, token, subscription, 200, jsonType, "text/event-stream"},
		"nor as a response":     {"POST", door.url, responseType, token, subscription, 400, responseType, "text/event-stream"},
		"liked less":            {"POST", door.url, streamType + ";q=0.5, " + jsonType, token, `{"query":"{ viewer { role } }"}`, 200, jsonType, `"DPO"`},
		"mutation with GET":     {"GET", door.url + "?query=mutation+%7B__typename%7D", streamType, token, "", 405, jsonType, "use POST"},
		"query with GET":        {"GET", door.url + "?query=%7Bviewer%7Brole%7D%7D", streamType, token, "", 200, streamType, `"DPO"`},
		"purpose not in words":  {"POST", door.url, streamType, token, `{"query":"{ viewer { role } }","extensions":{"purpose":"CURIOSITY"}}`, 400, jsonType, "expected one of"},
		"body too large":        {"POST", door.url, streamType, token, strings.Repeat(" ", maxBody+1), 413, jsonType, "1 MiB"},
		"query of another type": {"POST", door.url + "?", jsonType, token, `{"query":1}`, 400, jsonType, "expected a JSON object"},
	} {
		status, media, text := ask(c.method, c.url, c.accept, c.token, c.body)
		if status != c.status || !strings.HasPrefix(media, c.media) || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %s %s", name, status, media, text)
		}
	}
}
