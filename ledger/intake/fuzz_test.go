package intake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// canary stands for a value about a person. It looks unlike the name of a field, so that it may not
// be told even where an input uses it as one.
const canary = "Zq7x-Vw9k"

// quiet reads a reader to its end: it must end, refuse or submit every item, and never tell a value.
func quiet(t *testing.T, r Reader, size int) {
	t.Helper()
	for n := 0; ; n++ {
		item, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("an input that can be read fails: %v", err)
		}
		if n > size+1 {
			t.Fatal("more items than bytes")
		}
		switch {
		case item.Pass == "" && item.Err == nil && len(item.Sub) == 0 || item.Err != nil && item.Sub != nil || item.Pass != "" && (item.Err != nil || item.Sub != nil):
			t.Fatalf("line %d is neither submitted nor refused nor passed over, or two of these", item.Line)
		case strings.Contains(item.Pass, canary):
			t.Fatalf("line %d tells a value: %s", item.Line, item.Pass)
		case item.Line < 1 || len(item.Sub) > maxPerLine || item.Offset > int64(size):
			t.Fatalf("line %d, %d submissions, %d bytes", item.Line, len(item.Sub), item.Offset)
		case item.Err != nil && (strings.Contains(item.Err.Error(), canary) || len(item.Err.Error()) > 1000):
			t.Fatalf("line %d tells a value: %s", item.Line, item.Err)
		}
		for _, s := range item.Sub {
			if s.Event == nil || s.Tenant.IsZero() {
				t.Fatalf("line %d: half a submission", item.Line)
			}
			if s.Occurred.At != 0 {
				readAgain(t, s)
			}
		}
	}
	if d, ok := r.(dropper); ok {
		for name := range d.Dropped() {
			if strings.Contains(name, canary) {
				t.Fatalf("a value is counted as a name: %s", name)
			}
		}
	}
	if n, ok := r.(noter); ok {
		for what := range n.Notes() {
			if strings.Contains(what, canary) {
				t.Fatalf("a value is told: %s", what)
			}
		}
	}
}

// readAgain: what is submitted can be kept as bytes that are read again. One event that can't be read
// would stop whoever follows the log.
func readAgain(t *testing.T, s *ledger.Submission) {
	t.Helper()
	plain, personal := domain.Split(s.Event)
	stream := s.Stream.Name
	if stream.IsZero() {
		stream.Noun = "thing"
	}
	f := domain.Fact{Event: s.Event, Envelope: domain.Envelope{ID: domain.ID{15: 1}, Stream: stream, Tenant: s.Tenant, Occurred: s.Occurred,
		Actor: s.Actor.Actor, Auth: s.Auth, Purpose: s.Purpose, Basis: s.Basis, Source: s.Source}}
	for _, c := range s.Subjects {
		f.Subjects = append(f.Subjects, domain.SubjectRef{ID: domain.ID{15: 2}, Capacity: c.Capacity})
	}
	var boxes []ledger.Box
	for i, p := range personal {
		boxes = append(boxes, ledger.Box{Class: p.Class, Key: domain.ID{15: byte(i)}, Owner: domain.ID{15: 2}, Commitments: []ledger.Commitment{{Path: p.Path}}})
	}
	e, err := ledger.Encode(&f, f.Occurred.At, plain, boxes, nil)
	if errors.Is(err, ledger.ErrTooLarge) {
		return
	}
	if err != nil {
		t.Fatalf("it can't be encoded: %v", err)
	}
	if _, err := ledger.Decode(ledger.Record{Envelope: e.Envelope, Payload: e.Payload}); err != nil {
		t.Fatalf("it can't be read again: %v\n%s\n%s", err, e.Envelope, e.Payload)
	}
}

func FuzzEvents(f *testing.F) {
	q := `"` + canary + `"`
	for _, s := range []string{
		line(), onboarding, "[" + line() + "," + line() + "]", line()[:60], "{\n" + line()[1:],
		line("kind", q), line("tenant", q), line("source", q), line("occurred", q), line("occurred", `"1969-12-31"`), line("of", `{"id":`+q+`,"at":`+q+`}`), line("stream", q),
		line("actor", `{"login":`+q+`,"kind":`+q+`,"name":`+q+`}`), line("auth", "["+q+"]"), line("purpose", q), line("basis", q),
		line("subjects", `[{"phone":`+q+`}]`), line("subjects", `[{"email":`+q+`,"country":"SE"}]`), line("subjects", `[{"capacity":`+q+`}]`),
		line("data", `{"seconds":`+q+`}`), line("data", `{`+q+`:1}`), line(canary, "1"), line("kind", `"tenant.onboarded"`, "data", `{"name":`+q+`,"role":`+q+`}`),
		line("kind", `"interaction.recorded"`, "data", `{"medium":"CALL","direction":"INBOUND","number":`+q+`,"seconds":1,"recorded":true,"status":`+q+`}`),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		quiet(t, Events(bytes.NewReader(in), EventOptions{}), len(in))
		quiet(t, newEvents(newTexts(bytes.NewReader(in), lineShape), EventOptions{}), len(in))
		quiet(t, newEvents(newTexts(bytes.NewReader(in), oneShape), EventOptions{}), len(in))
	})
}

func FuzzCTM(f *testing.F) {
	q := `"` + canary + `"`
	for _, s := range []string{flat(oneCall), oneForm, "[" + oneCall + "]", `{"page":1,"calls":[` + oneCall + "," + oneForm + `]}`, with("redacted", "true")} {
		f.Add([]byte(s))
	}
	for _, name := range append(used[""], "audio", "notes", canary) {
		f.Add([]byte(`{"sid":"CA1","direction":"inbound","unix_time":1790842620,"` + name + `":` + q + `}`))
		f.Add([]byte(`{"sid":"CA1","direction":"inbound","unix_time":1790842620,"` + name + `":{` + q + `:` + q + `}}`))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, region := range []string{"", "SE"} {
			r, err := CTM(bytes.NewReader(in), CTMOptions{Tenant: shop, DefaultRegion: region, Now: clock})
			if err != nil {
				t.Fatal(err)
			}
			quiet(t, r, len(in))
		}
	})
}

func FuzzCloudEvents(f *testing.F) {
	q := `"` + canary + `"`
	for _, s := range []string{oneDelivered, oneReceived, oneSummary, oneNative, "[" + oneDelivered + "," + oneSummary + "]", oneDelivered + "\n" + oneReceived} {
		f.Add([]byte(s))
		for _, name := range []string{"specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "tenant", "data", "data_base64", canary} {
			f.Add([]byte(set(s, name, q)))
			f.Add([]byte(set(s, name, `{`+q+`:`+q+`}`)))
		}
		for _, name := range []string{"messageSid", "timestamp", "from", "to", "call_sid", "start_time", "call_state", "properties", "duration", "subjects", canary} {
			f.Add([]byte(set(s, "data", `{"`+name+`":`+q+`}`)))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, tenant := range []domain.ID{{}, shop} {
			for _, s := range []shape{anyShape, lineShape, oneShape} {
				r, err := newCloudEvents(newTexts(bytes.NewReader(in), s), CloudEventsOptions{Tenant: tenant, DefaultRegion: "SE"})
				if err != nil {
					t.Fatal(err)
				}
				quiet(t, r, len(in))
			}
		}
	})
}

func FuzzCloudTrail(f *testing.F) {
	q := `"` + canary + `"`
	for _, s := range []string{oneRead, oneCopy, `{"Records":[` + oneRead + "," + oneCopy + `]}`, oneRead + "\n" + oneCopy} {
		f.Add([]byte(s))
		for _, name := range []string{"eventID", "eventName", "eventSource", "eventTime", "requestParameters", "userIdentity", "errorCode", "sourceIPAddress", canary} {
			f.Add([]byte(set(s, name, q)))
			f.Add([]byte(set(s, name, `{`+q+`:`+q+`}`)))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, o := range []CloudTrailOptions{trailOptions(""), trailOptions("calls/{tenant}/**{id}.mp3")} {
			r, err := CloudTrail(bytes.NewReader(in), o)
			if err != nil {
				t.Fatal(err)
			}
			quiet(t, r, len(in))
		}
	})
}

func FuzzRegister(f *testing.F) {
	for _, s := range []string{
		"| Name | Purpose | Location |\n|---|---|---|\n| [" + canary + "](https://example.com) | Hosting | Ireland |\n",
		"Name|Purpose\n-|-\n" + canary + "\\|x|y|" + canary + "|\n", "Effective date: **May 25, 2018**\n\nLocated in the EU:\n\n* [A](https://example.com). B.\n* " + canary + "\n",
		"Name,Purpose,Country\n" + canary + ",x,y\n" + canary + ",x,z\n", "Name;Purpose\n\"" + canary, "| Name | Purpose |\n|-|-|\n| " + canary + " | |\n| " + strings.Repeat(canary, 30) + " | x |\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		quiet(t, Register(bytes.NewReader(in), registerOptions("")), len(in))
		quiet(t, Register(bytes.NewReader(in), registerOptions("2026-09-01")), len(in))
		if _, err := ReadRenames(bytes.NewReader(in)); err != nil && strings.Contains(err.Error(), canary) {
			t.Fatal(err)
		}
	})
}

// FuzzIdentifier: what is taken for a number or an address is in the one form in which it is found
// again, and no refusal tells it.
func FuzzIdentifier(f *testing.F) {
	for _, s := range []string{"+12025550142", "tel:+46 8 465 004 00", "(202) 555-0142", "08-465 004 00", "+1\u00a0202\u2011555.0142", "٠٨٤٦٥٠٠٤٠٠",
		"Anna@Example.COM", " kontakt@dömän.example ", "a@b@example.com", canary + "@example.com", canary, "+" + canary, "anna@xn--.example", "İ@example.com", "anna@b.\ufffd"} {
		f.Add(s, "SE")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, s, region string) {
		for _, parse := range []func(string) (ledger.Identifier, error){
			func(s string) (ledger.Identifier, error) { return ParseNumber(s, region) }, ParseEmail,
		} {
			i, err := parse(s)
			if err != nil {
				if strings.Contains(err.Error(), canary) {
					t.Fatalf("a value is told: %s", err)
				}
				continue
			}
			again, err := parse(i.Value)
			if err != nil || again != i {
				t.Errorf("%q is %q, and that is %q (%v)", s, i.Value, again.Value, err)
			}
			if i.Type == domain.Phone && (i.Value[0] != '+' || len(i.Value) > 16 || strings.Trim(i.Value[1:], "0123456789") != "") {
				t.Errorf("%q is no E.164 number", i.Value)
			}
		}
	})
}

// FuzzSignature: only the account's secret over time and body lets a webhook in, with its whole body.
func FuzzSignature(f *testing.F) {
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "2026-10-01T08:17:00Z", []byte(oneCall), "secret")
	f.Add("", "", []byte{}, "")
	f.Add("=", "\r\n", []byte{0xff}, "\x00")
	f.Fuzz(func(t *testing.T, signature, at string, body []byte, secret string) {
		h := &handler{HandlerOptions: HandlerOptions{Secret: func(domain.ID) (string, bool) { return secret, true }}}
		ask := func(signature string) (*http.Request, error) {
			r := httptest.NewRequest(http.MethodPost, "/ingest/v1/events?as=ctm&tenant="+shop.String(), bytes.NewReader(body))
			r.Header.Set(signatureHeader, signature)
			r.Header.Set(signedAtHeader, at)
			allowed, err := h.authorize(httptest.NewRecorder(), r)
			if err == nil && (!allowed.Mentions(shop) || allowed.Mentions(domain.ID{}) || allowed.Mentions(domain.Operator)) {
				t.Fatal("it is let in for another account")
			}
			return r, err
		}
		mac := hmac.New(sha1.New, []byte(secret))
		io.WriteString(mac, at)
		mac.Write(body)
		right := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		said, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(signature))
		if signature == "" {
			signature = "-" // without one it isn't a signed webhook
		}
		if _, err := ask(signature); err == nil && !bytes.Equal(said, mac.Sum(nil)) {
			t.Fatal("it is let in with another signature")
		}
		r, err := ask(right)
		if (err == nil) != (secret != "" && len(body) <= MaxText) {
			t.Fatalf("signed rightly: %v", err)
		}
		if err != nil {
			return
		}
		if got, err := io.ReadAll(r.Body); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("the body isn't whole: %d of %d bytes (%v)", len(got), len(body), err)
		}
	})
}
