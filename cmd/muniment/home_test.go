package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// home is a ledger of a test, driven from outside.
type home struct {
	t         *testing.T
	dir, data string
}

// newHome is one of a test that runs beside others.
func newHome(t *testing.T) home {
	t.Parallel()
	return homeOf(t)
}

func homeOf(t *testing.T) home {
	dir, err := os.MkdirTemp("", "mun") // short: the path of a control socket may have 100 characters
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return home{t, dir, filepath.Join(dir, "ledger")}
}

func (h home) command(args ...string) *exec.Cmd {
	c := exec.Command("muniment", args...)
	c.Dir, c.Env = h.dir, append(os.Environ(), "MUNIMENT_DATA="+h.data)
	return c
}

// muniment runs a command, which must succeed, and returns its standard output.
func (h home) muniment(args ...string) string {
	h.t.Helper()
	var out, told bytes.Buffer
	c := h.command(args...)
	c.Stdout, c.Stderr = &out, &told
	if err := c.Run(); err != nil {
		h.t.Fatalf("muniment %s: %v\n%s%s", strings.Join(args, " "), err, &out, &told)
	}
	return strings.TrimSpace(out.String())
}

func (h home) file(name, text string) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	must(h.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// serve serves the ledger until the test ends or kills it.
func (h home) serve() *serving {
	h.t.Helper()
	s, err := serve(h.dir, []string{"MUNIMENT_DATA=" + h.data})
	must(h.t, err)
	h.t.Cleanup(func() {
		select {
		case <-s.ended:
		default:
			if err := s.stop(); err != nil {
				h.t.Error(err)
			}
		}
	})
	return s
}

// kept is how many bytes the log's files have.
func (h home) kept() (size int64) {
	for _, name := range []string{"log.db", "log.db-wal"} {
		if info, err := os.Stat(filepath.Join(h.data, name)); err == nil {
			size += info.Size()
		}
	}
	return size
}

const shop = "c0ffee00000000000000000000000001"

// established is the company that runs the ledger; nothing is announced before it has a name and an address.
const established = `{"kind":"organisation.established","tenant":"operator","sourceId":"us","occurred":"2024-01-01","data":{"name":"Example Tracking AB","country":"SE","zone":"Europe/Stockholm","email":"privacy@tracking.example"}}` + "\n"

func shopOnboarded() string {
	return `{"kind":"tenant.onboarded","tenant":"` + shop + `","sourceId":"account/1","occurred":"2024-03-01","data":{"name":"Example Shop GmbH","role":"CONTROLLER","country":"DE"}}` + "\n"
}

// answered is the answer to a question that must have no errors.
func (q question) answered(t testing.TB) map[string]any {
	t.Helper()
	status, answer, err := q.put()
	must(t, err)
	if status != http.StatusOK || answer["errors"] != nil {
		t.Fatalf("status %d: %v", status, answer["errors"])
	}
	return answer
}

// announce announces a new sub-processor to every customer.
func announce(t testing.TB, q question) {
	t.Helper()
	const digest = `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`
	q.query = `mutation { proposeSubprocessor(input: {legalName: "Example Voice AI", country: "IE", service: "Transcription", purposes: ["Transcribes calls"], locations: ["Ireland"], mechanism: NONE_NEEDED}) { subprocessor { id } } }`
	q.variables = map[string]any{"company": said(q.answered(t), "proposeSubprocessor.subprocessor.id")[0]}
	for _, step := range []string{
		`completeDueDiligence(input: {subprocessor: $company, security: PASSED, privacy: PASSED, confidentiality: PASSED, digest: ` + digest + `, expires: "2099-12-31"})`,
		`signFlowDown(input: {subprocessor: $company, digest: ` + digest + `})`,
		`announceChange(input: {subprocessor: $company, type: ADD, effective: "2099-01-31", summary: "Calls are transcribed by Example Voice AI."})`,
	} {
		q.query = `mutation($company: ID!) { ` + step + ` { refusal { message } } }`
		if no := said(q.answered(t), step[:strings.IndexByte(step, '(')]+".refusal.message"); len(no) > 0 {
			t.Fatalf("refused: %s", no)
		}
	}
}
