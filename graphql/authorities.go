package graphql

import (
	"context"
	"fmt"
	"sync"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// authority is what the use of one company for one account rests on.
type authority struct {
	Subprocessor gql.ID
	Name         string
	Purposes     []string
	Basis        string
}

// Authorities lists what is in use on the day, and what its use for this account rests on: the list annexed
// at signature, the account's own answer to a notice, or nothing that is proven.
func (t *tenant) Authorities(ctx context.Context) ([]authority, error) {
	if t.state.ID.IsZero() {
		return []authority{}, nil
	}
	r := from(ctx)
	agreed, err := r.reader.Agreement(ctx, t.state.ID, t.at)
	if err != nil {
		return nil, err
	}
	var terms domain.AgreedTerms
	var inForce bool
	if agreed != nil {
		terms, inForce = agreed.State.Seen(t.at)
	}
	var annexed domain.ListHistory
	if inForce && terms.List != "" {
		annexed, err = remembered(r, "list "+terms.List, func() (domain.ListHistory, error) { return r.list(ctx, terms.List) })
		if err != nil {
			return nil, err
		}
	}
	answered := map[domain.ID]domain.AuthorityBasis{}
	err = eachPage(func(p projections.Page) (projections.Conn[projections.State[domain.Notice]], error) {
		return r.reader.Notices(ctx, projections.StateFilter{Tenant: t.state.ID}, t.at, p)
	}, func(n projections.State[domain.Notice]) {
		if b := n.State.Authority.Basis; b.Authorises() && !n.State.Objection.Holds() {
			answered[n.State.Terms.Subprocessor] = b
		}
	})
	if err != nil {
		return nil, err
	}
	used, err := r.inUse(ctx, t.at)
	if err != nil {
		return nil, err
	}
	out := []authority{}
	for _, s := range used {
		x := s.State
		basis, ok := answered[s.ID]
		switch {
		case ok:
		case inForce && (x.List == terms.List && annexed.AnnexedTo(terms, s.ID) || x.List == "" && x.Engagement.Pending(terms.Agreed)):
			basis = domain.AnnexedAuthority
		default:
			basis = domain.UnprovenAuthority
		}
		out = append(out, authority{nodeID("subprocessor", s.ID), x.LegalName, words(x.Purposes), string(basis)})
	}
	return out, nil
}

// inUse is the register of a day without what is only proposed or announced.
func (r *request) inUse(ctx context.Context, at domain.Viewpoint) ([]projections.State[projections.Subprocessor], error) {
	return remembered(r, fmt.Sprint("register ", at), func() (used []projections.State[projections.Subprocessor], err error) {
		err = eachPage(func(p projections.Page) (projections.Conn[projections.State[projections.Subprocessor]], error) {
			return r.reader.Subprocessors(ctx, projections.StateFilter{}, at, p)
		}, func(s projections.State[projections.Subprocessor]) {
			s.State = s.State.On(at.AsOf, at.KnownAt)
			if s.State.Status == projections.Listed || s.State.Status == string(domain.SubprocessorIsActive) {
				used = append(used, s)
			}
		})
		return used, err
	})
}

// remembered loads something once in an operation, so that a list of accounts doesn't read it for each.
func remembered[T any](r *request, key string, load func() (T, error)) (T, error) {
	entry, _ := r.once.LoadOrStore(key, sync.OnceValues(load))
	return entry.(func() (T, error))()
}

// Findings lists what somebody must look at on the account.
func (t *tenant) Findings(ctx context.Context) ([]string, error) {
	out := []string{}
	used, err := t.Authorities(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range used {
		if a.Basis == string(domain.UnprovenAuthority) && !t.Closed {
			out = append(out, "SUBPROCESSOR_UNPROVEN")
			break
		}
	}
	if !t.state.State.Closed {
		return out, nil
	}
	calls, err := from(ctx).reader.Interactions(ctx, projections.InteractionFilter{Tenant: t.state.ID, From: t.state.State.ClosedAt + 1}, t.at, projections.Page{First: 1})
	if err == nil && len(calls.Edges) > 0 {
		out = append(out, "CALLED_AFTER_OFFBOARDING")
	}
	return out, err
}

// eachPage reads a list to its end.
func eachPage[T any](list func(projections.Page) (projections.Conn[T], error), each func(T)) error {
	for page := (projections.Page{First: projections.MaxPage}); ; {
		c, err := list(page)
		if err != nil {
			return err
		}
		for _, e := range c.Edges {
			each(e.Node)
		}
		if page.After = c.End; !c.HasNext {
			return nil
		}
	}
}
