package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/ledger/crashtest"
)

// TestKillErasing kills the service at random moments while people are erased, keys rotated and copies
// made, then kills restores of the last copy. Whoever was erased stays so in the ledger and in what is
// restored, nobody else is harmed, and verify is content.
func TestKillErasing(t *testing.T) { laps(t, killErasing) }

// callers are those of a test: person n called once, for n seconds, from the number n.
const callers = 16

func numberOf(n int) string { return fmt.Sprintf("+120255501%02d", n) }

// erasing is such a ledger and what was asked of it.
type erasing struct {
	home
	token, policy string
	ids           []string     // of the persons
	asked         map[int]bool // to be erased, whether it was answered or not
	erased        map[int]bool // it was answered
	copies        []string     // whole backups
}

func killErasing(t *testing.T, tally *crashtest.Tally) {
	e := &erasing{home: homeOf(t), asked: map[int]bool{}, erased: map[int]bool{}}
	e.begin()
	for range 4 {
		e.killService()
		tally.Kills++
		e.sound()
		e.check(e.serve())
	}
	for _, path := range e.copies {
		_, err := openBackup(path)
		must(t, err)
	}
	last := filepath.Join(e.dir, "last")
	e.muniment("backup", "--to", last)
	s := e.serve()
	must(t, e.erase(s, callers-1)) // after the copy, so that only the journal knows
	must(t, s.stop())
	tally.Kills += e.killRestore(last)
	tally.Acknowledged += len(e.erased)
}

// begin takes in a call of each person.
func (e *erasing) begin() {
	e.t.Helper()
	var b strings.Builder
	for n := range callers {
		fmt.Fprintf(&b, `{"kind":"interaction.recorded","tenant":"%[1]s","source":"portal","sourceId":"CA%[2]d","occurred":"2025-10-01T08:17:00Z","of":{"id":"CA%[2]d","at":"2025-10-01T08:17:00Z"},"subjects":[{"phone":"%[3]s"}],"data":{"medium":"CALL","direction":"INBOUND","number":"%[3]s","seconds":%[2]d,"recorded":true}}`+"\n",
			shop, n, numberOf(n))
	}
	e.muniment("import", "--as", "events", e.file("shop.ndjson", shopOnboarded()), e.file("calls.ndjson", b.String()))
	e.token = e.muniment("token", "create", "--role", "dpo", "--login", "anna")
	e.policy = e.file("policy.txt", e.muniment("keys", "policy")+"\n")
	s := e.serve()
	for n := range callers {
		q := e.ask(s, `query($tenant: ID!, $phone: String!) { subjects(filter: {tenant: $tenant, phone: $phone}, first: 1) { edges { node { id } } } }`)
		q.variables = map[string]any{"tenant": shop, "phone": numberOf(n)}
		e.ids = append(e.ids, said(q.answered(e.t), "subjects.edges.*.node.id")...)
	}
	must(e.t, s.stop())
	if len(e.ids) != callers {
		e.t.Fatalf("%d people", len(e.ids))
	}
}

func (e *erasing) ask(s *serving, query string) question {
	return question{url: s.url, token: e.token, purpose: "AUDIT", caseRef: "KILL-2", query: query}
}

// erase asks for one person's erasure; an error is that the service was killed.
func (e *erasing) erase(s *serving, n int) error {
	e.asked[n] = true
	q := e.ask(s, `mutation($person: ID!) { eraseSubject(input: {subject: $person, ground: OBJECTED, case: "KILL-2", suppress: OBJECTION}) { refusal { rule } } }`)
	q.variables = map[string]any{"person": e.ids[n]}
	_, answer, err := q.put()
	if err != nil {
		return err
	}
	if no := said(answer, "eraseSubject.refusal"); len(no) == 1 && (no[0] == "null" || no[0] == "rule=erasure.once") {
		e.erased[n] = true
		return nil
	}
	return fmt.Errorf("person %d: %v", n, answer)
}

// killService erases, rotates and copies, and kills the service in the middle of it.
func (e *erasing) killService() {
	e.t.Helper()
	s := e.serve()
	more := e.size(e.data) + rand.Int64N(2<<20)
	over := make(chan error, 1)
	go func() {
		for step := 0; ; step++ {
			var err error
			switch rand.IntN(4) {
			case 0:
				err = e.command("keys", "rotate").Run()
			case 1:
				to := filepath.Join(e.dir, "copy-"+fmt.Sprint(len(e.copies), "-", rand.Uint32()))
				if err = e.command("backup", "--to", to).Run(); err == nil {
					e.copies = append(e.copies, to)
				}
			default:
				err = e.erase(s, rand.IntN(callers-1))
			}
			if err != nil || step == 40 {
				over <- err
				return
			}
		}
	}()
	must(e.t, awaited("erasing changes files", func() (bool, error) { return e.size(e.data) > more || len(over) > 0, nil }))
	select {
	case err := <-over:
		must(e.t, err) // before anything was killed
		s.kill()
	default:
		s.kill()
		<-over
	}
}

// size is how many bytes the files below a directory have.
func (e *erasing) size(dir string) (size int64) {
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// check looks at every person: who was erased is, who wasn't asked to be is there, with the number.
func (e *erasing) check(s *serving) {
	e.t.Helper()
	states := map[string]string{}
	q := e.ask(s, `query($after: String) { interactions(first: 500, after: $after) { edges { node { seconds number { state value } } } pageInfo { hasNextPage endCursor } } }`)
	must(e.t, everyEdge(q, "interactions", func(n map[string]any) {
		number := n["number"].(map[string]any)
		states[fmt.Sprint(n["seconds"])] = fmt.Sprint(number["state"], " ", number["value"])
	}))
	for n := range callers {
		state, clear := states[fmt.Sprint(n)], "CLEAR "+numberOf(n)
		blocked := e.ask(s, `query($tenant: ID!, $phone: String!) { contactCheck(tenant: $tenant, phone: $phone) { blocked } }`)
		blocked.variables = map[string]any{"tenant": shop, "phone": numberOf(n)}
		blocks := said(blocked.answered(e.t), "contactCheck.blocked")[0] == "true"
		switch {
		case e.erased[n] && (state != "ERASED <nil>" || !blocks):
			e.t.Errorf("person %d was erased and is %s, blocked: %v", n, state, blocks)
		case !e.asked[n] && (state != clear || blocks):
			e.t.Errorf("person %d was never to be erased and is %s, blocked: %v", n, state, blocks)
		case state != clear && (state != "ERASED <nil>" || !blocks):
			e.t.Errorf("person %d is half erased: %s, blocked: %v", n, state, blocks)
		}
	}
	must(e.t, s.stop())
	e.muniment("verify", "--policy", e.policy, "--accept-unwitnessed", e.data)
}

// killRestore restores a copy that lacks the newest erasure into a new directory, killing it again and
// again, until it is done.
func (e *erasing) killRestore(from string) (kills int) {
	e.t.Helper()
	args := []string{"restore", "--from", from, "--keys", e.data + ".keys", "--accept-lost-tail", "--data", filepath.Join(e.dir, "restored")}
	whole := e.size(e.data)
	for done := false; !done; {
		enough := rand.Int64N(2 * whole)
		if kills == 4 {
			enough = 1 << 60
		}
		child := e.command(args...)
		must(e.t, child.Start())
		over := make(chan error, 1)
		go func() { over <- child.Wait() }()
		must(e.t, awaited("the restore fills the directory", func() (bool, error) {
			return len(over) > 0 || e.size(filepath.Join(e.dir, "restored")) > enough, nil
		}))
		child.Process.Kill()
		err := <-over
		if done = err == nil; child.ProcessState.Exited() && !done {
			e.t.Fatalf("after %d kills the restore ends with %v", kills, err)
		}
		if !done {
			kills++
		}
	}
	for _, left := range []string{"RESTORING", "RESTORING.new"} {
		if _, err := os.Stat(filepath.Join(e.dir, "restored", left)); err == nil {
			e.t.Errorf("%s is left", left)
		}
	}
	keys := e.data + ".keys"
	e.data = filepath.Join(e.dir, "restored")
	must(e.t, os.Symlink(keys, e.data+".keys"))
	e.muniment("restore", "--erasures-entered", "--case", "KILL-2")
	e.policy = e.file("new-policy.txt", e.muniment("keys", "policy")+"\n")
	e.sound()
	e.check(e.serve())
	return kills
}
