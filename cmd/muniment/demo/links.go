package demo

import (
	"context"
	"fmt"
)

// publicLinks are worth opening in any ledger.
func (w World) publicLinks() []Link {
	return []Link{
		{"Explorer (signed in)", w.BaseURL + "/explorer"},
		{"Changes as a feed", w.BaseURL + "/subprocessors/feed.atom"},
	}
}

// links are worth opening in the demo. The customer's link is made anew at every start: it works once.
func (w World) links(ctx context.Context, s *story) ([]Link, error) {
	customer := s.account(objector)
	secret, err := w.Access.Link(ctx, customer.principal())
	if err != nil {
		return nil, err
	}
	first, days := versions[0], w.BaseURL+"/subprocessors?"
	return append(w.publicLinks(),
		Link{"The list, two years ago", fmt.Sprintf("%son=%s", days, s.date(first.ago))},
		Link{"What changed since", fmt.Sprintf("%sfrom=%s&to=%s", days, s.date(first.ago), s.date(0))},
		Link{"The objector (once)", w.BaseURL + "/signin/" + secret},
	), nil
}
