// Package witness has others see a log's checkpoints and sign what they saw (C2SP tlog-witness,
// tlog-cosignature): who shows two histories needs them all to look away.
//
//	policy.go  who they are, and how many are enough
//	submit.go  one checkpoint to one witness
//	feed.go    every checkpoint to all of them, and what they find
package witness

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
)

// Policy is a C2SP tlog-policy as the log itself uses it.
type Policy struct {
	torchwood.Policy
	Witnesses []Witness
}

// Witness is one that the policy names with a URL.
type Witness struct {
	Name     string
	URL      string
	verifier note.Verifier
}

// ErrNobody: there is nobody to send checkpoints to.
var ErrNobody = errors.New("policy: it names no witness with a URL, so there is nobody to send checkpoints to: expected a line witness NAME VKEY URL")

// ParsePolicy reads a policy and checks that it is about the log with one of these keys.
func ParsePolicy(text []byte, vkeys ...string) (p Policy, err error) {
	if p.Policy, err = torchwood.ParsePolicy(text); err != nil {
		return p, fmt.Errorf("policy: %w", err)
	}
	ours := false
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		switch {
		case len(f) >= 2 && f[0] == "log":
			ours = ours || slices.Contains(vkeys, f[1])
		case len(f) >= 4 && f[0] == "witness":
			u, err := url.Parse(f[3])
			if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
				return p, fmt.Errorf("policy: line %d: expected the witness's URL, such as https://witness.example.com/", n)
			}
			v, err := torchwood.NewCosignatureVerifier(f[2])
			if err != nil {
				return p, fmt.Errorf("policy: line %d: %w", n, err)
			}
			p.Witnesses = append(p.Witnesses, Witness{Name: f[1], URL: strings.TrimSuffix(f[3], "/"), verifier: v})
		}
	}
	switch {
	case !ours:
		return p, fmt.Errorf("policy: it is not about this log: expected the line log %s", strings.Join(vkeys, " or log "))
	case len(p.Witnesses) == 0:
		return p, ErrNobody
	}
	return p, nil
}
