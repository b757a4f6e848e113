package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/graphql/access"
)

// writing is what a token may state. Flags are texts, so that two of them compare.
type writing struct {
	Source  string `placeholder:"NAME" help:"operator: the system whose facts it writes. Default: the format's own name (events, ctm, …)."`
	Kinds   string `placeholder:"LIST" help:"operator: families or kinds it may write, with commas. Default: accesses,consents,interactions."`
	Reports string `placeholder:"LIST" help:"operator: actors, decisions: what its system may report beside the bare fact, with commas. It is kept as reported."`
	Decides bool   `help:"operator: it takes decisions, and writes no facts."`
}

// mostAccounts is how many accounts a token is bound to by itself; beyond that somebody says which.
const mostAccounts = 100

// operator is a token that writes facts, or with --decides one that decides.
func (c tokenCreateCmd) operator(ctx context.Context, h *house, p access.Principal) (access.Principal, error) {
	if c.Decides {
		switch {
		case c.writing != (writing{Decides: true}) || len(c.Tenant) > 0:
			return p, usage{errors.New("--decides goes without --source, --kinds, --reports and --tenant: who decides writes no facts, so make two tokens")}
		case c.Login == "":
			return p, usage{errors.New("--decides needs --login: whose decisions are they?")}
		}
		return p, nil
	}
	w := access.Writer{Source: c.Source, Kinds: domain.DefaultGrant}
	if w.Source != "" && (!domain.ValidSource(w.Source) || slices.Contains(domain.OwnSources, w.Source)) {
		return p, usage{errors.New("--source: expected the name of another system: 1 to 32 of a-z, 0-9, . and -, and none of this ledger's own")}
	}
	var err error
	if c.Kinds != "" {
		if w.Kinds, err = domain.ParseGrant(strings.Split(c.Kinds, ",")); err != nil {
			return p, usage{fmt.Errorf("--kinds: %w", err)}
		}
	}
	for _, what := range strings.FieldsFunc(c.Reports, func(r rune) bool { return r == ',' }) {
		switch what {
		case "actors":
			w.Actors = true
		case "decisions":
			w.Decisions = true
		default:
			return p, usage{errors.New("--reports: expected actors, decisions or both, with a comma")}
		}
	}
	p.Writer = &w
	switch {
	case slices.Equal(c.Tenant, []string{"all"}):
		w.Every = true
		return p, nil
	case len(c.Tenant) > 0:
		p.Tenants, err = c.tenants(ctx, h)
		return p, err
	}
	accounts, err := h.accounts(ctx)
	if err != nil {
		return p, err
	}
	if n := len(accounts); n == 0 || n > mostAccounts {
		return p, usage{fmt.Errorf("--role operator needs --tenant here, where there are %d accounts: name those whose facts it writes, or say --tenant all", n)}
	}
	for _, a := range accounts {
		p.Tenants = append(p.Tenants, a.ID)
	}
	return p, nil
}

// mayState is what the list shows of a token that writes facts.
func mayState(w *access.Writer) string {
	if w == nil {
		return ""
	}
	text := strings.ToLower(strings.Join(w.Kinds, ",")) + " as " + cmp.Or(w.Source, "its format's source")
	if w.Actors {
		text += ", reports actors"
	}
	if w.Decisions {
		text += ", reports decisions"
	}
	return text
}
