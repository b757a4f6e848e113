package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func (w *world) command(args ...string) *exec.Cmd {
	c := exec.Command(w.program, args...)
	c.Dir, c.Env = w.dir, append(os.Environ(), "MUNIMENT_DATA="+filepath.Join(w.dir, "ledger"))
	return c
}

func (w *world) importing(t *testing.T, in io.Reader) {
	t.Helper()
	c := w.command("import", "--as", "events", "-")
	c.Stdin = in
	if told := run(t, c); !strings.HasSuffix(told, "duplicate 0, refused 0") {
		t.Fatal(told)
	}
}

// serving is the program while it serves.
type serving struct {
	process *exec.Cmd
	url     string
	started time.Duration // until it was ready
}

var address = regexp.MustCompile(`Muniment serves (http://\S+)`)

func (w *world) serve(t *testing.T) *serving {
	t.Helper()
	s := &serving{process: w.command("serve", "--listen", "127.0.0.1:0")}
	out, err := s.process.StdoutPipe()
	must(t, err)
	start := time.Now()
	must(t, s.process.Start())
	t.Cleanup(func() { s.process.Process.Kill() })
	told := bufio.NewReader(out)
	for s.url == "" {
		line, err := told.ReadString('\n')
		must(t, err)
		if m := address.FindStringSubmatch(line); m != nil {
			s.url = m[1]
		}
	}
	go io.Copy(io.Discard, told)
	for { // what it tells comes a moment before it is ready
		r, err := http.Get(s.url + "/readyz")
		must(t, err)
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			s.started = time.Since(start)
			return s
		}
	}
}

// served measures what only a running service shows. It is killed in the end, again and again, right
// after it took records in.
func (w *world) served(t *testing.T, c *column, rounds int) {
	t.Helper()
	s := w.serve(t)
	reader := strings.TrimSpace(run(t, w.command("token", "create", "--role", "dpo")))
	sender := strings.TrimSpace(run(t, w.command("token", "create", "--role", "operator", "--tenant", "all", "--source", "bench", "--reports", "actors")))
	w.ask(t, c, s, reader)
	for range rounds {
		n := w.portion()
		start := time.Now()
		w.send(t, s, sender, n)
		c.add(importHTTP, float64(n)/time.Since(start).Seconds())
		s.process.Process.Kill()
		s.process.Wait()
		s = w.serve(t)
		c.add(startAfterKill, s.started.Seconds())
	}
	must(t, s.process.Process.Signal(os.Interrupt))
	s.process.Wait()
}

// portion is how many lines one import of the rounds has.
func (w *world) portion() int { return min(max(w.size/10, 500), 50_000) }

// send posts calls in full and demands that each is kept.
func (w *world) send(t *testing.T, s *serving, token string, n int) {
	t.Helper()
	name := w.next()
	r, err := http.NewRequest(http.MethodPost, s.url+"/ingest/v1/events", &lines{n: n, piece: func(i int) string { return w.call(name, i, year.to) }})
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/x-ndjson")
	response, err := http.DefaultClient.Do(r)
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	if kept := bytes.Count(text, []byte(`"KEPT"`)); kept != n {
		t.Fatalf("%d of %d lines kept, status %d: %.300s", kept, n, response.StatusCode, text)
	}
}

// put asks one GraphQL question and demands an answer without errors.
func (s *serving) put(client *http.Client, token, query string, variables map[string]any) (map[string]json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer map[string]json.RawMessage
	return answer, json.NewDecoder(response.Body).Decode(&answer)
}
