package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
)

// reading is who reads personal values at the command line, why, and for which case. Without any of it
// nothing is opened.
type reading struct {
	Purpose string `help:"Why personal values may be opened, such as DATA_SUBJECT_REQUEST; recorded. Goes with --case and --login."`
	Case    string `help:"For which case; recorded."`
	Login   string `placeholder:"LOGIN" help:"Who reads, or issues it: the person's login, as in muniment token create. Needed to open personal values."`
}

// actor is who works here: a person with --login, else whoever has the directory.
func (r reading) actor(ctx context.Context, h *house) (domain.Actor, error) {
	if r.Login == "" {
		return commandLine, nil
	}
	id, err := h.actor(ctx, access.DPO, r.Login, nil)
	return domain.Actor{ID: id, Kind: domain.Person, Role: commandLine.Role}, err
}

// stated is the reading to record before anything is opened; nil when nothing is.
func (r reading) stated(by domain.Actor) (*ledger.Reading, error) {
	switch {
	case r.Purpose == "" && r.Case == "":
		return nil, nil
	case r.Purpose == "" || r.Case == "":
		return nil, usage{errors.New("personal values need both --purpose and --case")}
	case r.Login == "":
		return nil, usage{errors.New("personal values need --login: who reads them must be known (Art. 32 GDPR)")}
	case !slices.Contains(domain.ReadPurposes, r.Purpose):
		return nil, usage{fmt.Errorf("--purpose: expected one of %s", strings.Join(domain.ReadPurposes, ", "))}
	}
	if err := domain.Reasons["reference"].Check(r.Case); err != nil {
		return nil, usage{fmt.Errorf("--case: %w", err)}
	}
	return &ledger.Reading{Actor: by, Source: "cli", Purpose: r.Purpose, Case: r.Case}, nil
}
