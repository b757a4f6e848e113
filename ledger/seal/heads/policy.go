package heads

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Replayer is somebody whose word a policy takes for completeness.
type Replayer struct {
	Name     string
	verifier note.Verifier
}

// Open reads a note that the replayer signed.
func (p Replayer) Open(text []byte) (r Replayed, err error) {
	n, err := note.Open(text, note.VerifierList(p.verifier))
	if err != nil {
		return r, fmt.Errorf("the note isn't signed by %s: %w", p.Name, err)
	}
	return ParseReplayed(n.Text)
}

// Ours is what a policy says to this program alone: in lines that begin with "#:", and are comments to
// every other, so that one file serves all.
type Ours struct {
	Replayers []Replayer // #: replayer NAME VKEY
	Bundles   []string   // #: bundle VKEY: the keys that sign what bundles say; two while one takes over from another
}

// ReadPolicy reads our own lines of a C2SP tlog-policy.
func ReadPolicy(policy []byte) (o Ours, err error) {
	n := 0
	for line := range strings.Lines(string(policy)) {
		n++
		words, ours := strings.CutPrefix(strings.TrimSpace(line), "#:")
		if !ours {
			continue
		}
		switch f := strings.Fields(words); {
		case len(f) == 3 && f[0] == "replayer":
			v, err := note.NewVerifier(f[2])
			if err != nil {
				return o, fmt.Errorf("policy: line %d: expected the key as muniment monitor --new-key printed it: %w", n, err)
			}
			if slices.ContainsFunc(o.Replayers, func(p Replayer) bool { return p.Name == f[1] }) {
				return o, fmt.Errorf("policy: line %d: there is a replayer %s already", n, f[1])
			}
			o.Replayers = append(o.Replayers, Replayer{f[1], v})
		case len(f) == 2 && f[0] == "bundle":
			if _, err := note.NewVerifier(f[1]); err != nil {
				return o, fmt.Errorf("policy: line %d: expected the key as muniment keys policy printed it: %w", n, err)
			}
			if slices.Contains(o.Bundles, f[1]) {
				return o, fmt.Errorf("policy: line %d: this key for bundles is there already", n)
			}
			o.Bundles = append(o.Bundles, f[1])
		default:
			return o, fmt.Errorf("policy: line %d: expected #: replayer NAME VKEY, or #: bundle VKEY", n)
		}
	}
	return o, nil
}
