package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/projections"
)

// The change under objection, by the commands that people would give. An idempotency key holds for
// one token, and a load that is gone on with has another one, so each command first looks whether it
// was given already.

const transcripts = "Clearquill Transcripts Inc."

// change announces the new company, waits for the notices and lets the customers answer.
func (w World) change(ctx context.Context, s *story) error {
	actor, _, err := w.Ledger.Vault.Find(ctx, domain.Operator, ledger.Identifier{Type: domain.Login, Value: "muniment/dpo"})
	if err != nil {
		return err
	}
	dpo, err := w.signIn(ctx, access.Principal{Role: access.DPO, Actor: actor, Person: true})
	if err != nil {
		return err
	}
	defer dpo.leave(ctx)
	if err := w.announce(ctx, s, dpo); err != nil {
		return err
	}
	told, err := w.told(ctx, s)
	if err != nil {
		return err
	}
	return w.answers(ctx, s, told)
}

// company finds the new company in the register; nil when it was not proposed yet.
func (w World) company(ctx context.Context) (*projections.State[projections.Subprocessor], error) {
	r := w.Views.In(projections.Scope{All: true})
	at, err := r.Viewpoint(ctx, 0, 0, w.Now())
	if err != nil {
		return nil, err
	}
	list, err := r.Subprocessors(ctx, projections.StateFilter{}, at, projections.Page{First: projections.MaxPage})
	for _, e := range list.Edges {
		if e.Node.State.LegalName == transcripts {
			return &e.Node, nil
		}
	}
	return nil, err
}

// announce takes the company through proposal, check and contract to the announcement.
func (w World) announce(ctx context.Context, s *story, dpo session) error {
	for _, c := range []struct {
		name  string
		given func(domain.Subprocessor) bool
		input object
	}{
		{"proposeSubprocessor", domain.Subprocessor.Exists, object{"legalName": transcripts, "country": "US", "service": "Transcription",
			"purposes": []string{"Turning recordings of calls into text"}, "locations": []string{"Oregon, United States"},
			"dataCategories": []string{"CALL_RECORDINGS", "TRANSCRIPTS"}, "subjectCategories": []string{"CALLERS", "STAFF"}, "mechanism": "SCC_2021_914"}},
		{"completeDueDiligence", func(c domain.Subprocessor) bool { return c.Diligence.At != 0 }, object{"security": "PASSED", "privacy": "PASSED_WITH_CONDITIONS",
			"confidentiality": "PASSED", "digest": digest(transcripts + "/diligence"), "expires": s.date(-365)}},
		{"signFlowDown", func(c domain.Subprocessor) bool { return c.FlowDown != "" }, object{"digest": digest(transcripts + "/contract")}},
		{"announceChange", func(c domain.Subprocessor) bool { return len(c.Changes) > 0 }, object{"type": domain.AddSubprocessor, "effective": s.date(-45),
			"summary":  "Transcripts of recorded calls are made by another company, in the United States.",
			"services": []string{"Call transcription"}, "dataCategories": []string{"CALL_RECORDINGS", "TRANSCRIPTS"}, "locations": []string{"Oregon, United States"}, "mechanism": "SCC_2021_914"}},
	} {
		company, err := w.company(ctx)
		if err != nil {
			return err
		}
		if company != nil {
			if c.given(company.State.Engagement) {
				continue
			}
			c.input["subprocessor"] = "subprocessor-" + company.ID.String()
		}
		if err := dpo.do(ctx, c.name, c.input); err != nil {
			return err
		}
	}
	fmt.Fprintf(w.Out, "  demo: %-58s by command\n", transcripts+" was announced")
	return nil
}

// patience is how long the notices room may take: it works beside us and needs a moment.
const patience = time.Minute

// told waits until every customer's notice is there, and was sent where somebody is named to receive
// it. It returns them by tenant.
func (w World) told(ctx context.Context, s *story) (map[domain.ID]projections.State[domain.Notice], error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		seen := w.Views.Seen()
		found, err := w.notices(ctx)
		if err != nil {
			return nil, err
		}
		waiting := slices.ContainsFunc(s.accounts, func(a *account) bool {
			n, prepared := found[a.id]
			return !prepared || a.contact != "" && !n.State.Told()
		})
		if !waiting {
			return found, nil
		}
		if err := w.Views.Wait(limited, seen); err != nil {
			return nil, fmt.Errorf("waited %s for the notices of %d customers to be prepared and sent, found %d: is the notices room running? %w", patience, len(s.accounts), len(found), err)
		}
	}
}

// notices finds the notices of the change, by tenant.
func (w World) notices(ctx context.Context) (map[domain.ID]projections.State[domain.Notice], error) {
	company, err := w.company(ctx)
	if err != nil || company == nil {
		return nil, err
	}
	r := w.Views.In(projections.Scope{All: true})
	at, err := r.Viewpoint(ctx, 0, 0, w.Now())
	if err != nil {
		return nil, err
	}
	list, err := r.Notices(ctx, projections.StateFilter{Subject: company.ID}, at, projections.Page{First: projections.MaxPage})
	found := map[domain.ID]projections.State[domain.Notice]{}
	for _, e := range list.Edges {
		found[e.Node.Tenant] = e.Node
	}
	return found, err
}
