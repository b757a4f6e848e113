package main

import (
	"os/exec"
	"strings"
	"testing"
)

// rules say who may import whom in the house, and why. A package not covered by a rule fails.
var rules = []struct{ room, may, why string }{
	{"muniment/domain", "muniment/domain", "what may be decided depends on nothing but the facts"},
	{"muniment/ledger", "muniment/domain muniment/ledger", "keeping knows what can happen, not who looks at it"},
	{"muniment/projections", "muniment/domain muniment/ledger muniment/projections", "seeing follows keeping, and never tells"},
	{"muniment/notices", "muniment/domain muniment/ledger muniment/notices", "telling declares what it needs of the views; cmd joins them"},
	{"muniment/graphql", "muniment muniment/domain muniment/ledger muniment/projections muniment/notices muniment/graphql", "asking stands on all rooms"},
	{"muniment/cmd", "muniment", "wiring: the only place that knows the engines"},
}

// engines and channels: only cmd chooses one, so that another can take its place.
var engines = []string{"muniment/ledger/sqlstore", "muniment/ledger/eventstore"}

// outsiders that must stay out of a room.
var outsiders = map[string]struct {
	banned []string
	why    string
}{
	"muniment/domain": {[]string{"."}, "standard library only: pure decisions, no clock, no I/O, no logging"},
	"muniment/ledger": {[]string{"github.com/sirupsen/logrus"}, "the ledger returns errors and lets its caller log"},
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func within(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

func TestImportDirections(t *testing.T) {
	for _, line := range list(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "muniment/...") {
		pkg, imports, _ := strings.Cut(line, " ")
		if pkg == "muniment" || pkg == "muniment/ledger/ledgertest" {
			continue // the one embeds the schema, the other opens an engine for tests
		}
		covered := false
		for _, r := range rules {
			if !within(pkg, r.room) {
				continue
			}
			covered = true
			for _, i := range strings.Fields(imports) {
				judge(t, pkg, i, r.room, r.may, r.why)
			}
		}
		if !covered {
			t.Errorf("%s is in no room of the house: give it one, or a rule with a reason", pkg)
		}
	}
}

func judge(t *testing.T, pkg, imported, room, may, why string) {
	if o, ok := outsiders[room]; ok {
		for _, b := range o.banned {
			if foreign := strings.Contains(strings.SplitN(imported, "/", 2)[0], "."); b == "." && foreign || within(imported, b) {
				t.Errorf("%s imports %s: %s", pkg, imported, o.why)
			}
		}
	}
	if !within(imported, "muniment") {
		return
	}
	for _, e := range engines {
		if within(imported, e) && !within(pkg, "muniment/cmd") && !within(pkg, e) {
			t.Errorf("%s imports the engine %s: only cmd chooses an engine", pkg, imported)
		}
	}
	for _, m := range strings.Fields(may) {
		if imported == m || m != "muniment" && within(imported, m) || room == "muniment/cmd" {
			return
		}
	}
	t.Errorf("%s imports %s: %s", pkg, imported, why)
}

// TestNoTestHelpersInTheBinary: what only tests need never ships.
func TestNoTestHelpersInTheBinary(t *testing.T) {
	for _, dep := range list(t, "-deps", "muniment/cmd/muniment") {
		for _, b := range []string{"testing", "muniment/ledger/logtest", "muniment/ledger/ledgertest", "muniment/ledger/crashtest", "muniment/ledger/seal/sealtest", "muniment/ledger/eventstore/esdbtest", "muniment/ledger/sqldb/dbtest", "muniment/ledger/sqldb/pgtest", "github.com/Shopify/toxiproxy/v2", "pgregory.net/rapid", "github.com/chromedp/chromedp", "github.com/rogpeppe/go-internal"} {
			if dep == b {
				t.Errorf("the binary links %s", dep)
			}
		}
	}
}
