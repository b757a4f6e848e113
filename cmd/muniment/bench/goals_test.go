package bench

import (
	"fmt"
	"slices"
)

// row is one thing measured. Goals are those of the project's quality page.
type row struct {
	what, unit string
	beside     string // the row whose figure it is divided by; "" for none
	goal       string // in words
	limit      float64
	ofRatio    bool // the limit is of the ratio, not of the figure
	atMost     bool // the limit is an upper one
}

const (
	probe1, probe64, probe1024 = "probe: append and fdatasync, 1 writer", "probe: append and fdatasync, 64 writers", "probe: append and fdatasync, 1024 writers"
	probeBatch                 = "probe: append and fdatasync, batches of 512"
	insert1, insert64          = "PostgreSQL: insert into an audit table, 1 writer", "PostgreSQL: insert into an audit table, 64 writers"
	copyRow                    = "PostgreSQL: COPY into a bare table"
	append1, append64          = "append, 1 writer", "append, 64 writers"
	append1024                 = "append, 1024 writers"
	importEvents               = "import: calls in full, 25 fields of which 4 personal"
	importCTM                  = "import: call-tracking rows"
	importHTTP                 = "intake over HTTP: calls in full, vault and views following"
	importProgram              = "`muniment import`: calls and accesses, vault and views following, until all is seen"
	followLog                  = "follow: read the log in order"
	followDecoded              = "follow: read and decode"
	viewsBehind                = "views: from nothing to the head"
	viewsRebuilt               = "views: rebuild (empty and fill)"
	startAfterKill             = "start after kill -9, until it serves"
	hashProbe                  = "probe: SHA-256 of the events' bytes, one core"
	commitmentRow              = "commitments of every field"
	leafRow                    = "leaf, commitments included, and its hash"
	boxRow                     = "box opened: 4 values, each commitment checked"
	sealBacklog                = "sealing what was kept before"
	sealedImport               = "import at full speed, the sealer following"
	sealLag                    = "sealing behind that import: lag, p99"
	receiptRow                 = "receipt with proof, after the append, 4 writers: p99"
	proofRow, proofRow99       = "proof of one event by its id: p50", "proof of one event by its id: p99"
	epochFirst                 = "epoch: the first, over all events"
	headCount                  = "epoch: heads in it"
	epochNext                  = "epoch: the next, after 100 calls"
	headProof                  = "proof of a tenant's head: p99"
	bundleMade                 = "bundle of 10,000 events: made"
	bundleVerified             = "bundle of 10,000 events: verified"
	verifyTree                 = "verify a directory, the tree alone"
	verifyHeads                = "replay of heads from leaves"
	verifyAll                  = "verify a directory: every event, tree and heads"
	rotationRow, rotatedKeys   = "end of a key epoch", "end of a key epoch: keys"
	evidenceBytes              = "disk: tiles, heads and seals"
	allBytes                   = "disk: log and evidence"
	eventBytes                 = "disk: the events' own bytes"
	logBytes                   = "disk: log"
	viewBytes                  = "disk: views"
	vaultBytes                 = "disk: vault"
	vaultKeyBytes              = "disk: vault, a key"
)

var rows = slices.Concat([]row{
	{what: probe1, unit: "a second"},
	{what: probe64, unit: "a second"},
	{what: probe1024, unit: "a second"},
	{what: probeBatch, unit: "a second"},
	{what: insert1, unit: "a second", beside: probe1},
	{what: insert64, unit: "a second", beside: probe64},
	{what: copyRow, unit: "a second", beside: probeBatch},
	{what: append1, unit: "events a second", beside: probe1, goal: "≥ 0.8 × the probe", limit: 0.8, ofRatio: true},
	{what: append64, unit: "events a second", beside: insert64, goal: "≥ 2 × PostgreSQL's insert", limit: 2, ofRatio: true},
	{what: append1024, unit: "events a second", beside: probe1024},
	{what: importEvents, unit: "lines a second", beside: copyRow, goal: "≥ 0.5 × COPY, then 1 ×", limit: 0.5, ofRatio: true},
	{what: importCTM, unit: "lines a second", beside: copyRow, goal: "≥ 0.5 × COPY, then 1 ×", limit: 0.5, ofRatio: true},
	{what: importHTTP, unit: "lines a second", beside: copyRow, goal: "≥ 0.5 × COPY, then 1 ×", limit: 0.5, ofRatio: true},
	{what: importProgram, unit: "lines a second", beside: copyRow, goal: "≥ 20,000 a second, sealed and projected", limit: 20_000},
	{what: followLog, unit: "events a second"},
	{what: followDecoded, unit: "events a second"},
	{what: viewsBehind, unit: "events a second", goal: "≥ 60,000", limit: 60_000},
	{what: viewsRebuilt, unit: "events a second", goal: "≥ 60,000", limit: 60_000},
}, pageRows(), []row{
	{what: startAfterKill, unit: "s", goal: "≤ 2 s (at 10,000,000)", limit: 2, atMost: true},
	{what: hashProbe, unit: "events a second"},
	{what: commitmentRow, unit: "events a second", beside: hashProbe},
	{what: leafRow, unit: "events a second", beside: hashProbe},
	{what: boxRow, unit: "boxes a second", beside: hashProbe},
	{what: sealBacklog, unit: "events a second", goal: "≥ 20,000", limit: 20_000},
	{what: sealedImport, unit: "lines a second", beside: importEvents},
	{what: sealLag, unit: "ms", goal: "≤ 1 s (at 20,000 events a second)", limit: 1000, atMost: true},
	{what: receiptRow, unit: "ms", goal: "≤ 300 ms", limit: 300, atMost: true},
	{what: proofRow, unit: "ms", goal: "≤ 2 ms", limit: 2, atMost: true},
	{what: proofRow99, unit: "ms"},
	{what: epochFirst, unit: "events a second"},
	{what: headCount, unit: "heads"},
	{what: epochNext, unit: "ms"},
	{what: headProof, unit: "ms"},
	{what: bundleMade, unit: "s"},
	{what: bundleVerified, unit: "s", goal: "≤ 1 s", limit: 1, atMost: true},
	{what: verifyTree, unit: "events a core's second", goal: "≥ 500,000", limit: 500_000},
	{what: verifyHeads, unit: "events a core's second", goal: "≥ 100,000", limit: 100_000},
	{what: verifyAll, unit: "events a core's second", goal: "≥ 100,000", limit: 100_000},
	{what: rotationRow, unit: "s"},
	{what: rotatedKeys, unit: "keys a second"},
	{what: eventBytes, unit: "bytes an event"},
	{what: logBytes, unit: "bytes an event", beside: eventBytes},
	{what: evidenceBytes, unit: "bytes an event", beside: eventBytes},
	{what: allBytes, unit: "bytes an event", beside: eventBytes, goal: "≤ 1.8 × the events", limit: 1.8, ofRatio: true, atMost: true},
	{what: viewBytes, unit: "bytes an event", beside: eventBytes},
	{what: vaultBytes, unit: "bytes an event", beside: eventBytes},
	{what: vaultKeyBytes, unit: "bytes", goal: "≤ 200", limit: 200, atMost: true},
})

// pageRows are the pages over GraphQL.
func pageRows() (all []row) {
	for _, q := range questions {
		for _, when := range moments {
			for _, clients := range clientCounts {
				all = append(all, row{what: pageRow(q.name, when, clients, "p50"), unit: "ms"})
				last := row{what: pageRow(q.name, when, clients, "p99"), unit: "ms"}
				if clients == 16 {
					last.goal, last.limit, last.atMost = "≤ 25 ms", 25, true
				}
				all = append(all, last)
			}
		}
	}
	return all
}

func pageRow(question, when string, clients int, quantile string) string {
	return fmt.Sprintf("page of 50: %s, %s, clients: %d, %s", question, when, clients, quantile)
}
