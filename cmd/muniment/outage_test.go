package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"muniment/ledger/eventstore/esdbtest"
	"muniment/ledger/sqldb/pgtest"
)

// TestOutage: PostgreSQL crashes under a running service, which says so, takes nothing that it can't
// keep, and goes on when the server is back: nothing is lost, nothing is there twice.
func TestOutage(t *testing.T) {
	server := pgtest.Start(t)
	t.Setenv("MUNIMENT_STORE", server.Database())
	h := homeOf(t)
	h.muniment("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()))
	token := h.muniment("token", "create", "--role", "dpo", "--login", "anna")
	s := h.serve()
	q := question{url: s.url, token: token, query: `{ policies(first: 1) { totalCount } tenants(first: 1) { totalCount } }`}
	q.answered(t)

	server.Crash()
	status, answer, err := q.put()
	must(t, err)
	if text := fmt.Sprint(answer["errors"]); status != http.StatusServiceUnavailable || !strings.Contains(text, "UNAVAILABLE") || !strings.Contains(text, "can't be reached at the moment") {
		t.Errorf("status %d: %s", status, text)
	}
	policies := h.file("policies.ndjson", strings.Repeat(`{"kind":"retention.policy_set","tenant":"`+shop+`","sourceId":"policy/1","occurred":"2025-03-01","data":{"window":"DAYS_60","acknowledged":true}}`+"\n", 2))
	out, err := h.command("import", "--as", "events", policies).CombinedOutput() // through the service
	if err == nil || !strings.Contains(string(out), "keeps nothing twice") || !strings.Contains(string(out), "kept 0, duplicate 0") {
		t.Errorf("import: %v\n%s", err, out)
	}
	server.Resume()
	h.muniment("import", "--as", "events", policies)
	must(t, awaited("the views have seen it", func() (bool, error) {
		status, answer, err := q.put()
		return status == http.StatusOK && strings.Join(said(answer, "policies.totalCount"), "") == "1", err
	}))
	if got := said(q.answered(t), "tenants.totalCount"); strings.Join(got, "") != "1" {
		t.Errorf("%s tenants", got)
	}
}

// TestEngineOutage: the same with the log's engine, which is EventStoreDB's protocol double.
func TestEngineOutage(t *testing.T) {
	double := esdbtest.Start(t, esdbtest.Options{})
	t.Setenv("MUNIMENT_LEDGER", double.URL())
	t.Setenv("MUNIMENT_LEDGER_TIMEOUT", "1s")
	h := homeOf(t)
	h.muniment("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()))
	token := h.muniment("token", "create", "--role", "dpo", "--login", "anna")
	s := h.serve()
	q := question{url: s.url, token: token, query: `mutation { setRetentionPolicy(input: {tenant: "` + shop + `", window: DAYS_60, acknowledged: true, idempotencyKey: "once"}) { refusal { message } receipt { repeated } } }`}

	double.Stop()
	_, answer, err := q.put() // refused where the engine was looked at first, else unavailable
	must(t, err)
	if text := fmt.Sprint(answer); !strings.Contains(text, "nothing was changed: try again") && !strings.Contains(text, "UNAVAILABLE") {
		t.Error(text)
	}
	must(t, double.Start())
	must(t, awaited("the engine is back", func() (bool, error) {
		_, answer, err := q.put()
		return len(said(answer, "setRetentionPolicy.receipt.repeated")) == 1, err
	}))
	if got := said(q.answered(t), "setRetentionPolicy.receipt.repeated"); strings.Join(got, "") != "true" {
		t.Errorf("repeated: %s", got)
	}
	q.query = `{ policies(first: 2) { totalCount } }`
	if got := said(q.answered(t), "policies.totalCount"); strings.Join(got, "") != "1" {
		t.Errorf("%s policies", got)
	}
}
