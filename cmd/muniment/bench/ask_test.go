package bench

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	questions = []struct{ name, filter, fields string }{
		{"a person's accesses", `{subject: $subject}`, ""},
		{"a tenant's accesses of a period", period, ""},
		{"the same, each with its actor and interaction", period, "actor { id } interaction { id }"},
	}
	moments      = []string{"now", "as of a past day"}
	clientCounts = []int{1, 16}
)

const period = `{tenant: $tenant, from: "2025-03-01T00:00:00Z", to: "2025-09-01T00:00:00Z"}`

// pages is how many pages each client turns.
func (w *world) pages() int { return min(100, w.size/100) }

// ask measures pages of 50, each client going on from page to page as people do, from the list's start again at its end.
func (w *world) ask(t *testing.T, c *column, s *serving, token string) {
	t.Helper()
	for _, q := range questions {
		for _, when := range moments {
			asOf := ""
			if when != "now" {
				asOf = `asOf: "2025-07-01T00:00:00Z",`
			}
			query := fmt.Sprintf(`query($subject: ID, $tenant: ID, $after: String) { accesses(filter: %s, %s first: 50, after: $after) {
				edges { node { id action occurredAt purpose fields auth %s } } pageInfo { hasNextPage endCursor } } }`, q.filter, asOf, q.fields)
			query = strings.Replace(query, map[bool]string{true: "$tenant: ID, ", false: "$subject: ID, "}[strings.Contains(q.filter, "$subject")], "", 1)
			for _, clients := range clientCounts {
				took := w.turn(t, s, token, query, clients)
				c.add(pageRow(q.name, when, clients, "p50"), quantile(took, 0.50))
				c.add(pageRow(q.name, when, clients, "p99"), quantile(took, 0.99))
			}
		}
	}
}

func (w *world) turn(t *testing.T, s *serving, token, query string, clients int) []time.Duration {
	t.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			variables := map[string]any{}
			if strings.Contains(query, "$subject") {
				variables["subject"] = famous.String()
			} else {
				variables["tenant"] = tenants[0].String()
			}
			for range w.pages() {
				start := time.Now()
				answer, err := s.put(client, token, query, variables)
				d := time.Since(start)
				if err != nil || answer["errors"] != nil {
					t.Errorf("%v: %s", err, answer["errors"])
					return
				}
				end, rows := pageEnd(string(answer["data"]))
				if rows == 0 {
					t.Errorf("an empty page: %s", answer["data"])
					return
				}
				variables["after"] = end
				mu.Lock()
				took = append(took, d)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return took
}

// pageEnd is the cursor to go on from, nil at the list's end, and how many rows the page had.
func pageEnd(data string) (after any, rows int) {
	rows = strings.Count(data, `"occurredAt"`)
	if strings.Contains(data, `"hasNextPage":false`) {
		return nil, rows
	}
	_, rest, _ := strings.Cut(data, `"endCursor":"`)
	cursor, _, _ := strings.Cut(rest, `"`)
	return cursor, rows
}

// quantile is in milliseconds.
func quantile(took []time.Duration, q float64) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
}
