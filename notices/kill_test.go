package notices

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/mail"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger/crashtest"
	"muniment/ledger/sqldb/dbtest"
)

const (
	childDir  = "MUNIMENT_NOTICES_TEST_DIR"
	childPort = "MUNIMENT_NOTICES_TEST_PORT"
	manyCount = 200
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		port, _ := strconv.Atoi(os.Getenv(childPort))
		if err := deliverUntilKilled(dir, port); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// deliverUntilKilled is the child: the room, delivering until it is killed.
func deliverUntilKilled(dir string, port int) error {
	w, err := openWorld(context.Background(), dir)
	if err != nil {
		return err
	}
	w.set("2026-10-02T08:00:00Z")
	c := w.relayed(port)
	c.Retry = []time.Duration{0, 0, 0, 0, 0, 0, 0, 0, 0}
	n, err := Open(context.Background(), c)
	if err != nil {
		return err
	}
	fmt.Println("open")
	return n.Run(context.Background())
}

// TestKill kills the room at random moments while it prepares and delivers many notices: none is
// lost, and what arrives twice carries the same Message-ID.
func TestKill(t *testing.T) {
	var tally crashtest.Tally
	defer tally.Tell(t)
	for tally.Kills < max(1, crashtest.Rounds(4)/4) { // a quarter: see cmd/muniment/kill_test.go
		tally.Rounds++
		if !t.Run(fmt.Sprint("lap ", tally.Rounds), func(t *testing.T) { killDelivery(t, &tally) }) {
			return
		}
	}
}

func killDelivery(t *testing.T, tally *crashtest.Tally) {
	dir := t.TempDir()
	dbtest.Ready(t)
	w, err := openWorld(t.Context(), dir)
	must(t, err)
	for i := range manyCount {
		_, err := w.customer(t.Context(), i, domain.ID{}, terms(domain.General), fmt.Sprintf("contact%d@customer.example", i))
		must(t, err)
	}
	must(t, w.announce(t.Context(), announcement()))
	w.close()
	arrived := make(chan struct{}, 100*manyCount)
	server := serveMail(t, func(stage string, _ int) error {
		if stage == "DATA" {
			arrived <- struct{}{}
		}
		return nil
	})
	for round := range 5 {
		kill(t, dir, server.port, arrived, 10*min(round, 1)+rand.IntN(28))
		tally.Kills++
	}
	w, err = openWorld(t.Context(), dir)
	must(t, err)
	t.Cleanup(w.close)
	w.set("2026-10-02T08:00:00Z")
	w.run(t, w.relayed(server.port))
	for i := range manyCount {
		w.has(t, w.notice(t, numbered(1, i)), "window_opened")
	}
	times := map[string]int{}
	recipient := map[string]string{}
	server.mu.Lock()
	defer server.mu.Unlock()
	for i, raw := range server.letters {
		m, err := mail.ReadMessage(strings.NewReader(raw))
		must(t, err)
		id := m.Header.Get("Message-Id")
		if was := recipient[id]; was != "" && was != server.to[i] {
			t.Errorf("%s went to two people", id)
		}
		recipient[id] = server.to[i]
		times[id]++
	}
	twice := 0
	for i := range manyCount {
		s := w.notice(t, numbered(1, i))
		id := "<" + s.ID.String() + "@example.com>"
		if times[id] == 0 || recipient[id] != fmt.Sprintf("contact%d@customer.example", i) {
			t.Errorf("notice %d: arrived %d times, at %s", i, times[id], recipient[id])
		}
		kinds := strings.Join(w.kinds(t, s), " ")
		if strings.Count(kinds, "prepared") != 1 || strings.Count(kinds, "proven") != 1 || strings.Count(kinds, "sent") < times[id] {
			t.Errorf("notice %d arrived %d times and tells %s", i, times[id], kinds)
		}
		twice += times[id] - 1
	}
	if len(times) != manyCount {
		t.Errorf("%d message ids for %d notices", len(times), manyCount)
	}
	t.Logf("%d letters for %d notices: %d arrived again after a kill", len(server.letters), manyCount, twice)
}

// kill runs the child and kills it after n letters arrived, or a moment after it opened.
func kill(t *testing.T, dir string, port int, arrived <-chan struct{}, n int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("%s=%d", childPort, port))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	if in := bufio.NewScanner(out); !in.Scan() || in.Text() != "open" {
		t.Fatalf("the child did not open: %v", child.Wait())
	}
	for range n {
		select {
		case <-arrived:
		case <-time.After(time.Minute):
			child.Process.Kill()
			t.Fatal("the child delivers nothing")
		}
	}
	must(t, child.Process.Kill())
	child.Wait()
	if child.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %s", child.ProcessState)
	}
}
