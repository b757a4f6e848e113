package report

import (
	"context"
	"fmt"
	"math"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

// anyDay is a time after every other: who somebody is doesn't depend on the day asked about.
const anyDay = domain.Time(math.MaxInt64 - 1)

// staff is the person behind an actor id.
type staff struct {
	enrolled bool
	employer domain.Employer
	ref      ledger.Ref // of the name, or else of the login; its path is empty when neither was kept
	name     Cell
}

// people finds who is behind actor ids, each once.
type people struct {
	*maker
	staff  map[domain.ID]staff
	behalf map[domain.ID]string // tenants by id, "" for no tenant
}

func (m *maker) people() *people {
	return &people{m, map[domain.ID]staff{}, map[domain.ID]string{}}
}

func (p *people) anyDay() domain.Viewpoint {
	return domain.Viewpoint{AsOf: anyDay, KnownAt: p.at.KnownAt, Known: p.at.Known}
}

// load finds those among the actors that weren't found before; named opens their names too.
func (p *people) load(ctx context.Context, actors []domain.ID, named bool) error {
	var ids []domain.ID
	var seqs []int64
	for _, id := range actors {
		if _, ok := p.staff[id]; ok || id.IsZero() {
			continue
		}
		p.staff[id] = staff{}
		user, err := p.reader.User(ctx, id, p.anyDay())
		if err != nil {
			return fmt.Errorf("find who acted: %w", err)
		}
		if user != nil {
			ids, seqs = append(ids, id), append(seqs, user.State.Enrolled)
		}
	}
	for i := 0; i < len(ids); i += projections.MaxPage {
		end := min(len(ids), i+projections.MaxPage)
		if err := p.enrolments(ctx, ids[i:end], seqs[i:end], named); err != nil {
			return err
		}
	}
	return nil
}

func (p *people) enrolments(ctx context.Context, ids []domain.ID, seqs []int64, named bool) error {
	events, err := p.src.events(ctx, seqs)
	if err != nil {
		return fmt.Errorf("find who acted: %w", err)
	}
	var refs []ledger.Ref
	for i, k := range events {
		e, _ := k.Event.(domain.UserEnrolled)
		s := staff{enrolled: true, employer: e.Employer}
		paths := domain.PersonalPaths(k.Event)
		for _, path := range []string{"/name", "/login"} {
			if s.ref.Path == "" && slices.Contains(paths, path) {
				s.ref = ledger.Ref{Seq: k.Seq, Path: path}
				refs = append(refs, s.ref)
			}
		}
		p.staff[ids[i]] = s
	}
	if !named {
		return nil
	}
	names, err := p.src.open(ctx, refs)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if s := p.staff[id]; s.ref.Path != "" {
			s.name, names = names[0], names[1:]
			p.staff[id] = s
		}
	}
	return nil
}

// onBehalf is the name of a tenant, or else the id as it was kept.
func (p *people) onBehalf(ctx context.Context, id domain.ID) (Cell, error) {
	if id.IsZero() {
		return nil, nil
	}
	name, ok := p.behalf[id]
	if !ok {
		t, err := p.reader.Tenant(ctx, id, p.anyDay())
		if err != nil {
			return nil, fmt.Errorf("find on whose behalf: %w", err)
		}
		if t != nil {
			name = t.State.Name
		}
		p.behalf[id] = name
	}
	if name == "" {
		return ID(id), nil
	}
	return Text(name), nil
}

// chunk is how many personal values are opened at once: the persons of one recorded read.
const chunk = 256

// open opens personal values, in the order asked.
func (s Source) open(ctx context.Context, refs []ledger.Ref) ([]Personal, error) {
	values := make([]Personal, 0, len(refs))
	for part := range slices.Chunk(refs, chunk) {
		if s.Reveal == nil {
			for range part {
				values = append(values, Personal{State: ledger.StateWithheld})
			}
			continue
		}
		opened, err := s.Reveal(ctx, part)
		if err != nil {
			return nil, fmt.Errorf("open personal values: %w", err)
		}
		if len(opened) != len(part) {
			return nil, fmt.Errorf("open personal values: asked for %d, got %d", len(part), len(opened))
		}
		for _, v := range opened {
			values = append(values, Personal{Text: v.Text, State: v.State})
		}
	}
	return values, nil
}
