package verify

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/bundle"
)

// Demands is what must hold.
type Demands struct {
	// Policy is the pinned C2SP tlog-policy: the log's key, witnesses, quorum; and our own lines (heads.Ours)
	// for those whose word counts for completeness and is demanded.
	Policy []byte
	// Replayed are notes of replayers.
	Replayed [][]byte
	// MinSize is a size that was seen before; 0 for none.
	MinSize int64
	// MaxAge is how old the newest witness's signature may be; 0 for any age.
	MaxAge time.Duration
	Now    time.Time
	// Marked is what was signed last, as the keys directory knows it; of size 0 when nobody looked there.
	Marked tlog.Tree
	// AcceptUnwitnessed: that no witness signed is no failure.
	AcceptUnwitnessed bool
	// Page is given what a bundle says, once all of it holds: to be shown to people. nil: nobody wants it.
	Page func(*bundle.Manifest, []*bundle.Event) error
}

// KeyPolicy is the policy that demands one log's key and no witness.
func KeyPolicy(vkey string) []byte { return []byte("log " + vkey + "\nquorum none\n") }

// signed says who signed.
type signed struct {
	witnesses []string
	newest    time.Time
	quorum    bool
}

func (s signed) String() string {
	if len(s.witnesses) == 0 {
		return "signed by the log"
	}
	return fmt.Sprintf("signed by the log and %s, at %s", strings.Join(s.witnesses, ", "), s.newest.UTC().Format(time.RFC3339))
}

// Open opens a checkpoint by the policy.
func (d Demands) Open(text []byte) (torchwood.Checkpoint, error) {
	c, _, err := d.signatures(text)
	return c, err
}

// signatures opens a checkpoint by the policy.
func (d Demands) signatures(text []byte) (c torchwood.Checkpoint, who signed, err error) {
	policy, err := torchwood.ParsePolicy(d.Policy)
	if err != nil {
		return c, who, fmt.Errorf("policy: %w", err)
	}
	c, n, err := torchwood.VerifyCheckpoint(text, policy)
	if err != nil {
		return c, who, lie("signature: the checkpoint isn't signed as the policy demands: %w%s", err, d.otherKey(text))
	}
	who.quorum = !quorumNone(d.Policy)
	for _, sig := range n.Sigs {
		if sig.Name == c.Origin {
			continue
		}
		stamp, err := torchwood.CosignatureTimestamp(sig)
		if err != nil {
			return c, who, lie("signature: that of %s has no time: %w", sig.Name, err)
		}
		who.witnesses = append(who.witnesses, sig.Name)
		if t := time.Unix(stamp, 0); t.After(who.newest) {
			who.newest = t
		}
	}
	if d.MaxAge > 0 {
		if who.newest.IsZero() {
			return c, who, lie("signature: no witness says when it saw the checkpoint, and --max-age is demanded")
		}
		fresh := slices.DeleteFunc(n.Sigs, func(sig note.Signature) bool {
			stamp, err := torchwood.CosignatureTimestamp(sig)
			return sig.Name != c.Origin && (err != nil || d.Now.Sub(time.Unix(stamp, 0)) > d.MaxAge)
		})
		if d.Now.Sub(who.newest) > d.MaxAge || policy.Check(c.Origin, fresh) != nil {
			return c, who, lie("signature: not enough witnesses signed within %s; the newest did at %s", d.MaxAge, who.newest.UTC().Format(time.RFC3339))
		}
	}
	return c, who, nil
}

// otherKey is what to think of a signature under a name that the policy names, by a key that it doesn't.
func (d Demands) otherKey(text []byte) string {
	_, err := note.Open(text, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return ""
	}
	for _, sig := range unverified.Note.UnverifiedSigs {
		for line := range strings.Lines(string(d.Policy)) {
			f := strings.Fields(line)
			if len(f) >= 2 && f[0] == "log" && strings.HasPrefix(f[1], sig.Name+"+") && !strings.HasPrefix(f[1], fmt.Sprintf("%s+%08x+", sig.Name, sig.Hash)) {
				return fmt.Sprintf("; it bears a signature under that name by another key, %08x: either the operator's log key was changed, then ask for the new policy by a way you trust, or this is a forgery", sig.Hash)
			}
		}
	}
	return ""
}

func quorumNone(policy []byte) bool {
	for line := range strings.Lines(string(policy)) {
		line, _, _ = strings.Cut(line, "#")
		if f := strings.Fields(line); len(f) == 2 && f[0] == "quorum" {
			return f[1] == "none"
		}
	}
	return false
}

// errUnwitnessed is not a lie, but nothing that may be overlooked either.
var errUnwitnessed = errors.New("unforked: not shown: the policy demands no witness, so another history may have been shown to somebody else; demand witnesses in the policy, or say --accept-unwitnessed")

// unforked says whether others saw the same history.
func (d Demands) unforked(who signed, out io.Writer) error {
	if who.quorum {
		fmt.Fprintf(out, "%-10s ok  a quorum of witnesses has seen this history, and no other by this log's key\n", "unforked")
		return nil
	}
	if !d.AcceptUnwitnessed {
		return errUnwitnessed
	}
	fmt.Fprintf(out, "%-10s --  not shown: no witness is demanded, so another history may have been shown to somebody else\n", "unforked")
	return nil
}
