package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"muniment/domain"
)

var update = flag.Bool("update", false, "write the golden files anew: then raise Version")

// The golden files are what kept digests rest on. When one of them changes, a report made again from
// its event has other bytes: so Version must be raised with it.
func TestGolden(t *testing.T) {
	w := called(t)
	w.published("2024-01-01", entry(1, "Twilio Inc.", "voice and texts", "United States"), entry(2, "Gone Ltd", "fax", "Ireland"))
	w.published("2025-01-01", entry(1, "Twilio Inc.", "voice and texts", "United States", "Ireland"))
	w.keep(domain.SubprocessorProposed{LegalName: "Example Speech BV", Country: "NL", Service: "Transcription", Purposes: []string{"speech to text"},
		Locations: []string{"Netherlands"}, Mechanism: "NONE_NEEDED"}, "2025-01-10T08:00:00Z",
		fact{tenant: domain.Operator, stream: domain.Stream{Noun: "subprocessor", ID: id(0x300)}, source: "muniment"})
	for name, q := range map[string]Request{
		"subprocessors": {Kind: Subprocessors, AsOf: day(t, "2025-06-30"), From: day(t, "2024-06-30")},
		"dpo":           {Kind: Accesses, Subject: ana, AsOf: day(t, "2025-06-30"), LedgerReads: true},
		"subject":       {Kind: Accesses, Subject: ana, AsOf: day(t, "2025-06-30"), View: ForSubject},
	} {
		for _, f := range formats {
			path := filepath.Join("testdata", name+"."+string(f))
			got := w.file(q, f).Bytes
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; to see how: go test ./projections/report -run Golden -update && git diff", path)
			}
		}
	}
}
