package intake

import (
	"context"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// Validate reads a whole input, keeps nothing and makes nothing, and answers the lines that would
// be refused: the first pass of a strict import. It finds what is wrong with a line by itself and
// tenants that are neither known nor onboarded by an earlier line; that a record was kept before
// with other content shows only when it is kept.
func Validate(ctx context.Context, l *ledger.Ledger, r Reader, o RunOptions) (Summary, error) {
	v := validator{l: l, by: o.By, onboarded: map[domain.ID]bool{}}
	each := o.Each
	o.Each = func(a Answer) {
		if a.State == Refused && each != nil {
			each(a)
		}
	}
	s, err := run(ctx, r, o, func(ctx context.Context, subs []*ledger.Submission) prepared { return v.judge(ctx, subs) })
	return Summary{Refused: s.Refused, Dropped: s.Dropped, Notes: s.Notes}, err
}

type validator struct {
	l         *ledger.Ledger
	by        ledger.Principal
	onboarded map[domain.ID]bool
}

// verdict is what became of a chunk of which nothing is kept.
type verdict []ledger.Outcome

func (v verdict) Keep(context.Context) []ledger.Outcome { return v }

func (verdict) Drop(context.Context) {}

func (v *validator) judge(ctx context.Context, subs []*ledger.Submission) verdict {
	out := make(verdict, len(subs))
	for i, s := range subs {
		if out[i].Err = v.check(ctx, s); out[i].Err == nil {
			if _, ok := s.Event.(domain.TenantOnboarded); ok {
				v.onboarded[s.Tenant] = true
			}
		}
	}
	return out
}

func (v *validator) check(ctx context.Context, s *ledger.Submission) error {
	if err := s.Occurred.At.Check(); err != nil {
		return domain.Malformed("occurred", "%s", err)
	}
	when, err := v.l.Dated(ctx, s.Tenant, s.Occurred)
	if err != nil {
		return err
	}
	if when.At > domain.TimeOf(v.l.Now().Add(domain.MaxSkew)) {
		return domain.Malformed("occurred", "lies in the future (more than 5 minutes from now): check the sender's clock and zone")
	}
	if no := v.by.May(s); no != nil {
		return no
	}
	if err := s.Opaque(); err != nil {
		return err
	}
	_, personal := domain.Split(s.Event)
	for _, p := range personal {
		if !p.OwnerNamed(len(s.Subjects)) {
			return domain.Malformed("subjects", "data.%s is personal: name the subject it belongs to at index %d", p.Path[1:], p.Owner)
		}
	}
	kind, _ := domain.Lookup(s.Event.Kind())
	switch kind.Noun {
	case "interaction", "export", "subprocessor", "notice":
		if s.Stream == (ledger.StreamRef{}) {
			return domain.Malformed("of", "missing: say which %s by its id in your system and its own time", kind.Noun)
		}
	case "subject", "user", "consent":
		if len(s.Subjects) == 0 && s.Stream.Name.IsZero() {
			return domain.Malformed("subjects", "missing: say whom %s is about", kind.Kind)
		}
	}
	if _, ok := s.Event.(domain.TenantOnboarded); ok || v.onboarded[s.Tenant] {
		return nil
	}
	_, err = v.l.Vault.NamingKey(ctx, s.Tenant)
	if errors.Is(err, ledger.ErrUnknownTenant) {
		return ledger.UnknownTenant()
	}
	if err != nil {
		return fmt.Errorf("tenant: %w", err)
	}
	return nil
}
