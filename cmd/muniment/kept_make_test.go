package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

const (
	leaver   = "c0ffee00000000000000000000000009"
	agedShop = "c0ffee00000000000000000000000008"
)

// makeKept makes testdata/kept: everything in it is done by the program itself.
func makeKept(t *testing.T) {
	if _, err := os.Stat(filepath.Join(keptDir, "ledger.tar.gz")); err == nil {
		t.Fatalf("%s is there, and what was kept once is never made anew: make another directory beside it", keptDir)
	}
	k := &kept{home: homeOf(t)}
	k.aged()
	for _, in := range imports {
		k.take(in[0], in[1:]...)
	}
	k.take("gone.ndjson", "--as", "events")
	k.token = k.muniment("token", "create", "--role", "dpo", "--login", "anna")
	second := k.muniment("token", "create", "--role", "dpo", "--login", "bo")
	k.lost("+12025550151")
	k.muniment("keys", "add-log")
	k.muniment("epoch")
	k.muniment("keys", "retire-log")
	s := k.serve()
	k.held(s, "+12025550152")
	k.erase(s, "+12025550153")
	k.redacted(s)
	k.struck(s, second)
	k.left(s)
	k.scheduled(s)
	k.credentials(s)
	k.closed(s)
	k.do(s, `mutation { generateReport(input: {report: SUBPROCESSORS, format: JSON}) { refusal { message } } }`, nil, "")
	announce(t, question{url: s.url, token: k.token})
	must(t, s.stop())
	k.takenBack()
	k.muniment("keys", "rotate")
	k.withdrawn()
	k.muniment("retention")
	k.muniment("epoch")
	k.Policy = k.muniment("keys", "policy") + "\n"
	k.Erased = []string{"+12025550151", "+12025550153", "+12025550154"}
	if missing := k.missing(); len(missing) > 0 {
		t.Fatalf("no event of the kinds %s: add lines to %s/inputs/each.ndjson, or what makes the program keep them to makeKept", strings.Join(missing, ", "), keptDir)
	}
	s = k.serve()
	q := question{url: s.url, token: k.token, query: `{ checkpoint { size } }`}
	must(t, json.Unmarshal([]byte(said(q.answered(t), "checkpoint.size")[0]), &k.Size))
	q.query = `{ events(last: 1) { edges { node { id } } } }`
	k.First = said(q.answered(t), "events.edges.*.node.id")[0]
	must(t, awaited("the start of the service is sealed", func() (bool, error) {
		q.query = `{ proof(event: "` + k.First + `") { size } }`
		_, answer, err := q.put()
		return len(said(answer, "proof.size")) > 0, err
	}))
	k.At = domain.TimeOf(time.Now())
	k.Answers = k.ask(s)
	must(t, s.stop())
	text, err := json.MarshalIndent(k.keptAnswers, "", " ")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(keptDir, "answers.json"), append(text, '\n'), 0o644))
	must(t, os.WriteFile(filepath.Join(keptDir, "ledger.tar.gz"), k.packed(), 0o644))
}

// aged begins the ledger years ago, with more than an entry bundle of what is over by now.
func (k *kept) aged() {
	k.t.Helper()
	then := time.Date(2019, 5, 2, 8, 0, 0, 0, time.UTC)
	house, err := openHouse(k.t.Context(), houseConfig{Data: k.data, Keys: k.data + ".keys", Create: true, Log: newLogger(io.Discard, true, true), Now: func() time.Time { return then }})
	must(k.t, err)
	defer house.Close()
	tenant, err := domain.ParseID(agedShop)
	must(k.t, err)
	at := domain.At(domain.TimeOf(then))
	all := []*ledger.Submission{{SourceID: "account", Event: domain.TenantOnboarded{Name: "Example Florist", Role: "CONTROLLER", Country: "SE"}}}
	for n := range 300 {
		all = append(all, &ledger.Submission{SourceID: fmt.Sprint("listen/", n), Stream: ledger.StreamRef{ID: "call", At: at.At}, Event: domain.InteractionListened{Seconds: int64(n)}})
	}
	for _, s := range all {
		s.Source, s.Tenant, s.Occurred, s.Actor = "portal", tenant, at, ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}
	}
	for _, o := range house.ledger.Take(k.t.Context(), ledger.Own(), all) {
		must(k.t, o.Err)
	}
	must(k.t, house.sealed(k.t.Context()))
}

// withdrawn makes an epoch and withdraws it: the next one commits to the same.
func (k *kept) withdrawn() {
	k.t.Helper()
	made := regexp.MustCompile(`epoch at event (\d+)`).FindStringSubmatch(k.muniment("epoch"))
	if made == nil {
		k.t.Fatal("no epoch was made")
	}
	k.muniment("epoch", "--withdraw", made[1], "--reason", "OTHER", "--login", "anna")
}

// scheduled sets a period of its own.
func (k *kept) scheduled(s *serving) {
	k.t.Helper()
	k.do(s, `mutation { setRetentionPeriod(input: {family: SIGN_INS, period: "P2Y", ground: "Art. 32 GDPR", case: "RET-2026-003", acknowledged: true}) { refusal { message } } }`, nil, "")
}

// credentials uses a sign-in link, revokes a token and shows one that is none.
func (k *kept) credentials(s *serving) {
	k.t.Helper()
	link := k.muniment("token", "link", "--login", "anna", "--base-url", s.url)
	response, err := http.PostForm(strings.TrimSpace(link), nil)
	must(k.t, err)
	response.Body.Close()
	k.muniment("token", "create", "--role", "customer", "--tenant", shop)
	list := k.muniment("token", "list")
	id := regexp.MustCompile(`(?m)^([0-9a-f]{32}) .*CUSTOMER .*in force`).FindStringSubmatch(list)
	if id == nil {
		k.t.Fatalf("no customer's token in\n%s", list)
	}
	k.muniment("token", "revoke", id[1])
	question{url: s.url, token: "mun_nobodys", query: `{ viewer { role } }`}.put()
}

// closed closes a finding.
func (k *kept) closed(s *serving) {
	k.t.Helper()
	finding := k.do(s, `{ findings(first: 1) { edges { node { id } } } }`, nil, "findings.edges.*.node.id")
	k.do(s, `mutation($finding: ID!) { closeFinding(input: {finding: $finding, outcome: EXPLAINED, case: "SEC-2026-015"}) { refusal { message } } }`, map[string]any{"finding": finding[0]}, "")
}

// takenBack publishes a list and takes it back.
func (k *kept) takenBack() {
	k.t.Helper()
	file := k.file("mistaken.md", "| Name | Purpose | Location |\n|---|---|---|\n| Example Mistake Inc. | Hosting | Ireland |\n")
	k.muniment("import", "--as", "register", "--effective", "2025-04-01", file)
	k.muniment("import", "--as", "register", "--take-back", "2025-04-01")
}

// do gives a command, which must not be refused, and returns what it says at a path.
func (k *kept) do(s *serving, query string, variables map[string]any, path string) []string {
	k.t.Helper()
	q := question{url: s.url, token: k.token, purpose: "DATA_SUBJECT_REQUEST", caseRef: "DSR-1", query: query, variables: variables}
	answer := q.answered(k.t)
	if no := said(answer, "*.refusal.message"); len(no) > 0 {
		k.t.Fatalf("%s: %s", query, no)
	}
	return said(answer, path)
}

func (k *kept) person(s *serving, number string) string {
	k.t.Helper()
	return k.do(s, `query($tenant: ID!, $phone: String!) { subjects(filter: {tenant: $tenant, phone: $phone}, first: 1) { edges { node { id } } } }`,
		map[string]any{"tenant": shop, "phone": number}, "subjects.edges.*.node.id")[0]
}

func (k *kept) erase(s *serving, number string) {
	k.t.Helper()
	k.do(s, `mutation($person: ID!) { eraseSubject(input: {subject: $person, ground: OBJECTED, case: "DSR-2026-014", suppress: OBJECTION}) { refusal { message } } }`,
		map[string]any{"person": k.person(s, number)}, "")
}

// lost erases somebody, loses that, and goes on from an older copy.
func (k *kept) lost(number string) {
	k.t.Helper()
	backup, restored := filepath.Join(k.dir, "backup"), filepath.Join(k.dir, "restored")
	k.muniment("backup", "--to", backup)
	s := k.serve()
	k.erase(s, number)
	must(k.t, s.stop())
	k.muniment("restore", "--from", backup, "--data", restored, "--keys", k.data+".keys", "--accept-lost-tail", "--origin", "kept.example.com/2026")
	must(k.t, os.RemoveAll(k.data))
	must(k.t, os.Rename(restored, k.data))
	s = k.serve()
	k.erase(s, number)
	must(k.t, s.stop())
	k.muniment("restore", "--erasures-entered", "--case", "SEC-2026-014")
}

// held places two holds and lifts one.
func (k *kept) held(s *serving, number string) {
	k.t.Helper()
	person := map[string]any{"person": k.person(s, number)}
	for _, class := range []string{"CONTACT", "INTERACTION"} {
		holds := k.do(s, `mutation($person: ID!) { placeHold(input: {subject: $person, classes: [`+class+`], ground: LEGAL_OBLIGATION, law: "§ 147 AO", country: "DE", authority: "Example Court", case: "HOLD-2026-2", review: "2099-01-01"}) { subject { holds { id } } refusal { message } } }`,
			person, "placeHold.subject.holds.*.id")
		person["hold"] = holds[0]
	}
	k.do(s, `mutation($person: ID!, $hold: ID!) { liftHold(input: {subject: $person, hold: $hold, case: "HOLD-2026-2"}) { refusal { message } } }`, person, "")
}

// redacted redacts a call by hand.
func (k *kept) redacted(s *serving) {
	k.t.Helper()
	call := k.do(s, `{ interactions(filter: {from: "2025-05-01", to: "2025-05-02"}, first: 1) { edges { node { id } } } }`, nil, "interactions.edges.*.node.id")
	k.do(s, `mutation($call: ID!) { redactInteraction(input: {interaction: $call, fields: [NUMBER], reason: "WRONG_NUMBER", acknowledged: true}) { refusal { message } } }`,
		map[string]any{"call": call[0]}, "")
}

// struck has two people remove the payload of an export's request.
func (k *kept) struck(s *serving, second string) {
	k.t.Helper()
	event := k.do(s, `{ events(filter: {kind: [EXPORT_REQUESTED], tenant: "`+shop+`"}, first: 1) { edges { node { id } } } }`, nil, "events.edges.*.node.id")
	strike := k.do(s, `mutation($event: ID!) { proposeStrike(input: {event: $event, reason: NAME, case: "DSR-2026-015"}) { strike { id } refusal { message } } }`,
		map[string]any{"event": event[0]}, "proposeStrike.strike.id")
	first := k.token
	k.token = second
	k.do(s, `mutation($strike: ID!) { approveStrike(input: {strike: $strike}) { refusal { message } } }`, map[string]any{"strike": strike[0]}, "")
	k.token = first
}

// left closes an account and deletes its data.
func (k *kept) left(s *serving) {
	k.t.Helper()
	for _, step := range []string{`offboardTenant(input: {tenant: $tenant, choice: DELETE})`, `deleteTenantData(input: {tenant: $tenant, case: "OFF-2026-3"})`} {
		k.do(s, `mutation($tenant: ID!) { `+step+` { refusal { message } } }`, map[string]any{"tenant": leaver}, "")
	}
}

// packed is data and keys, without what only a running process needs.
func (k *kept) packed() []byte {
	k.t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	must(k.t, err)
	out := tar.NewWriter(z)
	for _, dir := range []string{"ledger", "ledger.keys"} {
		must(k.t, fs.WalkDir(os.DirFS(k.dir), dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || d.Name() == lockFile {
				return err
			}
			text, err := os.ReadFile(filepath.Join(k.dir, path))
			if err != nil {
				return err
			}
			if err := out.WriteHeader(&tar.Header{Name: path, Mode: 0o600, Size: int64(len(text)), Format: tar.FormatUSTAR}); err != nil {
				return err
			}
			_, err = out.Write(text)
			return err
		}))
	}
	must(k.t, out.Close())
	must(k.t, z.Close())
	return b.Bytes()
}
