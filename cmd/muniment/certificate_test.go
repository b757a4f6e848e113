package main

import (
	"encoding/json"
	"slices"

	"filippo.io/torchwood"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/tlog"
)

// cmdProves: proves POLICY CERTIFICATE KIND… checks a certificate's proofs with nothing but a pinned
// policy, and demands that they are of events of these kinds, in this order.
func cmdProves(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: proves POLICY CERTIFICATE KIND…")
	}
	policy, err := torchwood.ParsePolicy([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	var c struct {
		Proofs []struct {
			Event             int64
			Kind, Leaf, Proof string
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &c))
	var kinds []string
	for _, p := range c.Proofs {
		kinds = append(kinds, p.Kind)
		var leaf struct{ Seq int64 }
		ts.Check(json.Unmarshal([]byte(p.Leaf), &leaf))
		if leaf.Seq != p.Event {
			ts.Fatalf("the leaf of event %d is that of event %d", p.Event, leaf.Seq)
		}
		if err := torchwood.VerifyProof(policy, tlog.RecordHash([]byte(p.Leaf)), []byte(p.Proof)); err != nil {
			ts.Fatalf("event %d: %v", p.Event, err)
		}
		if torchwood.VerifyProof(policy, tlog.RecordHash([]byte(p.Leaf+" ")), []byte(p.Proof)) == nil {
			ts.Fatalf("event %d: another leaf is proved, too", p.Event)
		}
	}
	if !slices.Equal(kinds, args[2:]) {
		ts.Fatalf("proofs of %q", kinds)
	}
}
