package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// readyz is what the service says of itself.
func (s *serving) readyz(t *testing.T) (status int, text string) {
	t.Helper()
	answer, err := http.Get(s.url + "/readyz")
	must(t, err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer.StatusCode, string(said)
}

// says waits until the service says a line of itself.
func (s *serving) says(t *testing.T, line string) {
	t.Helper()
	var last string
	if err := awaited(line, func() (bool, error) {
		_, last = s.readyz(t)
		return strings.Contains(last, line), nil
	}); err != nil {
		t.Fatalf("%v; it says\n%s\n%s", err, last, s.out)
	}
}

// smallDisk mounts one in a directory.
func smallDisk(t *testing.T, dir, size string) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no small disk can be mounted here, so none could be filled: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
}

// fill leaves no room on a disk, and returns how to give it back.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "fill")
	f, err := os.Create(path)
	must(t, err)
	for _, size := range []int{1 << 20, 4 << 10, 1} {
		for block := make([]byte, size); err == nil; {
			_, err = f.Write(block)
		}
		err = nil
	}
	must(t, f.Close())
	return func() { must(t, os.Remove(path)) }
}

// TestFullDisk: given a service whose disk is full, then it goes on: what needs keeping is refused with a word about
// the disk, by every door, and with nothing changed; what needs none is answered; and with room again all is well.
func TestFullDisk(t *testing.T) {
	h := newHome(t)
	small := filepath.Join(h.dir, "small")
	smallDisk(t, small, "40m")
	h.data = filepath.Join(small, "ledger")
	h.muniment("import", "--as", "events", h.file("facts.ndjson", established+shopOnboarded()+manyCalls(20)))
	token := h.muniment("token", "create", "--role", "dpo", "--login", "ana", "--expires", "24h")
	writer := h.muniment("token", "create", "--role", "operator", "--tenant", shop, "--kinds", "interactions", "--expires", "24h")
	s := h.serve()
	ask := func(query string, header ...string) string {
		body, err := json.Marshal(map[string]any{"query": query})
		must(t, err)
		return s.post(t, "/graphql", string(body), append(header, "Content-Type", "application/json", "Authorization", "Bearer "+token)...)
	}
	onboard := func(name string) string {
		return ask(fmt.Sprintf(`mutation { onboardTenant(input: {name: %q, role: CONTROLLER, country: "DE"}) { tenant { id } refusal { message } } }`, name))
	}
	const count, numbers = `{ tenants { totalCount } }`, `{ interactions(first: 1) { edges { node { number { value } } } } }`
	before := ask(count)
	free := fill(t, small)
	s.says(t, "writable: no – the disk of")
	if status, text := s.readyz(t); status != http.StatusServiceUnavailable || !strings.HasPrefix(text, "not ready\n") || !strings.Contains(text, "sound: yes\nfollowing: yes\n") {
		t.Errorf("%d %s", status, text)
	}
	for door, answer := range map[string]string{
		"a decision":          onboard("Example Motors GmbH"),
		"a reading of values": ask(numbers, "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1"),
		"intake": s.post(t, ingestPath, strings.NewReplacer(`"CA0"`, `"CAX"`, `"source":"portal",`, "").Replace(manyCalls(1)),
			"Content-Type", "application/x-ndjson", "Authorization", "Bearer "+writer),
	} {
		if !strings.Contains(answer, "disk is full") || strings.Contains(answer, "+1202") || strings.Contains(answer, h.dir) {
			t.Errorf("%s: %s", door, answer)
		}
	}
	for door, answer := range map[string]string{"a question": ask(count), "a question about calls": ask(numbers)} {
		if strings.Contains(answer, "errors") || door == "a question" && answer != before {
			t.Errorf("%s: %s", door, answer)
		}
	}
	if out, err := h.command("token", "list").CombinedOutput(); err != nil || !bytes.Contains(out, []byte("in force")) {
		t.Errorf("token list: %v %s", err, out)
	}
	free()
	s.says(t, "writable: yes")
	if answer := onboard("Example Motors GmbH"); !strings.Contains(answer, `"id":"tenant-`) {
		t.Errorf("with room again: %s", answer)
	}
	s.says(t, "following: yes")
	if status, text := s.readyz(t); status != http.StatusOK || text != "ready\nwritable: yes\nsound: yes\nfollowing: yes\n" {
		t.Errorf("%d %s", status, text)
	}
	must(t, s.stop())
	policy := h.file("policy.txt", h.muniment("keys", "policy")+"\n")
	h.muniment("verify", "--policy", policy, "--accept-unwitnessed", h.data)
}

// post sends a body and returns the answer's.
func (s *serving) post(t *testing.T, path, body string, header ...string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(body))
	must(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Timeout: patience}
	answer, err := client.Do(r)
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	return string(text)
}

// TestDamagedPages: given a ledger one of whose databases has a damaged page, then the service names the file: at the
// start, where it needs that page, or when it looks through all of them.
func TestDamagedPages(t *testing.T) {
	whole := newHome(t)
	whole.muniment("import", "--as", "events", whole.file("facts.ndjson", established+shopOnboarded()+manyCalls(3000)))
	whole.muniment("token", "create", "--role", "dpo", "--login", "ana", "--expires", "24h")
	s := whole.serve()
	s.says(t, "sound: yes")
	must(t, s.stop())
	databases, err := filepath.Glob(filepath.Join(whole.data, "*.db"))
	must(t, err)
	if len(databases) < 7 {
		t.Fatalf("only %q", databases)
	}
	for _, path := range databases {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			h := homeOf(t)
			must(t, exec.Command("cp", "-r", whole.data, whole.data+".keys", h.dir).Run())
			f, err := os.OpenFile(filepath.Join(h.data, name), os.O_RDWR, 0)
			must(t, err)
			info, err := f.Stat()
			must(t, err)
			_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, 64), info.Size()-4096) // the head of the last page
			must(t, err)
			must(t, f.Close())
			s, err := serve(h.dir, []string{"MUNIMENT_DATA=" + h.data}, "--check-after", "1ms")
			if err != nil { // it needs that page
				if !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "damaged") {
					t.Errorf("the start doesn't name the file: %v", err)
				}
				return
			}
			s.says(t, "sound: no – pages of "+name+" are damaged")
			if !strings.Contains(s.out.String(), name) {
				t.Error("the log doesn't name it")
			}
			s.kill()
		})
	}
}

// TestStuck: given how far somebody came, then only who stands still for long though there is more is stuck.
func TestStuck(t *testing.T) {
	at, now := int64(0), time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	p := progress{what: "shown", at: func() int64 { return at }}
	for i, c := range []struct {
		passed time.Duration
		at     int64
		next   int64
		stuck  bool
	}{
		{0, 0, 0, false}, {time.Hour, 0, 0, false}, {time.Second, 0, 5, false}, {tooSlow - 2*time.Second, 0, 5, false}, {time.Second, 0, 6, true},
		{time.Second, 1, 6, false}, {tooSlow, 1, 6, true}, {time.Second, 6, 6, false}, {time.Hour, 6, 6, false},
	} {
		now, at = now.Add(c.passed), c.at
		if why := p.stuck(c.next, now); (why != "") != c.stuck || c.stuck && why != fmt.Sprintf("%d events are kept, and %d are shown", c.next, c.at) {
			t.Errorf("look %d: %q", i, why)
		}
	}
}
