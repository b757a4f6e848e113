package intake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

func everybody(*http.Request) (ledger.Principal, error) {
	return machine, nil
}

func serve(t *testing.T, l *ledger.Ledger, o HandlerOptions) string {
	t.Helper()
	if o.Authorize == nil {
		o.Authorize = everybody
	}
	s := httptest.NewServer(Handler(l, o))
	t.Cleanup(s.Close)
	return s.URL + "/ingest/v1/events"
}

// post sends a body and returns status and answer. Headers are "Name: value".
func post(t *testing.T, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(answer)
}

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

const jsonType = "Content-Type: application/json"

func TestHandlerAnswersEveryLine(t *testing.T) {
	url := serve(t, newShop(t), HandlerOptions{})
	in := line() + "\n" + line("data", `{"seconds":"x"}`) + "\n" + line() + "\n{\n"
	res, body := post(t, url, in)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatal(res.Status, body)
	}
	var got []map[string]any
	for l := range strings.Lines(body) {
		var m map[string]any
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	if len(got) != 4 {
		t.Fatal(body)
	}
	if got[0]["state"] != "KEPT" || got[0]["line"] != 1.0 || len(got[0]["id"].(string)) != 32 || got[0]["position"] != 2.0 {
		t.Error(got[0])
	}
	if got[1]["state"] != "REFUSED" || got[1]["code"] != "INVALID" || got[1]["field"] != "data.seconds" || got[1]["message"] == "" || got[1]["id"] != nil {
		t.Error(got[1])
	}
	if got[2]["state"] != "DUPLICATE" || got[2]["position"] != 2.0 || got[2]["id"] != got[0]["id"] {
		t.Error(got[2])
	}
	if got[3]["state"] != "REFUSED" || got[3]["line"] != 4.0 {
		t.Error(got[3])
	}
}

func TestHandlerBodies(t *testing.T) {
	url := serve(t, newShop(t), HandlerOptions{})
	ctm := url + "?as=ctm&region=SE&tenant=" + tenantHex
	for _, c := range []struct {
		name, url, body string
		headers         []string
		status          int
		want            string
	}{
		{"list", url, "[" + line() + "," + line() + "]", []string{jsonType}, 200, `"state":"DUPLICATE"`},
		{"one, indented", url, "{\n" + line()[1:], []string{jsonType}, 200, `"state":"`},
		{"gzip", url, zipped(line()), []string{"Content-Encoding: gzip"}, 200, `"state":"`},
		{"charset", url, line(), []string{"Content-Type: application/x-ndjson; charset=UTF-8"}, 200, `"state":"`},
		{"call", ctm, oneCall, []string{jsonType}, 200, `"state":"KEPT"`},
		{"page of calls", ctm, `{"calls":[` + oneCall + "," + oneForm + "]}", []string{jsonType}, 200, `"state":"DUPLICATE"`},
		{"calls without tenant", url + "?as=ctm", oneCall, []string{jsonType}, 400, "tenant: expected"},
		{"calls of a bad country", url + "?as=ctm&region=x&tenant=" + tenantHex, oneCall, []string{jsonType}, 400, "region: expected"},
		{"unknown format", url + "?as=xml", line(), nil, 400, "as: expected"},
		{"empty", url, "", nil, 400, "the body is empty"},
		{"blank", url, "\n\n", nil, 400, "the body is empty"},
		{"no JSON", url, "kind=call", []string{jsonType}, 400, "not JSON"},
		{"truncated JSON", url, line()[:40], []string{jsonType}, 400, "truncated JSON"},
		{"two texts", url, line() + line(), []string{jsonType}, 200, "data after the JSON text"},
		{"wrong element", url, `[{"kind":1,"kind":2},` + line() + `]`, []string{jsonType}, 200, "duplicate name"},
		{"no gzip", url, line(), []string{"Content-Encoding: gzip"}, 400, "no gzip"},
		{"cut gzip", url, zipped(line())[:60], []string{"Content-Encoding: gzip"}, 400, "cut short"},
		{"other encoding", url, line(), []string{"Content-Encoding: br"}, 415, "gzip"},
		{"other type", url, line(), []string{"Content-Type: text/csv"}, 415, "application/x-ndjson"},
		{"no type", url, line(), []string{"Content-Type: "}, 415, "application/x-ndjson"},
		{"other charset", url, line(), []string{"Content-Type: application/json; charset=latin1"}, 415, "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, body := post(t, c.url, c.body, c.headers...)
			if res.StatusCode != c.status || !strings.Contains(body, c.want) {
				t.Errorf("%s\n%s", res.Status, body)
			}
			if res.StatusCode != 200 && !json.Valid([]byte(body)) {
				t.Errorf("no JSON: %s", body)
			}
		})
	}
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
		t.Error(res.Status)
	}
}

func TestHandlerLimits(t *testing.T) {
	url := serve(t, newShop(t), HandlerOptions{MaxBody: 2 << 20, MaxUnpacked: 4 << 20})
	big := strings.Repeat(" ", 3<<20)
	for name, c := range map[string]struct {
		body   string
		header string
	}{
		"long":      {big, "X: y"},
		"bomb":      {zipped(strings.Repeat("x", 8<<20)), "Content-Encoding: gzip"},
		"open bomb": {zipped(`[{"kind":"` + strings.Repeat("x", 8<<20)), "Content-Encoding: gzip"},
	} {
		res, body := post(t, url, c.body, c.header)
		if res.StatusCode != 413 || !strings.Contains(body, "the body is larger than") || !strings.Contains(body, "TOO_MUCH") {
			t.Errorf("%s: %s %.200s", name, res.Status, body)
		}
	}
	// A bomb behind good lines: they are answered, and the last line says that the rest was not read.
	res, body := post(t, url, zipped(many(600)+strings.Repeat(" ", 8<<20)), "Content-Encoding: gzip")
	lines := strings.Split(strings.TrimSpace(body), "\n")
	if res.StatusCode != 200 || !strings.Contains(lines[len(lines)-1], `{"state":"REFUSED","code":"TOO_MUCH","message":"the body is larger than 4 MiB`) {
		t.Errorf("%s %d lines, the last: %s", res.Status, len(lines), lines[len(lines)-1])
	}
}

func TestHandlerStreams(t *testing.T) {
	l := newShop(t)
	url := serve(t, l, HandlerOptions{MaxRequests: 1})
	in, out := io.Pipe()
	answered := make(chan string)
	go func() {
		r, _ := http.NewRequest("POST", url, in)
		r.Header.Set("Content-Type", "application/x-ndjson")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			answered <- err.Error()
			return
		}
		first := make([]byte, 8)
		io.ReadFull(res.Body, first)
		answered <- string(first)
		rest, _ := io.ReadAll(res.Body)
		answered <- string(rest)
	}()
	io.WriteString(out, many(600))
	if first := <-answered; first != `{"line":` {
		t.Fatal(first)
	}
	// The first request is still sending: the only place is taken.
	res, body := post(t, url, line())
	if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" || !strings.Contains(body, "UNAVAILABLE") {
		t.Error(res.Status, body)
	}
	io.WriteString(out, line("data", "{}"))
	out.Close()
	if rest := <-answered; !strings.Contains(rest, `{"line":601,"state":"REFUSED"`) {
		t.Errorf("%.300s", rest)
	}
	if res, _ := post(t, url, line()); res.StatusCode != 200 {
		t.Error(res.Status)
	}
}

// TestHandlerPlaces: one sender has at most half of the places, so that another is served.
func TestHandlerPlaces(t *testing.T) {
	l := newShop(t)
	url := serve(t, l, HandlerOptions{MaxRequests: 2, Authorize: func(r *http.Request) (ledger.Principal, error) {
		return ledger.AtMachine(domain.Actor{Kind: domain.Service, ID: domain.ID{0: r.Header.Get("Authorization")[0]}}), nil
	}})
	in, out := io.Pipe()
	answered := make(chan error)
	go func() {
		r, _ := http.NewRequest("POST", url, in)
		r.Header.Set("Content-Type", "application/x-ndjson")
		r.Header.Set("Authorization", "a")
		res, err := http.DefaultClient.Do(r)
		answered <- err
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
		}
		answered <- err
	}()
	io.WriteString(out, many(600))
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]int{"a": 429, "b": 200} {
		if res, body := post(t, url, line(), "Authorization: "+who); res.StatusCode != want {
			t.Errorf("%s: %s %s", who, res.Status, body)
		}
	}
	out.Close()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

func TestHandlerAuthorizes(t *testing.T) {
	l := newShop(t)
	for _, c := range []struct {
		err    error
		status int
		want   string
	}{
		{&domain.Refusal{Code: domain.Unauthed, Message: "no token"}, 401, "no token"},
		{&domain.Refusal{Code: domain.Unauthorised, Message: "not yours"}, 403, "not yours"},
		{&domain.Refusal{Code: domain.Unavailable, Message: "later"}, 503, "later"},
		{errors.New("secret detail"), 500, "internal error"},
	} {
		var internal error
		url := serve(t, l, HandlerOptions{Internal: func(err error) { internal = err },
			Authorize: func(*http.Request) (ledger.Principal, error) { return ledger.Principal{}, c.err }})
		res, body := post(t, url, line())
		if res.StatusCode != c.status || !strings.Contains(body, c.want) || strings.Contains(body, "secret") {
			t.Error(res.Status, body)
		}
		if (internal != nil) != (c.status == 500) {
			t.Error(internal)
		}
	}
	url := serve(t, l, HandlerOptions{Authorize: func(*http.Request) (ledger.Principal, error) {
		return ledger.Principal{Kinds: domain.DefaultGrant, Tenants: []domain.ID{domain.NewID()}}, nil
	}})
	_, barred := post(t, url, line())
	_, unknown := post(t, url, line("tenant", `"00000000000000000000000000000abc"`))
	if barred != unknown || !strings.Contains(barred, "NOT_FOUND") {
		t.Errorf("%s%s", barred, unknown)
	}
}

func TestHandlerWithoutLedger(t *testing.T) {
	l := newShop(t)
	var internal error
	url := serve(t, l, HandlerOptions{Internal: func(err error) { internal = err }})
	l.Log.Close()
	res, body := post(t, url, line())
	if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || !strings.Contains(body, "nothing is kept twice") {
		t.Error(res.Status, body)
	}
	if !errors.Is(internal, ledger.ErrClosed) {
		t.Error(internal)
	}
}
