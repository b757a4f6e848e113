package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token; it alone is printed."`
	Link   tokenLinkCmd   `cmd:"" help:"Make a sign-in link for the explorer: works once, within ten minutes."`
	List   tokenListCmd   `cmd:"" help:"List tokens and sessions."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token or session at once."`
}

type tokenCreateCmd struct {
	Role    string        `required:"" placeholder:"ROLE" help:"dpo, operator, customer or regulator."`
	Tenant  []string      `placeholder:"ID|NAME" help:"customer, regulator: which accounts it may see. Repeatable."`
	Expires time.Duration `default:"2160h" help:"How long it holds."`
	Content bool          `help:"customer, regulator: may see personal values, with purpose and case."`
	Login   string        `placeholder:"LOGIN" help:"Whose token it is, the same for all of a person's. Default for a DPO: dpo. Needed to decide, to approve and to see personal values."`
	writing
}

// Help shows examples.
func (*tokenCreateCmd) Help() string {
	return `Examples:
  muniment token create --role dpo --login anna
  muniment token create --role operator --tenant "Example Dental" --expires 24h
  muniment token create --role operator --tenant all --source portal --kinds interactions,accesses --reports actors
  muniment token create --role operator --decides --login olaf
  muniment token create --role customer --tenant "Example Dental"`
}

func (c *tokenCreateCmd) run(ctx context.Context, h *house, t terminal) error {
	p, err := c.principal(ctx, h)
	if err != nil {
		return err
	}
	secret, _, err := h.access.Token(ctx, p)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, secret)
	return nil
}

// principal is who the flags describe.
func (c tokenCreateCmd) principal(ctx context.Context, h *house) (access.Principal, error) {
	role, err := access.ParseRole(c.Role)
	if err != nil {
		return access.Principal{}, usage{fmt.Errorf("--role: %w", err)}
	}
	if c.Expires <= 0 {
		return access.Principal{}, usage{fmt.Errorf("--expires: expected a time to come, such as 24h")}
	}
	if (role == access.Customer || role == access.Regulator) && len(c.Tenant) == 0 {
		return access.Principal{}, usage{fmt.Errorf("--role %s needs --tenant: which accounts may it see?", c.Role)}
	}
	if role == access.DPO {
		c.Login = cmp.Or(c.Login, "dpo")
	}
	if c.Content && c.Login == "" {
		return access.Principal{}, usage{errors.New("--content needs --login: who reads personal values must be known (Art. 32 GDPR)")}
	}
	p := access.Principal{Role: role, Content: c.Content, Expires: h.now().Add(c.Expires)}
	if role != access.Operator && c.writing != (writing{}) {
		return p, usage{errors.New("--source, --kinds, --reports and --decides are for --role operator")}
	}
	if role == access.Operator {
		if p, err = c.operator(ctx, h, p); err != nil {
			return p, err
		}
	} else if p.Tenants, err = c.tenants(ctx, h); err != nil {
		return p, err
	}
	p.Person = c.Login != ""
	p.Actor, err = h.actor(ctx, role, c.Login, p.Tenants)
	return p, err
}

// tenants finds the accounts that --tenant names.
func (c tokenCreateCmd) tenants(ctx context.Context, h *house) (ids []domain.ID, err error) {
	for _, name := range c.Tenant {
		id, err := tenantNamed(ctx, h, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// actor finds or enrols the person behind a login of our own; without a login it is nobody known.
func (h *house) actor(ctx context.Context, role access.Role, login string, tenants []domain.ID) (domain.ID, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	if login == "" {
		return domain.NewID(), nil
	}
	tenant := domain.Operator
	who := ledger.Identifier{Type: domain.Login, Value: domain.OwnSystem + "/" + login}
	if role == access.Customer && len(tenants) > 0 {
		// A person of several accounts is one person: where one of them knows the login, it's that.
		tenants = slices.SortedFunc(slices.Values(tenants), func(a, b domain.ID) int { return slices.Compare(a[:], b[:]) })
		tenant = tenants[0]
	} else {
		tenants = []domain.ID{tenant}
	}
	for _, t := range tenants {
		if id, ok, err := h.vault.Find(ctx, t, who); err != nil || ok {
			return id, err
		}
	}
	employer, capacity := domain.Employer("ORGANISATION"), domain.Controller
	if tenant != domain.Operator {
		employer, capacity = "TENANT", domain.Processor
	}
	o := h.ledger.Take(ctx, ledger.Own(), []*ledger.Submission{{
		Source: "muniment", ID: domain.NewEventID(h.now()), Tenant: tenant, Occurred: domain.At(domain.TimeOf(h.now())),
		Actor:    ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}},
		Subjects: []ledger.SubjectClaim{{Identifiers: []ledger.Identifier{who}, Capacity: capacity}},
		Event:    domain.UserEnrolled{Employer: employer, System: "muniment", Login: domain.Clear(login), Name: domain.Clear(login)},
	}})[0]
	if o.Err != nil {
		return domain.ID{}, o.Err
	}
	return o.Receipt.Stream.ID, nil
}

type tokenLinkCmd struct {
	Role    string   `default:"dpo" placeholder:"ROLE" help:"dpo, operator, customer or regulator."`
	Tenant  []string `placeholder:"ID|NAME" help:"customer, regulator: which accounts."`
	Content bool     `help:"customer, regulator: may see personal values, with purpose and case."`
	Login   string   `default:"dpo" placeholder:"LOGIN" help:"Who signs in."`
	BaseURL string   `placeholder:"URL" help:"Where the pages are. Default: where serve serves them, else http://127.0.0.1:8080."`
}

func (c *tokenLinkCmd) run(ctx context.Context, h *house, t terminal) error {
	session := tokenCreateCmd{Role: c.Role, Tenant: c.Tenant, Content: c.Content, Login: c.Login, Expires: access.LinkLife}
	session.Decides = strings.EqualFold(c.Role, string(access.Operator)) // nobody writes facts with a browser
	p, err := session.principal(ctx, h)
	if err != nil {
		return err
	}
	secret, err := h.access.Link(ctx, p)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s/signin/%s\n", strings.TrimSuffix(cmp.Or(c.BaseURL, h.base, "http://127.0.0.1:8080"), "/"), secret)
	return nil
}

type tokenListCmd struct{}

func (tokenListCmd) run(ctx context.Context, h *house, t terminal) error {
	all, err := h.access.List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tKIND\tROLE\tCREATED\tEXPIRES\tSTATE\tTENANTS\tMAY STATE")
	for _, l := range all {
		state := "in force"
		switch {
		case l.Revoked:
			state = "revoked"
		case !h.now().Before(l.Expires):
			state = "expired"
		}
		tenants := "all"
		if len(l.Tenants) > 0 {
			names := make([]string, len(l.Tenants))
			for i, id := range l.Tenants {
				names[i] = id.String()
			}
			tenants = strings.Join(names, " ")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.Kind, l.Role, l.Created.Format(time.RFC3339), l.Expires.Format(time.RFC3339), state, tenants, mayState(l.Writer))
	}
	return w.Flush()
}

type tokenRevokeCmd struct {
	ID string `arg:"" name:"ID" help:"As token list shows it."`
}

func (c *tokenRevokeCmd) run(ctx context.Context, h *house, t terminal) error {
	id, err := domain.ParseID(c.ID)
	if err != nil {
		return usage{err}
	}
	if err := h.access.Revoke(ctx, id); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "revoked")
	return nil
}
