package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestFormats: what a build reads, and with which words it refuses the rest.
func TestFormats(t *testing.T) {
	grown := domain.Growth()
	for _, c := range []struct {
		text    string
		refusal string // "" when it is read
	}{
		{fmt.Sprint("muniment 2-rc ", grown), ""},
		{"muniment 2-rc 1", ""},
		{fmt.Sprint("muniment 2-rc ", grown+1), fmt.Sprintf("D was written by a newer build, which knows more kinds of events or newer versions of them (%d; this one: %d). Nothing was changed: use that build, or a newer one", grown+1, grown)},
		{"muniment 1-rc 130", "D has format 1-rc, a candidate in which no real data was kept, and this build reads 2-rc only. Nothing was changed: name a new directory with --data, and import again what was imported here"},
		{"muniment 0-dev 0123456789abcdef", "D has format 0-dev and this build reads 2-rc only: use the build that wrote it"},
		{fmt.Sprint("muniment 1 ", grown), "D has format 1 and this build reads 2-rc only: use the build that wrote it"},
		{"muniment 2-rc", damaged},
		{"muniment 2-rc 0", damaged},
		{"muniment 2-rc 012", damaged},
		{"muniment 2-rc 12x", damaged},
		{"muniment 2-rc 12 more", damaged},
		{"hello", damaged},
		{"", damaged},
	} {
		err := fits("D", strings.Fields(c.text))
		if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || err.Error() != c.refusal) {
			t.Errorf("%q: %v\nwant %s", c.text, err, c.refusal)
		}
	}
}

const damaged = "D is damaged: its file FORMAT does not name a format. Restore a backup, or name another directory with --data"

// TestCatalogueGrows: a build that knows more marks the directory, so that an older one refuses it; one
// that knows as much changes nothing.
func TestCatalogueGrows(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, formatFile)
	older := []string{"muniment", "2-rc", "1"}
	must(t, fits(dir, older))
	must(t, raise(dir, older))
	text, err := os.ReadFile(file)
	must(t, err)
	words := strings.Fields(string(text))
	must(t, fits(dir, words))
	if string(text) != fmt.Sprintf("muniment 2-rc %d\n", domain.Growth()) {
		t.Errorf("%q", text)
	}
	must(t, os.Remove(file))
	must(t, raise(dir, words))
	if _, err := os.Stat(file); err == nil {
		t.Error("written again")
	}
}

// TestUnknownEvents: an event that this build doesn't know is named with what to do, and never guessed at.
func TestUnknownEvents(t *testing.T) {
	envelope := func(kind string, version int) []byte {
		e := domain.Envelope{Actor: domain.Actor{Kind: domain.System}, ID: domain.ID{1}, Kind: kind, Occurred: domain.At(1), Recorded: 1,
			Source: "muniment", Stream: domain.Stream{Noun: "vault", ID: domain.ID{2}}, Tenant: domain.Operator, Version: version}
		return e.Append(nil)
	}
	payload := ledger.AppendPayload(nil, []byte(`{}`), nil, [32]byte{})
	for _, c := range []struct {
		kind    string
		version int
		want    string
	}{
		{"vault.hummed", 1, `event 7: kind "vault.hummed" is not known to this build: use the one that kept it, or a newer one`},
		{"epoch.sealed", 2, `event 7: epoch.sealed: schema version 2 is not known to this build, which reads 1 to 1: use the one that kept it, or a newer one`},
	} {
		_, err := ledger.Decode(ledger.Record{Seq: 7, Envelope: envelope(c.kind, c.version), Payload: payload})
		if err == nil || err.Error() != c.want {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
}
