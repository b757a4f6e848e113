package report

import (
	"context"
	"fmt"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

// access is one access with what else is known of it.
type access struct {
	projections.Access
	kept domain.Kept
	// contact is the call, text, form or chat; nil when it was never told to this ledger.
	contact *projections.Interaction
}

func makeAccesses(ctx context.Context, m *maker) error {
	tenant, err := m.whose(ctx)
	if err != nil {
		return err
	}
	var t Table
	var row rowOf
	if m.q.View == ForSubject {
		t, row = m.subjectTable(tenant)
	} else {
		t, row = m.dpoTable()
	}
	who := m.people()
	err = m.eachPage(ctx, func(page []access) error {
		if err := who.load(ctx, actors(page), m.q.View != ForSubject); err != nil {
			return err
		}
		for _, a := range page {
			cells, err := row(ctx, who, a)
			if err != nil {
				return err
			}
			t.Rows = append(t.Rows, cells)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if m.q.From != 0 {
		m.doc.fact("from", "Beginning with", Instant(m.q.From), "")
	}
	m.doc.fact("accesses", m.say("Accesses listed", "Uses listed"), Number(len(t.Rows)), Observed)
	m.doc.table(t)
	if m.q.View == ForSubject {
		m.subjectNotes()
	} else {
		m.dpoNotes()
	}
	return nil
}

// say picks the words for whom the log is written.
func (m *maker) say(dpo, subject string) string {
	if m.q.View == ForSubject {
		return subject
	}
	return dpo
}

// whose writes the head: the person and the tenant, or a refusal when nothing about the person was
// known at the viewpoint, or is in the scope: the two can't be told apart.
func (m *maker) whose(ctx context.Context) (tenant string, err error) {
	any := domain.Viewpoint{AsOf: anyDay, KnownAt: m.at.KnownAt, Known: m.at.Known}
	trail, err := m.reader.Events(ctx, projections.EventFilter{Tenant: m.q.Tenant, Subject: m.q.Subject}, any, projections.Page{First: 1})
	if err != nil {
		return "", fmt.Errorf("find the person: %w", err)
	}
	if len(trail.Edges) == 0 {
		return "", &domain.Refusal{Code: domain.NotFound, Rule: "report.subject", Field: "subject", Message: "nothing about this person was known to the ledger then"}
	}
	first := trail.Edges[0].Node
	m.doc.Tenant, m.doc.View = first.Tenant, m.q.View
	if m.doc.View == "" {
		m.doc.View = ForDPO
	}
	if err := m.capacity(ctx, first.Seq); err != nil {
		return "", err
	}
	name, err := m.people().onBehalf(ctx, first.Tenant)
	if err != nil {
		return "", err
	}
	identifiers, err := m.identifiers(ctx)
	if err != nil {
		return "", err
	}
	m.doc.fact("subject", m.say("Person", "Your number in this record"), ID(m.q.Subject), Observed)
	m.doc.fact("identifiers", m.say("Known by", "You are known by"), absent(identifiers, len(identifiers) == 0), Observed)
	m.doc.fact("tenant", m.say("Customer", "The company you were in contact with"), name, Declared)
	if _, named := name.(Text); named {
		return name.words(), nil
	}
	return "the customer", nil
}

// capacity notes our role towards the person, as the first event about them says.
func (m *maker) capacity(ctx context.Context, seq int64) error {
	events, err := m.src.events(ctx, []int64{seq})
	if err != nil {
		return fmt.Errorf("find the person: %w", err)
	}
	for _, s := range events[0].Subjects {
		if s.ID == m.q.Subject {
			m.doc.Subjects = []domain.SubjectRef{s}
			m.doc.fact("capacity", m.say("Our role towards the person", "Role of whoever keeps this record"), Code(s.Capacity), Declared)
		}
	}
	return nil
}

// identifiers are the numbers and addresses that led to the person on the day.
func (m *maker) identifiers(ctx context.Context) (Personals, error) {
	person, err := m.reader.Subject(ctx, m.q.Subject, m.at)
	if err != nil || person == nil {
		return nil, err
	}
	var refs []ledger.Ref
	for _, i := range person.State.Identifiers {
		refs = append(refs, ledger.Ref{Seq: i.Seq, Path: "/value"})
	}
	values, err := m.src.open(ctx, refs)
	for i := range values {
		values[i].Type = string(person.State.Identifiers[i].Type)
	}
	return values, err
}

// eachPage walks the accesses to the person's data, oldest first.
func (m *maker) eachPage(ctx context.Context, do func([]access) error) error {
	// Reads of this ledger are left out here and not in the filter, which would look at each page's
	// rows many times over.
	filter := projections.AccessFilter{Tenant: m.doc.Tenant, Subject: m.q.Subject, From: m.q.From, LedgerReads: true}
	for page := (projections.Page{First: projections.MaxPage}); ; {
		conn, err := m.reader.Accesses(ctx, filter, m.at, page)
		if err != nil {
			return fmt.Errorf("read the accesses: %w", err)
		}
		var found []access
		for _, e := range conn.Edges {
			if e.Node.Action != projections.LedgerRead || m.q.LedgerReads {
				found = append(found, access{Access: e.Node})
			}
		}
		if err := m.complete(ctx, found); err != nil {
			return err
		}
		if err := do(found); err != nil {
			return err
		}
		if !conn.HasNext {
			return nil
		}
		page.After = conn.End
	}
}

// complete adds each access's event and what it was an access to.
func (m *maker) complete(ctx context.Context, page []access) error {
	seqs := make([]int64, len(page))
	var ids []domain.ID
	for i, a := range page {
		seqs[i] = a.Seq
		if !a.Interaction.IsZero() && !slices.Contains(ids, a.Interaction) {
			ids = append(ids, a.Interaction)
		}
	}
	contacts, err := m.reader.InteractionsByID(ctx, ids, m.at)
	if err != nil {
		return err
	}
	events, err := m.src.events(ctx, seqs)
	if err != nil {
		return fmt.Errorf("read the accesses: %w", err)
	}
	for i, k := range events {
		page[i].kept = k
		if c, ok := contacts[page[i].Interaction]; ok {
			page[i].contact = &c
		}
	}
	return nil
}

func actors(page []access) []domain.ID {
	ids := make([]domain.ID, len(page))
	for i, a := range page {
		ids[i] = a.Actor
	}
	return ids
}
