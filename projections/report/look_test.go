package report

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		t.Skip()
	}
	w := called(t)
	base := []domain.Entry{
		entry(1, "Twilio Inc.", "Carrying calls and texts, numbers", "United States", "Ireland"),
		entry(2, "Amazon Web Services, Inc.", "Hosting of the application, storage of recordings", "United States", "Germany"),
		entry(3, "Datadog, Inc.", "Monitoring of servers", "United States"),
		entry(4, "Zendesk, Inc.", "Support tickets", "United States"),
		entry(5, "Stripe Payments Europe Ltd", "Billing", "Ireland"),
		entry(6, "Twilio SendGrid", "Sending e-mail notifications", "United States"),
		entry(7, "Deepgram, Inc.", "Speech to text for transcripts of recorded calls when the customer turned transcription on", "United States"),
	}
	for i := range base {
		base[i].Seat = []string{"United States", "United States", "", "Denmark", "Ireland", "United States", ""}[i]
		base[i].URL = []string{"https://twilio.example/legal", "", "", "https://support.example/subprocessors", "", "", ""}[i]
	}
	w.published("2023-06-08", base[:5]...)
	w.published("2024-03-01", base[:6]...)
	moved := base[3]
	moved.Locations = []string{"Germany"}
	w.published("2025-01-15", base[0], base[1], moved, base[4], base[5], base[6])
	sp := func(n int) fact {
		return fact{tenant: domain.Operator, stream: domain.Stream{Noun: "subprocessor", ID: id(n)}, source: "muniment"}
	}
	w.keep(domain.SubprocessorProposed{LegalName: "Example Speech BV", Country: "NL", Service: "Transcription", Purposes: []string{"Speech to text in the EU"},
		Locations: []string{"Netherlands"}, Mechanism: "NONE_NEEDED", DataCategories: []string{"AUDIO", "TRANSCRIPT"}, SubjectCategories: []string{"CALLERS", "STAFF"}}, "2025-01-10T08:00:00Z", sp(0x300))
	w.keep(domain.ChangeAnnounced{Change: id(0x301), Type: domain.AddSubprocessor, Effective: "2025-03-01", Summary: "Speech to text in the EU"}, "2025-01-20T08:00:00Z", sp(0x300))
	w.keep(domain.ChangeAnnounced{Change: id(0x302), Type: domain.Relocate, Effective: "2026-04-01", Summary: "Processing moves to a second data centre", Services: []string{"Transcription"}, Locations: []string{"Netherlands", "Finland"}, DataCategories: []string{"AUDIO"}},
		"2026-02-01T08:00:00Z", sp(0x300))
	w.keep(domain.SubprocessorProposed{LegalName: "Fax Example Ltd", Country: "GB", Service: "Fax", Purposes: []string{"Fax gateway"}, Locations: []string{"United Kingdom"}, Mechanism: "ADEQUACY"}, "2025-11-10T08:00:00Z", sp(0x310))
	w.keep(domain.SubprocessorProposed{LegalName: "Example Analytics Inc", Country: "US", Service: "Statistics", Purposes: []string{"Call statistics"}, Locations: []string{"United States"}, Mechanism: "DPF"}, "2024-05-10T08:00:00Z", sp(0x320))
	w.keep(domain.ChangeAnnounced{Change: id(0x321), Type: domain.AddSubprocessor, Effective: "2024-07-01", Summary: "Call statistics"}, "2024-06-01T08:00:00Z", sp(0x320))
	w.keep(domain.SubprocessorEnded{Reason: "CONTRACT_ENDED"}, "2025-10-01T08:00:00Z", sp(0x320))
	agent := func(who domain.ID) domain.Actor { return domain.Actor{ID: who, Kind: domain.Person, Role: "AGENT"} }
	n := 24
	if os.Getenv("BIG") != "" {
		n = 100_000
	}
	var list []*ledger.Submission
	start := time.Date(2025, 6, 1, 7, 0, 0, 0, time.UTC)
	for i := range n {
		at := start.Add(time.Duration(i) * 37 * time.Minute / time.Duration(1+n/1000)).Format(time.RFC3339)
		f := fact{tenant: dental, stream: domain.Stream{Noun: "interaction", ID: aCall}, actor: agent([]domain.ID{maria, kim}[i%2]), auth: []domain.Auth{"PASSWORD", "SECOND_FACTOR"}, purpose: []string{"CUSTOMER_SERVICE", "QUALITY_CONTROL", "BILLING_QUESTION"}[i%3]}
		var e domain.Event = domain.InteractionViewed{Fields: []domain.DataField{"NAME", "NUMBER", "NOTES"}}
		if i%4 == 1 {
			e = domain.InteractionListened{Seconds: int64(20 + i%100)}
			f.auth = append(f.auth, "PIN")
		}
		if i%7 == 3 {
			e = domain.InteractionEdited{Fields: []domain.DataField{"NAME"}}
		}
		s := w.submission(e, at, f)
		s.ID = domain.ID{2: byte(i >> 16), 3: byte(i >> 8), 4: byte(i), 14: 7}
		list = append(list, s)
		if len(list) == 512 {
			w.keepAll(list...)
			list = nil
		}
	}
	if list != nil {
		w.keepAll(list...)
	}
	s := w.source()
	if os.Getenv("ERASED") != "" {
		s.Reveal = nil
	}
	for name, q := range map[string]Request{
		"register": {Kind: Subprocessors, AsOf: day(t, "2026-03-01"), From: day(t, "2024-06-30")},
		"dpo":      {Kind: Accesses, Subject: ana, LedgerReads: true},
		"subject":  {Kind: Accesses, Subject: ana, View: ForSubject},
	} {
		for _, f := range formats {
			begin := time.Now()
			d, err := Generate(t.Context(), s, q)
			if err != nil {
				t.Fatal(err)
			}
			made := time.Since(begin)
			file, err := Render(d, f, "")
			if err != nil {
				t.Fatal(err)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Printf("%s %s: generate %v, render %v, %d bytes, heap %d MB, %s\n", name, f, made, time.Since(begin)-made, len(file.Bytes), m.HeapAlloc>>20, file.Name)
			os.WriteFile(dir+"/"+name+"."+string(f), file.Bytes, 0o600)
		}
	}
}
