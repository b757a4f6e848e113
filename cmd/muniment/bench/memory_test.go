package bench

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var people = flag.Int("people", 60_000, "how many people nobody has seen before one import brings")
var calls = flag.Int("lines", 0, "how many lines it has, if more than one for each of them")

// mostMemory is what an import may take of the machine at most, however long it is.
const mostMemory = 300_000_000

// TestImportMemory: given an import of which every line brings a person never seen before, then its memory stays
// within bounds, whatever their number, and when it goes on with calls of the same people:
// `go test ./cmd/muniment/bench -run Memory -v -timeout 3h -args -people 1000000 -lines 10000000`.
func TestImportMemory(t *testing.T) {
	n := max(*people, *calls)
	w := &world{dir: t.TempDir(), size: n}
	w.program = filepath.Join(w.dir, "muniment")
	run(t, exec.Command("go", "build", "-o", w.program, "muniment/cmd/muniment"))
	w.importing(t, strings.NewReader(w.shops()))
	c := w.command("import", "--as", "events", "-")
	c.Stdin = &lines{n: n, piece: func(i int) string { return w.stranger(i, i%*people, w.at(i)) }}
	start := time.Now()
	if told := run(t, c); !strings.HasSuffix(told, fmt.Sprintf("kept %d, duplicate 0, refused 0", n)) {
		t.Fatal(told)
	}
	took, most := time.Since(start), c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss*1024
	t.Logf("%d lines, %d people nobody had seen before: %d MB at most, %.0f lines a second", n, *people, most/1_000_000, float64(n)/took.Seconds())
	if most > mostMemory {
		t.Errorf("%d MB, and %d MB are the most", most/1_000_000, mostMemory/1_000_000)
	}
}

// stranger is a call in full; of the person with that number, who calls for the first time or again.
func (w *world) stranger(i, who int, at time.Time) string {
	return fmt.Sprintf(`{"kind":"interaction.recorded","tenant":"%s","source":"bench","sourceId":"s%d","occurred":"%s",`+
		`"of":{"id":"s%d","at":"%s"},"subjects":[{"email":"stranger%d@example.com","capacity":"PROCESSOR"}],"data":{"medium":"CALL","direction":"INBOUND",`+
		`"name":"Example Caller","email":"stranger%d@example.com","trackingNumber":"+46846500400","status":"ANSWERED","seconds":%d,"recorded":true}}`+"\n",
		tenants[who%len(tenants)], i, at.Format(time.RFC3339), i, at.Format(time.RFC3339), who, who, 1+i%600)
}
