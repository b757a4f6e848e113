package graphql

import (
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

const trail = `subscription($after: Position, $afterCursor: String, $filter: EventFilter) {
	events(after: $after, afterCursor: $afterCursor, filter: $filter) { number cursor event { id position kind } } }`

// listens keeps n facts of a tenant at once and returns their global ids.
func (d *desk) listens(tenant domain.ID, of domain.Stream, n int) (ids []string) {
	d.t.Helper()
	list := make([]*ledger.Submission, n)
	for i := range list {
		list[i] = &ledger.Submission{Source: "test", ID: domain.NewEventID(d.Clock()), Tenant: tenant, Stream: ledger.StreamRef{Name: of},
			Event: domain.InteractionListened{Seconds: int64(i)}, Occurred: ledgertest.Day(20), Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}}}
		ids = append(ids, "event-"+list[i].ID.String())
	}
	for _, o := range d.Take(context.Background(), ledger.Own(), list) {
		if o.Err != nil {
			d.t.Fatal(o.Err)
		}
	}
	return ids
}

func idsOf(list []told) (ids []string) {
	for _, e := range list {
		ids = append(ids, e.Event.ID)
	}
	return ids
}

// counts checks that events are numbered from a number on without a gap.
func counts(t *testing.T, from int, list []told) {
	t.Helper()
	for i, e := range list {
		if e.Number != from+i {
			t.Fatalf("event %d has number %d", from+i, e.Number)
		}
	}
}

// TestAudits: the specification's own audits, all of them.
func TestAudits(t *testing.T) {
	d := newDesk(t)
	dir := published(t)
	out, err := exec.Command("node", filepath.Join(dir, "audit.mjs"), d.open().url, d.token(access.Principal{Role: access.DPO})).CombinedOutput()
	if err != nil || string(out) != "61 of 61\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestLive: what was kept and what comes, in order, over both transports; a lost connection costs
// nothing and brings nothing twice.
func TestLive(t *testing.T) {
	for _, kind := range []string{"ws", "sse"} {
		t.Run(kind, func(t *testing.T) {
			d := newDesk(t)
			tenant := d.Tenant("Example Dental")
			call := d.call(tenant, "+12025550143")
			d.seen()
			door := d.open()
			c := d.client(door, kind, d.token(access.Principal{Role: access.DPO}))
			c.do(map[string]any{"do": "subscribe", "name": "a", "query": trail, "variables": map[string]any{"after": call.Position - 1}})
			got := c.events("a", 1)
			want := append([]string{"event-" + call.ID.String()}, d.listens(tenant, call.Stream, 30)...)
			got = append(got, c.events("a", 30)...)
			counts(t, 1, got)
			door.cut()
			want = append(want, d.listens(tenant, call.Stream, 200)...)
			after := c.events("a", 200)
			counts(t, 1, after)
			got = append(got, after...)
			if !slices.Equal(idsOf(got), want) {
				t.Errorf("%d events, expected %d in the order of keeping", len(got), len(want))
			}
			for i, e := range got {
				if e.Event.Position == nil || *e.Event.Position != call.Position+int64(i) {
					t.Fatalf("event %d: %+v", i, e)
				}
			}
			c.do(map[string]any{"do": "end", "name": "a"})
			c.do(map[string]any{"do": "subscribe", "name": "b", "query": `{ viewer { role } }`})
			c.until("answer to a query", func(h happened) bool { return h.Name == "b" && h.Next != nil && h.Next.Errors == nil })
			c.until("end of a query", func(h happened) bool { return h.Name == "b" && h.Complete })
		})
	}
}

// TestLiveFromNow: without a place it begins behind the newest event, and a filter holds.
func TestLiveFromNow(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	call := d.call(tenant, "+12025550143")
	d.seen()
	c := d.client(d.open(), "ws", d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}}))
	c.do(map[string]any{"do": "subscribe", "name": "all", "query": trail, "variables": map[string]any{"after": -1}})
	first := c.events("all", 3)
	for _, e := range first {
		if e.Event.Position != nil {
			t.Error("a customer is told a position")
		}
	}
	c.do(map[string]any{"do": "subscribe", "name": "now", "query": trail, "variables": map[string]any{"filter": map[string]any{"kind": []string{"INTERACTION_RECORDED"}}}})
	// When it has begun can't be seen, so calls are kept until one is told: that one, then all.
	var kept []string
	var got []told
	for len(got) == 0 {
		d.listens(tenant, call.Stream, 1)
		kept = append(kept, "event-"+d.call(tenant, "+12025550144").ID.String())
		select {
		case h := <-c.lines:
			if h.Name == "now" {
				got = append(got, h.Next.Data.Events)
			}
		case <-time.After(20 * time.Millisecond):
		}
	}
	kept = append(kept, "event-"+d.call(tenant, "+12025550144").ID.String())
	kept = kept[slices.Index(kept, got[0].Event.ID):]
	got = append(got, c.events("now", len(kept)-1)...)
	counts(t, 1, got)
	if !slices.Equal(idsOf(got), kept) {
		t.Errorf("%v, expected %v", idsOf(got), kept)
	}
	c.do(map[string]any{"do": "subscribe", "name": "on", "query": trail, "variables": map[string]any{"afterCursor": first[2].Cursor}})
	all := d.trail()
	rest := all[slices.Index(all, first[2].Event.ID)+1:]
	if got := idsOf(c.events("on", len(rest))); !slices.Equal(got, rest) {
		t.Errorf("%v, expected %v", got, rest)
	}
}

// trail lists the ids of all events.
func (d *desk) trail() (ids []string) {
	d.t.Helper()
	a := d.ask(d.token(access.Principal{Role: access.DPO}), `{ events(first: 500) { edges { node { id } } } }`)
	for _, e := range a.Data["events"].(map[string]any)["edges"].([]any) {
		ids = append(ids, e.(map[string]any)["node"].(map[string]any)["id"].(string))
	}
	return ids
}

// TestSlowReader: one that stops reading is told where to go on, and loses nothing.
func TestSlowReader(t *testing.T) {
	for _, kind := range []string{"ws", "sse"} {
		t.Run(kind, func(t *testing.T) {
			d := newDesk(t)
			d.api.live.patience = 300 * time.Millisecond
			tenant := d.Tenant("Example Dental")
			call := d.call(tenant, "+12025550143")
			d.seen()
			door := d.open()
			c := d.client(door, kind, d.token(access.Principal{Role: access.DPO}))
			long := strings.Replace(trail, "kind }", "kind "+wide()+"}", 1)
			c.do(map[string]any{"do": "subscribe", "name": "a", "query": long, "variables": map[string]any{"after": call.Position - 1}})
			got := c.events("a", 1)
			c.do(map[string]any{"do": "pause"})
			want := append([]string{"event-" + call.ID.String()}, d.listens(tenant, call.Stream, 500)...)
			want = append(want, d.listens(tenant, call.Stream, 500)...)
			door.still(3 * d.api.live.patience)
			c.do(map[string]any{"do": "resume"})
			var why string
			for why == "" {
				h := c.until("event or end", func(h happened) bool { return h.Name == "a" })
				switch {
				case h.Error != nil:
					why = string(h.Error)
				case h.Next.Errors != nil:
					why = string(h.Next.Errors)
				default:
					got = append(got, h.Next.Data.Events)
				}
			}
			counts(t, 1, got)
			var end []struct {
				Message    string
				Extensions struct {
					Code, Rule, AfterCursor string
					After                   int64
				}
			}
			if err := json.Unmarshal([]byte(why), &end); err != nil || len(end) != 1 {
				t.Fatalf("%s: %v", why, err)
			}
			x, last := end[0].Extensions, got[len(got)-1]
			if x.Rule != "subscription.pace" || x.After != *last.Event.Position || x.AfterCursor != last.Cursor {
				t.Fatalf("told %s behind %+v", why, last)
			}
			if len(got) == len(want) {
				t.Fatal("the reader was never behind: send more")
			}
			c.do(map[string]any{"do": "subscribe", "name": "b", "query": trail, "variables": map[string]any{"after": x.After}})
			got = append(got, c.events("b", len(want)-len(got))...)
			if !slices.Equal(idsOf(got), want) {
				t.Error("a gap or a repetition")
			}
		})
	}
}

// wide asks for much of each event.
func wide() string {
	var b strings.Builder
	for i := range 60 {
		b.WriteString("a" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + `: articles `)
	}
	return b.String()
}

// still returns when nothing was written for a while.
func (l *door) still(d time.Duration) {
	before, since := l.written.Load(), time.Now()
	for time.Since(since) < d {
		time.Sleep(5 * time.Millisecond)
		if now := l.written.Load(); now != before {
			before, since = now, time.Now()
		}
	}
}
