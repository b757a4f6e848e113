package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/erasure"
	"muniment/projections"
)

func checkErasure(q Request) *domain.Refusal {
	switch {
	case q.Subject.IsZero() && q.Tenant.IsZero():
		return domain.Malformed("subject", "missing: say whose erasure, by the person's id, or by tenant of which account that left")
	case q.View != "":
		return domain.Malformed("view", "the certificate has one view: leave it out")
	case q.From != 0:
		return domain.Malformed("from", "the certificate is about all there is: leave it out")
	}
	return nil
}

// sealedBy is one key that seals values of the person, as the bodies of kept events name it.
type sealedBy struct {
	id        domain.ID
	class     domain.Class
	events    int64
	first     int64
	stream    domain.Stream // of an interaction's key: where a redaction would tell of its end
	destroyed *domain.Kept
	epoch     int64
	final     domain.Finality
}

// makeErasure is the certificate of erasure. It trusts no list of keys: which there were is derived
// from the events' own bodies, and for each the event is looked for that destroyed it.
func makeErasure(ctx context.Context, m *maker) error {
	if m.q.Subject.IsZero() {
		return makeAccountErasure(ctx, m)
	}
	m.doc.For = "The person, the customer and the supervisory authority"
	m.doc.Question = "What of this person was erased, when, and what stays?"
	if _, err := m.whose(ctx); err != nil {
		return err
	}
	m.doc.View = ""
	who, destroyed, cited, err := m.personUpTo(ctx)
	if err != nil {
		return err
	}
	if len(who.Erasures) == 0 {
		return &domain.Refusal{Code: domain.NotFound, Rule: "report.erasure", Field: "subject", Message: "no erasure of this person was asked for, as far as the ledger knew then"}
	}
	keys, err := m.keysOf(ctx, destroyed)
	if err != nil {
		return err
	}
	if err := m.erasureFacts(ctx, who, keys); err != nil {
		return err
	}
	if err := m.erasureTables(ctx, who, keys); err != nil {
		return err
	}
	if err := m.prove(ctx, cited, keys); err != nil {
		return err
	}
	m.erasureNotes()
	return nil
}

// personUpTo folds the person's stream as it was known, and finds the event that destroyed each key, and
// all that tell of erasures.
func (m *maker) personUpTo(ctx context.Context) (who domain.Subject, destroyed map[domain.ID]domain.Kept, cited []domain.Kept, err error) {
	destroyed = map[domain.ID]domain.Kept{}
	history, err := m.src.Ledger.History(ctx, domain.Stream{Noun: "subject", ID: m.q.Subject})
	if err != nil {
		return who, nil, nil, fmt.Errorf("read the person's events: %w", err)
	}
	for _, k := range history {
		if k.Seq > m.at.Known {
			break
		}
		who = who.Apply(k)
		switch e := k.Event.(type) {
		case domain.SubjectKeysDestroyed:
			for _, id := range e.Keys {
				destroyed[id] = k
			}
			cited = append(cited, k)
		case domain.ErasureRequested, domain.IdentifiersSuppressed, domain.ErasureCompleted:
			cited = append(cited, k)
		}
	}
	return who, destroyed, cited, nil
}

// keysOf derives from bodies which keys seal values of the person.
func (m *maker) keysOf(ctx context.Context, destroyed map[domain.ID]domain.Kept) ([]*sealedBy, error) {
	found := map[domain.ID]*sealedBy{}
	all := domain.Viewpoint{AsOf: anyDay, KnownAt: m.at.KnownAt, Known: m.at.Known}
	for page := (projections.Page{First: projections.MaxPage}); ; {
		conn, err := m.reader.Events(ctx, projections.EventFilter{Tenant: m.doc.Tenant, Subject: m.q.Subject}, all, page)
		if err != nil {
			return nil, fmt.Errorf("read the person's events: %w", err)
		}
		seqs := make([]int64, len(conn.Edges))
		for i, e := range conn.Edges {
			seqs[i] = e.Node.Seq
		}
		records, err := m.src.Ledger.Shown(ctx, seqs)
		if err != nil {
			return nil, fmt.Errorf("read the person's events: %w", err)
		}
		for _, r := range records {
			if r.Forged {
				return nil, damaged(r)
			}
			if err := noteKeys(found, m.q.Subject, r); err != nil {
				return nil, err
			}
		}
		if !conn.HasNext {
			break
		}
		page.After = conn.End
	}
	var keys []*sealedBy
	for _, k := range found {
		if by, ok := destroyed[k.id]; ok {
			e := by.Event.(domain.SubjectKeysDestroyed)
			k.destroyed, k.epoch, k.final = &by, e.Epoch, e.Final
		} else if err := m.redactedKey(ctx, k); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b *sealedBy) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.id.String(), b.id.String()))
	})
	return keys, nil
}

func noteKeys(found map[domain.ID]*sealedBy, person domain.ID, r ledger.Record) error {
	_, boxes, err := ledger.DecodeBoxes(r)
	if err != nil {
		return err
	}
	for _, b := range boxes {
		if b.Owner != person {
			continue
		}
		k := found[b.Key]
		if k == nil {
			k = &sealedBy{id: b.Key, class: b.Class, first: r.Seq, stream: r.Stream}
			found[b.Key] = k
		}
		k.events++
	}
	return nil
}

// redactedKey looks whether a redaction destroyed an interaction's key.
func (m *maker) redactedKey(ctx context.Context, k *sealedBy) error {
	if k.class != domain.InteractionData {
		return nil
	}
	history, err := m.src.Ledger.History(ctx, k.stream)
	if err != nil {
		return fmt.Errorf("read an interaction's events: %w", err)
	}
	for _, kept := range history {
		e, ok := kept.Event.(domain.InteractionKeysDestroyed)
		if ok && kept.Seq <= m.at.Known && slices.Contains(e.Keys, k.id) {
			k.destroyed, k.epoch, k.final = &kept, e.Epoch, e.Final
		}
	}
	return nil
}

func (m *maker) erasureFacts(ctx context.Context, who domain.Subject, keys []*sealedBy) error {
	left := 0
	for _, k := range keys {
		if k.destroyed == nil {
			left++
		}
	}
	m.doc.fact("keys", "Keys that sealed this person’s values, counted in the events’ own bodies", Number(len(keys)), Computed)
	m.doc.fact("destroyed", "Of these destroyed, each with the event that says so", Number(len(keys)-left), Computed)
	m.doc.fact("retained", "Of these retained", Number(left), Computed)
	last := who.Erasures[len(who.Erasures)-1]
	dead, err := erasure.DeadAt(ctx, m.src.Ledger, last.Epoch, m.at.Known)
	if err != nil {
		return err
	}
	m.doc.pending("liveCopies", "Gone from the live ledger since", absent(Instant(last.Completed), last.Completed == 0), "not yet: it is under way")
	m.doc.pending("olderCopies", "Gone from older copies of the key vault since", absent(Instant(dead), dead == 0), "not yet: only when the key epoch has ended (muniment keys rotate)")
	return nil
}

func (m *maker) erasureTables(ctx context.Context, who domain.Subject, keys []*sealedBy) error {
	deadAt := map[int64]Cell{}
	for _, k := range keys {
		if _, ok := deadAt[k.epoch]; ok {
			continue
		}
		at, err := erasure.DeadAt(ctx, m.src.Ledger, k.epoch, m.at.Known)
		if err != nil {
			return err
		}
		deadAt[k.epoch] = absent(Instant(at), at == 0)
	}
	t := Table{Name: "keys", Title: "Keys", Order: "By the first event that each one seals.", Empty: "No value of this person was ever sealed.", Columns: []Column{
		{"key", "Key", "Key", Observed, ""}, {"class", "Class", "Key", Observed, ""},
		{"events", "Events it seals", "Seals", Computed, ""}, {"first", "First", "Seals", Observed, ""},
		{"destroyed", "Destroyed", "Destroyed", Observed, "retained"}, {"destroyedBy", "Event", "Destroyed", Observed, ""}, {"final", "In the live ledger", "Destroyed", Observed, ""},
		{"epoch", "Key epoch", "Older copies", Observed, ""}, {"olderCopiesDead", "Dead since", "Older copies", Observed, "not yet"},
	}}
	for _, k := range keys {
		row := []Cell{ID(k.id), Code(k.class), Number(k.events), Number(k.first), nil, nil, nil, nil, nil}
		if k.destroyed != nil {
			row = append(row[:4], Instant(k.destroyed.LogTime), Number(k.destroyed.Seq), Code(k.final), Number(k.epoch), deadAt[k.epoch])
		}
		t.Rows = append(t.Rows, row)
	}
	m.doc.table(t)
	m.doc.table(erasureSteps(who))
	m.doc.table(retained(who))
	return nil
}

func erasureSteps(who domain.Subject) Table {
	t := Table{Name: "erasures", Title: "Erasures and their acknowledgements", Order: "The earliest first.", Columns: []Column{
		{"requested", "Asked for", "When", Observed, ""}, {"completed", "Completed", "When", Observed, "under way"},
		{"ground", "Ground (Art. 17(1))", "Why", Declared, ""}, {"case", "Case", "Why", Declared, ""},
		{"classes", "Classes", "What", Declared, "all"}, {"keys", "Keys destroyed", "What", Observed, ""},
		{"lookups", "Identifiers that no longer lead here", "Purged", Observed, ""}, {"claims", "Events whose claim digest was blanked", "Purged", Observed, ""},
		{"views", "Views had followed to position", "Purged", Observed, ""},
	}}
	for _, e := range who.Erasures {
		var classes []string
		for _, c := range e.Classes {
			classes = append(classes, string(c))
		}
		row := []Cell{Instant(e.Requested), absent(Instant(e.Completed), e.Completed == 0), Code(e.Ground), Text(e.Case), absent(Codes(classes), classes == nil), Number(len(e.Keys)), nil, nil, nil}
		if e.Completed != 0 {
			row = append(row[:6], Number(e.Counts.Lookups), Number(e.Counts.Claims), Number(e.Counts.Views))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// retained is what stays on purpose, on which ground and until when.
func retained(who domain.Subject) Table {
	t := Table{Name: "retained", Title: "What is retained, and why", Order: "Suppressions, then legal holds.", Empty: "Nothing is retained on purpose.", Columns: []Column{
		{"what", "What", "What", Observed, ""}, {"ground", "Ground", "Why", Declared, ""}, {"authority", "Demanded by", "Why", Declared, ""},
		{"until", "To be looked at again", "Until", Declared, "no date"}, {"case", "Case", "Until", Declared, ""},
	}}
	for _, e := range who.Erasures {
		if e.Suppressed > 0 {
			t.Rows = append(t.Rows, []Cell{Text(fmt.Sprintf("Keyed hashes of numbers or addresses, used only to block: %d", e.Suppressed)), Code(e.Suppress), nil, nil, Text(e.Case)})
		}
	}
	for _, h := range who.Held() {
		var classes []string
		for _, c := range h.Classes {
			classes = append(classes, string(c))
		}
		t.Rows = append(t.Rows, []Cell{Codes(classes), Text(h.Cited()), Text(h.Authority), Day(h.Review), Text(h.Case)})
	}
	return t
}

func (m *maker) erasureNotes() {
	m.doc.note("What this shows",
		"Personal values are kept sealed. A key is counted here because a kept event names it, whether or not anybody listed it; whoever has the events can count again.",
		"Destroyed in the live ledger means: the key’s bytes were overwritten where it lay. With “EPOCH_END” a database server keeps old rows as it likes, and only the end of the key epoch is final.",
		"Each event named here is sealed in the ledger’s signed tree where the table says so. The JSON form carries its leaf and the proof, under the checkpoint that was newest when this was made: made again, everything else is the same, and the proofs may be under a later one.",
		"Older copies of the key vault open nothing once their key epoch has ended and its root was destroyed. Copies of the keys directory, in backups or escrow, are for whoever made them to destroy.")
	m.doc.note("What stays",
		"The sealed bytes, which nothing opens any more; the events’ times, kinds and counts; the person’s number in this ledger and those of its interactions, which stay linkable with each other; plain facts such as a country or a length.",
		"Messages that left before, to recipients outside of this ledger: exports, reports, notices.")
	m.doc.note("What this doesn’t show",
		"It does not prove that no copy exists elsewhere: at the source system, at recipients, in backups that this ledger doesn’t control, or in a copy somebody made of keys or values before they were destroyed.")
}
