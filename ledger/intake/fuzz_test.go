package intake

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"muniment/domain"
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

func FuzzEvents(f *testing.F) {
	q := `"` + canary + `"`
	for _, s := range []string{
		line(), onboarding, "[" + line() + "," + line() + "]", line()[:60], "{\n" + line()[1:],
		line("kind", q), line("tenant", q), line("source", q), line("occurred", q), line("of", `{"id":`+q+`,"at":`+q+`}`), line("stream", q),
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
