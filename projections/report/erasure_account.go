package report

import (
	"context"
	"fmt"

	"muniment/domain"
	"muniment/ledger/erasure"
)

// makeAccountErasure is the certificate that what was processed for an account was deleted at its end
// (Art. 28(3)(g)).
func makeAccountErasure(ctx context.Context, m *maker) error {
	m.doc.For, m.doc.Question = "The customer and the supervisory authority", "What of this account was deleted, when, and what stays?"
	m.doc.Tenant = m.q.Tenant
	account, err := m.reader.Tenant(ctx, m.q.Tenant, domain.Viewpoint{AsOf: anyDay, KnownAt: m.at.KnownAt, Known: m.at.Known})
	if err != nil {
		return fmt.Errorf("find the account: %w", err)
	}
	never := &domain.Refusal{Code: domain.NotFound, Rule: "report.erasure", Field: "tenant", Message: "no deletion of this account's data was asked for, as far as the ledger knew then"}
	if account == nil {
		return never
	}
	history, err := m.src.Ledger.History(ctx, domain.Stream{Noun: "tenant", ID: m.q.Tenant})
	if err != nil {
		return fmt.Errorf("read the account's events: %w", err)
	}
	var cited []domain.Kept
	var destroyed domain.TenantKeysDestroyed
	t := Table{Name: "steps", Title: "What was done", Order: "The earliest first.", Columns: []Column{
		{"event", "Event", "Event", Observed, ""}, {"kind", "What it says", "Event", Observed, ""}, {"at", "When", "When", Observed, ""}, {"case", "Case", "When", Declared, ""},
		{"pages", "Pages of up to 256 keys", "What", Observed, ""}, {"lookups", "Identifiers that no longer lead anywhere", "What", Observed, ""},
		{"claims", "Events whose claim digest was blanked", "What", Observed, ""}, {"final", "In the live ledger", "What", Observed, ""},
	}}
	certified := domain.Time(0)
	var kept []domain.KeptBack
	for _, k := range history {
		if k.Seq > m.at.Known {
			break
		}
		row := []Cell{Number(k.Seq), Text(k.Kind), Instant(k.LogTime), nil, nil, nil, nil, nil}
		switch e := k.Event.(type) {
		case domain.TenantOffboarded:
		case domain.DeletionRequested:
			row[3] = Text(e.Case)
		case domain.TenantKeysDestroyed:
			destroyed = e
			row[4], row[7] = Number(e.Pages), Code(e.Final)
			if len(e.Keys) > 0 {
				row[4] = nil
			}
		case domain.DeletionCertified:
			certified, kept = k.LogTime, e.Kept
			row[4], row[5], row[6] = Number(e.Pages), Number(e.Lookups), Number(e.Claims)
		default:
			continue
		}
		cited, t.Rows = append(cited, k), append(t.Rows, row)
	}
	if !account.State.Deleted {
		return never
	}
	dead, err := erasure.DeadAt(ctx, m.src.Ledger, destroyed.Epoch, m.at.Known)
	if err != nil {
		return err
	}
	m.doc.fact("tenant", "Customer", Text(account.State.Name), Declared)
	if certified != 0 && len(kept) == 0 {
		m.doc.pending("liveCopies", "Gone from the live ledger since", Instant(certified), "")
	} else {
		m.doc.pending("liveCopies", "Gone from the live ledger since", nil, "not yet: it is under way, or a legal hold keeps some of it")
	}
	if len(kept) > 0 {
		m.doc.fact("besideHeld", "All but what is held gone since", Instant(certified), Observed)
	}
	m.doc.pending("olderCopies", "Gone from older copies of the key vault since", absent(Instant(dead), dead == 0), "not yet: only when the key epoch has ended (muniment keys rotate)")
	m.doc.table(t)
	m.doc.table(keptBack(kept))
	if err := m.prove(ctx, cited, []*sealedBy{{epoch: destroyed.Epoch}}); err != nil {
		return err
	}
	m.doc.note("What this shows",
		"All that was processed for the account was sealed below one key. Once no legal hold keeps any of it, that key is destroyed, with every key below it; as long as one does, every key but those that it names is. Then went the rows that led from numbers and addresses to persons, the digests that tell a repeated record from a changed one, and the keys that records are named and looked up with, so nothing can be taken in for the account again.",
		"Older copies of the key vault open nothing once their key epoch has ended and its root was destroyed. Copies of the keys directory, in backups or escrow, are for whoever made them to destroy.")
	m.doc.note("What stays",
		"What proves our own duties to the customer: agreements, notices, the contacts they went to, and this deletion. The sealed bytes, which nothing opens any more; the events’ times, kinds and counts.")
	m.doc.note("What this doesn’t show",
		"It does not prove that no copy exists elsewhere: at sources, at sub-processors, in what was handed back, in backups that this ledger doesn’t control.")
	return nil
}

// keptBack is what legal holds keep of the account, and why. It names nobody.
func keptBack(kept []domain.KeptBack) Table {
	t := Table{Name: "kept", Title: "What legal holds keep, and why", Order: "By hold.", Empty: "No legal hold keeps anything.", Columns: []Column{
		{"hold", "Hold", "What", Observed, ""}, {"classes", "Classes", "What", Observed, ""}, {"ground", "Ground (Art. 17(3))", "Why", Declared, ""},
		{"authority", "Demanded by", "Why", Declared, ""}, {"review", "To be looked at again", "Until", Declared, ""},
	}}
	for _, k := range kept {
		var classes []string
		for _, c := range k.Classes {
			classes = append(classes, string(c))
		}
		t.Rows = append(t.Rows, []Cell{ID(k.Hold), Codes(classes), Text(k.Ground), Text(k.Authority), Day(k.Review)})
	}
	return t
}
