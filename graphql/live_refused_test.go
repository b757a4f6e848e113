package graphql

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/graphql/access"
)

// TestRevoked: the next event goes nowhere, and neither does waiting.
func TestRevoked(t *testing.T) {
	for _, kind := range []string{"ws", "sse"} {
		for name, beat := range map[string]time.Duration{"at an event": time.Hour, "while idle": 20 * time.Millisecond} {
			t.Run(kind+" "+name, func(t *testing.T) {
				d := newDesk(t)
				d.api.live.beat = beat
				tenant := d.Tenant("Example Dental")
				call := d.call(tenant, "+12025550143")
				d.seen()
				secret, id, err := d.api.Access.Token(context.Background(), access.Principal{Role: access.DPO, Actor: domain.NewID(), Person: true, Expires: d.Clock().Add(time.Hour)})
				if err != nil {
					t.Fatal(err)
				}
				c := d.client(d.open(), kind, secret)
				c.do(map[string]any{"do": "subscribe", "name": "a", "query": trail, "variables": map[string]any{"after": call.Position - 1}})
				c.events("a", 1)
				if err := d.api.Access.Revoke(context.Background(), id); err != nil {
					t.Fatal(err)
				}
				if beat == time.Hour {
					d.listens(tenant, call.Stream, 1)
				}
				h := c.until("word about it", func(h happened) bool { return h.Name == "a" })
				why := string(h.Error)
				if h.Next != nil {
					why = string(h.Next.Errors)
				}
				if !strings.Contains(why, "NOT_SIGNED_IN") {
					t.Errorf("%+v %s", h, why)
				}
				if kind == "ws" {
					c.until("close code 4401", func(h happened) bool { return h.Closed == 4401 })
				}
			})
		}
	}
}

// TestClientErrors: what is wrong is said, as an error of the operation.
func TestClientErrors(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	d.seen()
	door := d.open()
	customer := d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}})
	for _, kind := range []string{"ws", "sse"} {
		c := d.client(door, kind, customer)
		for name, x := range map[string]struct {
			query string
			vars  map[string]any
			says  string
		}{
			"syntax":     {"subscription {", nil, "INVALID"},
			"unknown":    {"subscription { nonsense }", nil, "nonsense"},
			"two fields": {"subscription { a: events { number } b: events { number } }", nil, "only one"},
			"skipped":    {"subscription { events @skip(if: true) { number } }", nil, "no directives"},
			"meta":       {"subscription { __typename }", nil, "introspection"},
			"variable":   {trail, map[string]any{"after": "x"}, "whole number"},
			"position":   {trail, map[string]any{"after": 1}, "afterCursor"},
			"future":     {trail, map[string]any{"after": -2}, "afterCursor"},
			"both":       {trail, map[string]any{"after": 1, "afterCursor": "x"}, "not both"},
			"cursor":     {trail, map[string]any{"afterCursor": "x"}, "not a cursor"},
			"role":       {`mutation { closeFinding(input: {finding: "finding-00000000000000000000000000000bad", outcome: MENDED, case: "C-1"}) { refusal { code } } }`, nil, "access.role"},
			"cost":       {"subscription { events { " + aliased(1100, "number") + "} }", nil, "costs"},
		} {
			c.do(map[string]any{"do": "subscribe", "name": name, "query": x.query, "variables": x.vars})
			h := c.until(name, func(h happened) bool { return h.Name == name && (h.Error != nil || h.Next != nil) })
			why := string(h.Error)
			if h.Next != nil {
				why = string(h.Next.Errors)
			}
			if !strings.Contains(why, x.says) || !strings.Contains(why, `"code"`) {
				t.Errorf("%s, %s: %s", kind, name, why)
			}
		}
	}
}

// aliased asks for a field n times, each time under another name.
func aliased(n int, field string) (text string) {
	for i := range n {
		text += fmt.Sprintf("a%d: %s ", i, field)
	}
	return text
}
