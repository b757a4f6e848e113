package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// many is n good events, each about another call.
func many(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintln(&out, line("sourceId", fmt.Sprintf(`"listen/%d"`, i), "subjects", fmt.Sprintf(`[{"phone":"+120255501%02d"}]`, i%100)))
	}
	return out.String()
}

func TestRun(t *testing.T) {
	l := newLedger(t)
	in := onboarding + "\n" + many(1200) + "{\"kind\":\n" + many(1)
	var at []int64
	var refused []string
	o := RunOptions{
		By:       machine,
		Progress: func(read int64, s Summary) { at = append(at, read) },
		Each: func(a Answer) {
			if a.State == Refused {
				refused = append(refused, a.String())
			}
		},
	}
	s, err := Run(context.Background(), l, Events(strings.NewReader(in), EventOptions{}), o)
	if err != nil || s.String() != "kept 1201, duplicate 1, refused 1" {
		t.Fatal(s, err)
	}
	if len(refused) != 1 || !strings.HasPrefix(refused[0], "line 1202: truncated JSON") {
		t.Error(refused)
	}
	if len(at) < 3 || at[len(at)-1] != int64(len(in)) {
		t.Errorf("read %v of %d bytes", at, len(in))
	}
	records, err := l.Log.Read(context.Background(), 0, 5000)
	if err != nil {
		t.Fatal(err)
	}
	next := int64(0)
	for _, r := range records {
		k, err := ledger.Decode(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := k.Event.(domain.InteractionListened); ok {
			next++
			if k.Revision != next-1 {
				t.Fatalf("event %d has revision %d", next, k.Revision)
			}
		}
	}
	if next != 1200 {
		t.Errorf("%d events", next)
	}
	imported(t, l, Events(strings.NewReader(in), EventOptions{}), "kept 0, duplicate 1202, refused 1")
}

func TestConflictNamesFields(t *testing.T) {
	l := newShop(t)
	imported(t, l, Events(strings.NewReader(line()), EventOptions{}), "kept 1, duplicate 0, refused 0")
	out := imported(t, l, Events(strings.NewReader(line("data", `{"seconds":43}`, "purpose", `"QUALITY"`)), EventOptions{}), "kept 0, duplicate 0, refused 1")
	if !strings.Contains(out, "line 1: id: this record was kept before with other content; it differs in data.seconds, purpose.") {
		t.Error(out)
	}
}

func TestRefusedByLedger(t *testing.T) {
	l := newShop(t)
	for _, c := range []struct{ in, want string }{
		{line("tenant", `"00000000000000000000000000000abc"`), "line 1: tenant: unknown tenant: onboard it first"},
		{line("occurred", `"1969-12-31"`), "line 1: occurred: expected a year from 1970 to 9999"},
		{line("occurred", `"2027-01-01"`), "line 1: occurred: lies in the future"},
		{line("of", ""), "line 1: of: missing: say which interaction"},
		{line("subjects", "", "kind", `"interaction.recorded"`, "data", `{"medium":"CALL","direction":"INBOUND","seconds":1,"recorded":false,"number":"+12025550143"}`), "line 1: subjects: data.number is personal"},
		{line("subjects", "", "kind", `"user.signed_in"`, "data", "", "of", ""), "line 1: subjects: missing: say whom user.signed_in is about"},
		{line("stream", `"tenant-0123456789abcdef0123456789abcdef"`, "of", ""), "line 1: stream: events of kind"},
	} {
		if out := imported(t, l, Events(strings.NewReader(c.in), EventOptions{}), "kept 0, duplicate 0, refused 1"); !strings.HasPrefix(out, c.want) {
			t.Errorf("got  %swant %s", out, c.want)
		}
	}
	if kept := history(t, l); len(kept) != 0 {
		t.Errorf("%d events were kept", len(kept))
	}
}

func TestValidateKeepsNothing(t *testing.T) {
	l := newLedger(t)
	in := strings.Join([]string{
		onboarding, line(), line("data", "{}"), line("tenant", `"00000000000000000000000000000abc"`), line("occurred", `"2027-01-01"`), line("of", ""),
		line("subjects", "", "kind", `"consent.expired"`, "data", `{"purpose":"X"}`, "of", ""),
		line("subjects", "", "kind", `"interaction.recorded"`, "data", `{"medium":"CALL","direction":"INBOUND","seconds":1,"recorded":false,"number":"+12025550143"}`),
	}, "\n")
	var out strings.Builder
	s, err := Validate(context.Background(), l, Events(strings.NewReader(in), EventOptions{}), RunOptions{By: machine, Each: func(a Answer) { fmt.Fprintln(&out, a) }})
	if err != nil || s.String() != "kept 0, duplicate 0, refused 6" {
		t.Error(s, err)
	}
	for i, want := range []string{"line 3: data.seconds", "line 4: tenant: unknown", "line 5: occurred: lies", "line 6: of: missing", "line 7: subjects: missing", "line 8: subjects: data.number is personal"} {
		if got := strings.Split(out.String(), "\n")[i]; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if next, err := l.Log.Next(context.Background()); err != nil || next != 0 {
		t.Errorf("%d events were kept, %v", next, err)
	}
	if _, err := l.Vault.NamingKey(context.Background(), shop); !errors.Is(err, ledger.ErrUnknownTenant) {
		t.Errorf("the tenant was admitted: %v", err)
	}
	s, err = Validate(context.Background(), l, Events(strings.NewReader(onboarding+"\n"+line()), EventOptions{}), RunOptions{By: machine})
	if err != nil || s.Refused != 0 {
		t.Error(s, err)
	}
}

// TestStops: a log that can't take more ends the run, and running again keeps nothing twice.
func TestStops(t *testing.T) {
	l := newShop(t)
	chunks := 0
	s, err := Run(context.Background(), l, Events(strings.NewReader(many(1500)), EventOptions{}), RunOptions{By: machine, Progress: func(int64, Summary) {
		if chunks++; chunks == 1 {
			l.Log.Close()
		}
	}})
	if !errors.Is(err, ledger.ErrClosed) {
		t.Fatal(err)
	}
	first := s.Kept
	want := fmt.Sprintf("stopped after line %d (kept %d, duplicate 0, refused 0): line %d: ", first, first, first+1)
	if first == 0 || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "importing the same input again keeps nothing twice") {
		t.Errorf("got %s", err)
	}
}

func TestStopsWhenInputFails(t *testing.T) {
	l := newShop(t)
	in, out := io.Pipe()
	go func() {
		io.WriteString(out, many(3))
		out.CloseWithError(errors.New("the disk was pulled"))
	}()
	s, err := Run(context.Background(), l, Events(in, EventOptions{}), RunOptions{By: machine})
	if err == nil || s.Kept != 3 || !strings.Contains(err.Error(), "stopped after line 3 (kept 3, duplicate 0, refused 0): read the input: the disk was pulled") {
		t.Errorf("%s: %v", s, err)
	}
}

// TestStopsAtOnce: a run that waits for its input ends when its context does.
func TestStopsAtOnce(t *testing.T) {
	l := newShop(t)
	in, out := io.Pipe()
	defer out.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := Run(ctx, l, Events(in, EventOptions{}), RunOptions{By: machine}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestNotAllowedIsUnknown(t *testing.T) {
	l := newShop(t)
	ask := func(in string, by ledger.Principal) (out string) {
		if _, err := Run(context.Background(), l, Events(strings.NewReader(in), EventOptions{}), RunOptions{By: by, Each: func(a Answer) { out += fmt.Sprintf("%+v %+v", a, a.Err) }}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	unknown := ask(line("tenant", `"00000000000000000000000000000abc"`), machine)
	barred := ask(line(), ledger.Principal{Kinds: domain.DefaultGrant})
	if unknown != barred {
		t.Errorf("one can tell a tenant that exists:\n%s\n%s", unknown, barred)
	}
}

func TestSummaryCountsDropped(t *testing.T) {
	l := newShop(t)
	r, err := CTM(strings.NewReader(flat(oneCall)), CTMOptions{Tenant: shop, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(context.Background(), l, r, RunOptions{By: machine})
	if err != nil || s.Dropped["transcription_text"] != 1 || s.Dropped["number"] != 0 {
		t.Error(s.Dropped, err)
	}
}
