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

// mostMemory is what an import may take of the machine at most, however long it is.
const mostMemory = 300_000_000

// TestImportMemory: given an import of which every line brings a person never seen before, then its memory stays
// within bounds, whatever their number: `go test ./cmd/muniment/bench -run Memory -v -timeout 3h -args -people 1000000`.
func TestImportMemory(t *testing.T) {
	w := &world{dir: t.TempDir(), size: *people}
	w.program = filepath.Join(w.dir, "muniment")
	run(t, exec.Command("go", "build", "-o", w.program, "muniment/cmd/muniment"))
	w.importing(t, strings.NewReader(w.shops()))
	c := w.command("import", "--as", "events", "-")
	c.Stdin = &lines{n: *people, piece: func(i int) string { return w.stranger(i, w.at(i)) }}
	start := time.Now()
	if told := run(t, c); !strings.HasSuffix(told, fmt.Sprintf("kept %d, duplicate 0, refused 0", *people)) {
		t.Fatal(told)
	}
	took, most := time.Since(start), c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss*1024
	t.Logf("%d people nobody had seen before: %d MB at most, %.0f lines a second", *people, most/1_000_000, float64(*people)/took.Seconds())
	if most > mostMemory {
		t.Errorf("%d MB, and %d MB are the most", most/1_000_000, mostMemory/1_000_000)
	}
}

// stranger is a call in full of a person who called never before.
func (w *world) stranger(i int, at time.Time) string {
	return fmt.Sprintf(`{"kind":"interaction.recorded","tenant":"%s","source":"bench","sourceId":"s%d","occurred":"%s",`+
		`"of":{"id":"s%d","at":"%s"},"subjects":[{"email":"stranger%d@example.com","capacity":"PROCESSOR"}],"data":{"medium":"CALL","direction":"INBOUND",`+
		`"name":"Example Caller","email":"stranger%d@example.com","trackingNumber":"+46846500400","status":"ANSWERED","seconds":%d,"recorded":true}}`+"\n",
		tenants[i%len(tenants)], i, at.Format(time.RFC3339), i, at.Format(time.RFC3339), i, i, 1+i%600)
}
