package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/ledger/crashtest"
)

// TestKillDisposing kills muniment retention at random moments. The next process that opens the ledger
// ends what was begun: then the old calls' words are nowhere, the others' are there, and verify is content.
func TestKillDisposing(t *testing.T) { laps(t, killDisposing) }

func killDisposing(t *testing.T, tally *crashtest.Tally) {
	h := homeOf(t)
	h.muniment("import", "--as", "events", h.file("accounts.ndjson", shopOnboarded()+callOf("recent", time.Now().UTC().Format(time.RFC3339), "STAYSHERE")))
	policy := h.file("policy.txt", h.muniment("keys", "policy")+"\n")
	for round := range 4 {
		var b strings.Builder
		for n := range 600 { // three parts
			b.WriteString(callOf(fmt.Sprintf("R%dC%d", round, n), "2016-03-01T10:00:00Z", "OCELOTTER"))
		}
		h.muniment("import", "--as", "events", h.file("calls.ndjson", b.String()))
		journal := filepath.Join(h.data+".keys", "erasures.journal")
		size := func() int64 {
			info, err := os.Stat(journal)
			must(t, err)
			return info.Size()
		}
		more := size() + 1 + rand.Int64N(600*66) // a key adds 66 bytes, and its payload goes after it
		c := h.command("retention")
		must(t, c.Start())
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		over := false
		must(t, awaited("keys are noted", func() (bool, error) {
			select {
			case err := <-ended:
				over = true
				return true, err
			default:
			}
			return size() >= more, nil
		}))
		if !over {
			c.Process.Kill()
			<-ended
			tally.Kills++
		}
		h.sound()
		all := h.databases()
		if bytes.Contains(all, []byte("OCELOTTER")) {
			t.Errorf("round %d: a word of an old call is in a file", round)
		}
		if !bytes.Contains(all, []byte("STAYSHERE")) {
			t.Errorf("round %d: a word of a call that isn't old is gone", round)
		}
		h.muniment("verify", "--policy", policy, "--accept-unwitnessed", h.data)
		if again := h.muniment("retention"); !strings.Contains(again, "nothing was recorded") {
			t.Errorf("round %d: once more: %s", round, again)
		}
		tally.Acknowledged += 600
	}
}

// callOf is a call with a word that stands nowhere else.
func callOf(id, at, word string) string {
	return fmt.Sprintf(`{"kind":"interaction.recorded","tenant":%q,"source":"ctm","sourceId":%q,"occurred":%q,"of":{"id":%[2]q,"at":%[3]q},"subjects":[{"phone":"+12025550143"}],"data":{"medium":"CALL","direction":"INBOUND","number":"+12025550143","status":%[4]q,"seconds":1,"recorded":false}}`+"\n",
		shop, id, at, word)
}
