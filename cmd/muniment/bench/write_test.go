package bench

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/intake"
)

// loads are how many write at once, and how many events they write together in a round: enough for
// about a second each.
var loads = []struct {
	writers, events       int
	append, probe, insert string
}{
	{1, 1_000, append1, probe1, insert1},
	{64, 20_000, append64, probe64, insert64},
	{1024, 20_000, append1024, probe1024, ""},
}

// together runs n calls of write from several goroutines and returns how many a second there were.
func together(t *testing.T, writers, n int, write func(i int) error) float64 {
	t.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range writers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := write(int(i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(n) / time.Since(start).Seconds()
}

// appends measures single events, each waited for, through the whole of taking: checked, sealed,
// durable. In turn with them the probe and the peer write as many bytes.
func (w *world) appends(t *testing.T, c *column, peer *postgres) {
	t.Helper()
	for _, l := range loads {
		n := min(l.events, w.size/2)
		p := newProbe(t)
		c.add(l.probe, together(t, l.writers, n, func(int) error { return p.append(eventSize) }))
		p.close()
		if l.insert != "" && peer != nil {
			c.add(l.insert, together(t, l.writers, n, func(int) error { return peer.insert(t.Context()) }))
		}
		name := w.next()
		c.add(l.append, together(t, l.writers, n, func(i int) error {
			o := w.ledger.Take(t.Context(), ledger.Own(), []*ledger.Submission{w.submission(fmt.Sprint(name, i))})[0]
			return o.Err
		}))
	}
}

// submission is a call in full, of the famous person.
func (w *world) submission(id string) *ledger.Submission {
	at := domain.TimeOf(year.to)
	return &ledger.Submission{Source: "bench", SourceID: id, Tenant: tenants[0], Stream: ledger.StreamRef{ID: id, At: at}, Occurred: domain.At(at),
		Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT", ID: famous}}, Purpose: "SUPPORT", Basis: "CONTRACT",
		Subjects: []ledger.SubjectClaim{{ID: famous, Capacity: domain.Processor}},
		Event: domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear("+12025550143"), Name: domain.Clear("Example Caller"),
			Email: domain.Clear("person@example.com"), City: domain.Clear("Stockholm"), Country: "SE", TrackingNumber: "+46846500400", Status: "ANSWERED",
			Seconds: 42, Recorded: true, Ended: at}}
}

// trackerCall is a record as a call tracker's API gives it.
const trackerCall = `{"id":%[2]d,"sid":"%[1]s%[2]d","account_id":9001,"name":"Example Caller","cnam":"EXAMPLE CALLER","source":"Ads","duration":107,"direction":"inbound","email":"person%[3]d@example.com",` +
	`"city":"Stockholm","country":"SE","called_at":"2026-01-01 10:17 AM +02:00","unix_time":1767255420,"tracking_number":"+46846500400","redacted":false,` +
	`"caller_number_complete":"+120255501%02[4]d","caller_number":"+120255501%02[4]d","visitor_ip":"203.0.113.7","call_path":[{"route_name":"Main"}],"status":"answered",` +
	`"audio":"https://example.com/recording","tag_list":["follow up"],"notes":null,"agent_id":"USR%[5]d","agent":{"id":"USR%[5]d","name":"Agent Example","email":"agent@example.org","team":"A"},"summary":""}` + "\n"

// imports measures imports end to end, durable, into log and vault alone; in turn with them the peer
// takes as many rows with COPY and the probe syncs as often.
func (w *world) imports(t *testing.T, c *column, peer *postgres) {
	t.Helper()
	n := w.portion()
	p := newProbe(t)
	c.add(probeBatch, ledger.MaxTake*together(t, 1, n/ledger.MaxTake+1, func(int) error { return p.append(ledger.MaxTake * eventSize) }))
	p.close()
	if peer != nil {
		start := time.Now()
		peer.copy(t, n)
		c.add(copyRow, float64(n)/time.Since(start).Seconds())
	}
	name := w.next()
	c.add(importEvents, w.imported(t, n, intake.Events(&lines{n: n, piece: func(i int) string { return w.call(name, i, year.to) }}, intake.EventOptions{})))
	name = w.next()
	calls, err := intake.CTM(&lines{n: n, piece: func(i int) string { return fmt.Sprintf(trackerCall, name, i, i/10, i%100, i%40) }},
		intake.CTMOptions{Tenant: tenants[0], Now: time.Now})
	must(t, err)
	c.add(importCTM, w.imported(t, n, calls))
}

// imported is how many lines a second were kept. Afterwards vault and views follow, so that each
// round begins alike.
func (w *world) imported(t *testing.T, n int, r intake.Reader) float64 {
	t.Helper()
	start := time.Now()
	s, err := intake.Run(t.Context(), w.ledger, r, intake.RunOptions{By: ledger.Own()})
	rate := float64(n) / time.Since(start).Seconds()
	if err != nil || s.Kept != n {
		t.Fatal(s, err)
	}
	w.follow(t)
	return rate
}

func (w *world) follow(t *testing.T) {
	t.Helper()
	must(t, w.vault.CatchUp(t.Context(), w.log))
}
