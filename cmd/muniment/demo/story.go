package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/intake"
)

// story is everything that the demo tells, made anew from the era alone.
type story struct {
	era
	accounts []*account
	calls    []*call // of all accounts, each account's in the order of time
}

func newStory(e era) *story {
	s := &story{era: e, accounts: accounts()}
	for _, a := range s.accounts {
		s.calls = append(s.calls, s.callsOf(a)...)
	}
	return s
}

// account finds an account by its short name.
func (s *story) account(short string) *account {
	for _, a := range s.accounts {
		if a.short == short {
			return a
		}
	}
	panic("demo: no account " + short)
}

// input is one import.
type input struct {
	title string
	open  func(ctx context.Context, w World) (text []byte, as func(io.Reader) (intake.Reader, error), err error)
}

// inputs are all imports, in order.
func (s *story) inputs() []input {
	list := []input{
		{"company, customers and staff", events(s.company(), byTime(s.customers()), byTime(s.people()))},
	}
	list = append(list, s.lists()...)
	list = append(list, input{"an earlier change", s.earlier})
	for _, a := range s.accounts {
		list = append(list, input{"calls, texts and forms: " + a.name, s.records(a)})
	}
	return append(list,
		input{"views, listens, downloads, edits", events(byTime(s.handling()))},
		input{"consents", events(byTime(s.consents()))},
		input{"retention and redactions", events(byTime(s.retention()))},
		input{"exports", events(byTime(s.exports()))},
	)
}

// events is an import of native events.
func events(parts ...[]fact) func(context.Context, World) ([]byte, func(io.Reader) (intake.Reader, error), error) {
	return func(context.Context, World) (text []byte, as func(io.Reader) (intake.Reader, error), err error) {
		for _, p := range parts {
			text = append(text, lines(p)...)
		}
		return text, asEvents, nil
	}
}

func asEvents(r io.Reader) (intake.Reader, error) {
	return intake.Events(r, intake.EventOptions{Source: source}), nil
}

// take imports one input. A refused line means that the demo and the ledger disagree: nothing is
// loaded around it.
func (w World) take(ctx context.Context, in input) error {
	text, as, err := in.open(ctx, w)
	if err != nil {
		return fmt.Errorf("%s: %w", in.title, err)
	}
	r, err := as(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", in.title, err)
	}
	var refused error
	sum, err := intake.Run(ctx, w.Ledger, r, intake.RunOptions{By: ledger.Own(), Each: func(a intake.Answer) {
		if a.State == intake.Refused && refused == nil {
			refused = errors.New(a.String())
		}
	}})
	if err == nil {
		err = refused
	}
	if err != nil {
		return fmt.Errorf("%s: %w", in.title, err)
	}
	fmt.Fprintf(w.Out, "  demo: %-58s %s\n", in.title, sum)
	return nil
}

// last is the event that says that all is there: our DPO signs in to look at it.
func (s *story) last() []fact {
	f := own("user.signed_in", "complete", s.now, nil)
	f.Subjects, f.Auth = []object{{"system": "muniment", "login": "dpo", "capacity": string(domain.Controller)}}, []string{"PASSWORD", "SECOND_FACTOR"}
	return []fact{f}
}
