package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb/dbtest"
)

// filesHolding lists the files of the data directory that hold a text, journals included.
func (h *house) filesHolding(text string) (names []string) {
	h.t.Helper()
	h.ok(filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(bytes.ToLower(b), bytes.ToLower([]byte(text))) {
			names = append(names, filepath.Base(path))
		}
		return err
	}))
	return names
}

// TestCanary: personal values are in no file in the clear: not in the log, the vault, a journal, nor
// in what SQLite leaves behind; neither while it runs nor after it ended.
func TestCanary(t *testing.T) {
	dbtest.NeedsFiles(t)
	h := newHouse(t)
	number, mail := phone(99), ledger.Identifier{Type: domain.Email, Value: "canary@example.com"}
	s := call("CA1", number, mail)
	s.Event = domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(number.Value), Name: domain.Clear("Canary Example"),
		Email: domain.Clear(mail.Value), City: domain.Clear("Canaryville"), IP: domain.Clear("192.0.2.199"), TrackingNumber: "+46846500400", Seconds: 107}
	s.Actor = ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT"}, System: "ctm", Login: "canary.agent", Name: "Canary Agent", Email: "agent@example.com"}
	h.take(s)
	other := *s
	other.SourceID, other.Observed = "CA2", true
	h.take(&other)
	if out := h.Take(t.Context(), ledger.Own(), []*ledger.Submission{call("CA1", number)}); out[0].Err == nil {
		t.Fatal("other content under the same id was kept")
	}
	check := func(when string) {
		t.Helper()
		for _, plain := range []string{"+46846500400", string(relationship)} { // a plain field of the log, a column of the vault
			if len(h.filesHolding(plain)) == 0 {
				t.Fatalf("%s: %s is in no file, so the search proves nothing", when, plain)
			}
		}
		for _, text := range []string{"2025550199", "canary", "agent@example.com", "192.0.2.199"} {
			for _, form := range []string{text, hex.EncodeToString([]byte(text)), base64.RawStdEncoding.EncodeToString([]byte(text))} {
				if names := h.filesHolding(form); names != nil {
					t.Errorf("%s: %s is in %v", when, form, names)
				}
			}
		}
	}
	check("while it runs")
	h.follow()
	check("after the follower")
	h.close()
	check("after it was closed")
	h.open(h.ID)
	check("after a restart")
}
