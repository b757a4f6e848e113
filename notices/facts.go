package notices

import (
	"context"
	"fmt"

	"muniment/domain"
	"muniment/notices/render"
)

// facts gathers what a notice says: the change as it was announced, the company as it will be with
// it, and where the notice stands now.
func (n *Notices) facts(ctx context.Context, k kept, t domain.Tenant) (render.Notice, error) {
	f := render.Notice{
		Organisation: n.organisation(), Contact: n.askedAt().Address, Tenant: t.Name, State: k.Notice,
		Now: domain.TimeOf(n.now()), List: n.BaseURL + "/subprocessors",
	}
	company, err := n.subprocessor(ctx, k.Terms.Subprocessor)
	if err != nil {
		return f, err
	}
	for _, c := range company.Changes {
		if c.Change == k.Terms.Change {
			f.Change = c.ChangeAnnounced
		}
	}
	if f.Change.Change.IsZero() {
		return f, fmt.Errorf("the change %s was never announced on its sub-processor's stream", k.Terms.Change)
	}
	effective := k.Terms.Counting().Start(f.Change.Effective)
	f.Company, f.Before = company.At(effective), company.At(effective-1)
	if !f.Change.Replaces.IsZero() {
		old, err := n.subprocessor(ctx, f.Change.Replaces)
		if err != nil {
			return f, err
		}
		f.Replaces = old.Proposed.LegalName
	}
	return f, nil
}

func (n *Notices) subprocessor(ctx context.Context, id domain.ID) (domain.Subprocessor, error) {
	history, err := n.Ledger.History(ctx, domain.Stream{Noun: "subprocessor", ID: id})
	if err != nil {
		return domain.Subprocessor{}, fmt.Errorf("read the sub-processor: %w", err)
	}
	return fold[domain.Subprocessor](history), nil
}
