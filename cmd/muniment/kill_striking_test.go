package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/ledger/crashtest"
)

// TestKillStriking kills the service at random moments while payloads are struck. What was answered is
// nowhere on disk; what wasn't is there or gone, never by half; verify is content.
func TestKillStriking(t *testing.T) { laps(t, killStriking) }

// slips are accounts of a test: the name of each is a word that stands nowhere else.
const slips = 24

func slipOf(n int) string { return fmt.Sprintf("Zebrafink%02dEnd", n) }

// striking is such a ledger and what was asked of it.
type striking struct {
	home
	tokens  [2]string
	policy  string
	events  []string
	ordered map[int]bool // approval was sent
	struck  map[int]bool // it was answered
}

func killStriking(t *testing.T, tally *crashtest.Tally) {
	s := &striking{home: homeOf(t), ordered: map[int]bool{}, struck: map[int]bool{}}
	s.begin()
	for range 4 {
		s.killService()
		tally.Kills++
		s.sound()
		s.check()
	}
	tally.Acknowledged += len(s.struck)
}

func (s *striking) begin() {
	s.t.Helper()
	var b strings.Builder
	for n := range slips {
		fmt.Fprintf(&b, `{"kind":"tenant.onboarded","tenant":"c0ffee000000000000000000000000%02x","sourceId":"account/%d","occurred":"2024-03-01","data":{"name":"%s","role":"CONTROLLER","country":"DE"}}`+"\n", n+16, n, slipOf(n))
	}
	s.muniment("import", "--as", "events", s.file("accounts.ndjson", b.String()))
	for n, login := range []string{"anna", "bo"} {
		s.tokens[n] = s.muniment("token", "create", "--role", "dpo", "--login", login)
	}
	s.policy = s.file("policy.txt", s.muniment("keys", "policy")+"\n")
	serving := s.serve()
	q := question{url: serving.url, token: s.tokens[0], query: `{ events(filter: {kind: [TENANT_ONBOARDED]}, first: 50) { edges { node { id } } } }`}
	s.events = said(q.answered(s.t), "events.edges.*.node.id")
	if len(s.events) != slips {
		s.t.Fatalf("%d accounts", len(s.events))
	}
	for _, event := range s.events {
		q := question{url: serving.url, token: s.tokens[0], variables: map[string]any{"event": event},
			query: `mutation($event: ID!) { proposeStrike(input: {event: $event, reason: NAME, case: "KILL-3"}) { refusal { rule } } }`}
		if no := said(q.answered(s.t), "proposeStrike.refusal"); no[0] != "null" {
			s.t.Fatal(no)
		}
	}
	must(s.t, serving.stop())
}

// killService has strikes carried out, and kills the service in the middle of one.
func (s *striking) killService() {
	s.t.Helper()
	serving := s.serve()
	more := s.noted() + 1 + rand.Int64N(400) // a strike adds 66 bytes
	over := make(chan error, 1)
	go func() {
		for range slips {
			n := rand.IntN(slips)
			s.ordered[n] = true
			q := question{url: serving.url, token: s.tokens[1], variables: map[string]any{"strike": strings.Replace(s.events[n], "event-", "strike-", 1)},
				query: `mutation($strike: ID!) { approveStrike(input: {strike: $strike}) { strike { status } refusal { rule } } }`}
			_, answer, err := q.put()
			if err != nil {
				over <- err
				return
			}
			if done := said(answer, "approveStrike.strike.status"); len(done) == 1 && done[0] == "COMPLETED" {
				s.struck[n] = true
			}
		}
		over <- nil
	}()
	must(s.t, awaited("strikes are noted", func() (bool, error) { return s.noted() >= more || len(over) > 0, nil }))
	select {
	case err := <-over:
		must(s.t, err) // before anything was killed
		serving.kill()
	default:
		serving.kill()
		<-over
	}
}

// noted is how many bytes the journal beside the root has: it grows just before a payload goes.
func (s *striking) noted() int64 {
	info, err := os.Stat(filepath.Join(s.data+".keys", "erasures.journal"))
	must(s.t, err)
	return info.Size()
}

// check looks at every account once the next process has opened the ledger and closed it.
func (s *striking) check() {
	s.t.Helper()
	all := s.databases()
	for n := range slips {
		there := bytes.Contains(all, []byte(slipOf(n)))
		if there && s.struck[n] {
			s.t.Errorf("account %d was struck, and its name is in a file", n)
		}
		if !there && !s.ordered[n] {
			s.t.Errorf("account %d was never to be struck, and its name is gone", n)
		}
	}
	s.muniment("verify", "--policy", s.policy, "--accept-unwitnessed", s.data)
}

// databases are the bytes of all databases and their journals.
func (h home) databases() (all []byte) {
	h.t.Helper()
	for _, pattern := range []string{"*.db", "*.db-wal"} {
		files, err := filepath.Glob(filepath.Join(h.data, pattern))
		must(h.t, err)
		for _, f := range files {
			text, err := os.ReadFile(f)
			must(h.t, err)
			all = append(all, text...)
		}
	}
	return all
}
