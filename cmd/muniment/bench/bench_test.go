// Package bench measures the whole product at growing sizes, each figure beside a probe or a peer of
// the same run, and writes docs/benchmarks.md. It has tests only: nothing of it links into a binary.
//
//	bench_test.go    the one test: which rows there are, in which order
//	table_test.go    rows and cells; the file that is written
//	goals_test.go    what is aimed at
//	world_test.go    a ledger of a size, made by the program itself
//	program_test.go  the program: import, serve, kill
//	write_test.go    appends and imports
//	peers_test.go    what stands beside them: a plain file, PostgreSQL
//	read_test.go     reading the log, building views, bytes on disk
//	evidence_test.go sealing, proofs, heads
//	checks_test.go   bundles, verification, rotation, the evidence on disk
//	ask_test.go      pages over GraphQL
//	machine_test.go  what it ran on
package bench

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
)

var (
	sizes  = flag.String("sizes", "1000", "numbers of events, such as 10000,100000,1000000")
	out    = flag.String("out", "", "file to write; what it says under Notes stays")
	rounds = flag.Int("rounds", 3, "how often what is cheap is measured; the median counts")
)

// TestTable measures everything at every size. As part of the tests it runs once over a thousand
// events, to show that it works; its figures mean nothing then.
func TestTable(t *testing.T) {
	n := *rounds
	if *out == "" {
		n = 1
	}
	table := newTable()
	before := load()
	for _, text := range strings.Split(*sizes, ",") {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1000 {
			t.Fatalf("-sizes: %q: expected a number from 1000", text)
		}
		t.Run(text, func(t *testing.T) { measure(t, table, size, n) })
	}
	text := table.markdown(machine(t), before, load())
	t.Logf("\n%s", text)
	if *out == "" {
		return
	}
	notes, err := notesOf(*out)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*out, []byte(text+notes), 0o644); err != nil {
		t.Fatal(err)
	}
}

// measure fills the column of one size.
func measure(t *testing.T, table *table, size, rounds int) {
	if size >= 1_000_000 {
		rounds = 1 // not cheap any more
	}
	c := table.column(size)
	w := newWorld(t, c, size)
	peer := newPostgres(t)
	w.served(t, c, rounds)
	w.open(t)
	for range rounds {
		w.appends(t, c, peer)
		w.imports(t, c, peer)
	}
	for range rounds {
		w.read(t, c)
	}
	w.views(t, c)
	w.prove(t, c, rounds)
	w.disk(t, c)
	w.rotated(t, c)
	w.close()
}
