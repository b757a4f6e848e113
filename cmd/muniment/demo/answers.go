package demo

import (
	"context"
	"fmt"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/projections"
)

// reply is what one customer says to the change.
type reply struct {
	by, of  string // who answers, and whose notice it is: an agency may answer for an account below it
	command string
	given   func(domain.Notice) bool
	input   object
}

func acknowledged(n domain.Notice) bool { return n.Level == domain.Acknowledged }

func authorised(n domain.Notice) bool { return n.Authority.Basis == domain.ExplicitAuthority }

func objected(n domain.Notice) bool { return n.Objection.State != domain.ObjectionNone }

// objector is the customer whose objection is open.
const objector = "harbour"

// replies are all that is said. Rheinblick, whose agreement asks for an explicit yes, stays silent,
// and so does Kvist & Krona; nobody is named to speak for Prairie.
var replies = []reply{
	{"lindvik", "lindvik", "acknowledgeNotice", acknowledged, object{}},
	{"bluewater", "bluewater", "acknowledgeNotice", acknowledged, object{}},
	{"cedar", "cedar", "acknowledgeNotice", acknowledged, object{}},
	{"cedar", "cedar", "authoriseNotice", authorised, object{}},
	{"northlight", "northlight", "acknowledgeNotice", acknowledged, object{}},
	{"northlight", "fjallhus", "authoriseNotice", authorised, object{}},
	{objector, objector, "acknowledgeNotice", acknowledged, object{}},
	{objector, objector, "raiseObjection", objected, object{"ground": "LOCATION",
		"text": "Recordings of our calls are privileged. Our professional rules do not let them leave the European Union."}},
}

// answers lets the customers say so, each signed in as its contact for notices.
func (w World) answers(ctx context.Context, s *story, told map[domain.ID]projections.State[domain.Notice]) error {
	for _, r := range replies {
		who, notice := s.account(r.by), told[s.account(r.of).id]
		if r.given(notice.State) {
			continue
		}
		if err := w.answer(ctx, who, r, notice.ID); err != nil {
			return fmt.Errorf("%s: %w", who.name, err)
		}
	}
	fmt.Fprintf(w.Out, "  demo: %-58s %d times, by command\n", "customers answered", len(replies))
	return nil
}

func (w World) answer(ctx context.Context, who *account, r reply, notice domain.ID) error {
	customer, err := w.signIn(ctx, who.principal())
	if err != nil {
		return err
	}
	defer customer.leave(ctx)
	input := object{"notice": "notice-" + notice.String()}
	for name, v := range r.input {
		input[name] = v
	}
	return customer.do(ctx, r.command, input)
}

// principal is the account's contact for notices.
func (a *account) principal() access.Principal {
	return access.Principal{Role: access.Customer, Actor: a.contactID(), Person: true, Tenants: []domain.ID{a.id}}
}
