package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqlstore"
	"muniment/ledger/vault"
	"muniment/projections"
)

// world is a ledger of a size in a directory of its own: first the program has it, then the test.
type world struct {
	dir, program string
	size         int
	made         int // pieces of input made so far: each has a name of its own

	keys   vault.KeysDir
	ledger *ledger.Ledger
	log    ledger.Log
	vault  *vault.Vault
	dbs    map[string]*sqldb.DB
	shown  *projections.Views
}

var (
	tenants = []domain.ID{{0: 0xc0, 15: 1}, {0: 0xc0, 15: 2}, {0: 0xc0, 15: 3}, {0: 0xc0, 15: 4}}
	famous  = domain.ID{0: 0xfa, 15: 1} // one call in a hundred is this person's
)

// year is over which the world's events are spread, up to its end.
var year = struct{ from, to time.Time }{time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}

// newWorld builds the program and lets it import the world.
func newWorld(t *testing.T, c *column, size int) *world {
	t.Helper()
	w := &world{size: size, dbs: map[string]*sqldb.DB{}}
	w.dir = t.TempDir()
	w.program = filepath.Join(w.dir, "muniment")
	run(t, exec.Command("go", "build", "-o", w.program, "muniment/cmd/muniment"))
	w.importing(t, strings.NewReader(w.shops()))
	start := time.Now()
	w.importing(t, &lines{n: size, piece: w.mixed})
	c.add(importProgram, float64(size)/time.Since(start).Seconds())
	return w
}

// shops are the accounts, and the one person whom many of them know.
func (*world) shops() string {
	var shops strings.Builder
	for i, id := range tenants {
		fmt.Fprintf(&shops, `{"kind":"tenant.onboarded","tenant":"%s","sourceId":"account","occurred":"2024-03-01","data":{"name":"Example Shop %d","role":"CONTROLLER","country":"DE"}}`+"\n", id, i)
	}
	fmt.Fprintf(&shops, `{"kind":"subject.identifier_attached","tenant":"%s","sourceId":"famous","occurred":"2024-03-02","subjects":[{"id":"%s"}],`+
		`"data":{"identifier":"%s","type":"EMAIL","value":"famous@example.com","confidence":"VERIFIED"}}`+"\n", tenants[0], famous, famous)
	return shops.String()
}

func run(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	var out, told bytes.Buffer
	c.Stdout, c.Stderr = &out, &told
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(c.Path), err, &out, &told)
	}
	return strings.TrimSpace(out.String())
}

// lines is an input made as it is read.
type lines struct {
	n, i  int
	piece func(i int) string
	rest  []byte
}

func (l *lines) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if l.i == l.n {
			return 0, io.EOF
		}
		l.rest = append(l.rest[:0], l.piece(l.i)...)
		l.i++
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// at is when piece i of n happened.
func (w *world) at(i int) time.Time {
	return year.from.Add(time.Duration(i) * (year.to.Sub(year.from) / time.Duration(w.size)))
}

// mixed is the world's piece: a call in full, then three accesses to it.
func (w *world) mixed(i int) string {
	call := i / 4
	if i%4 == 0 {
		return w.call("w", call, w.at(i))
	}
	kind, data := "interaction.viewed", `{"fields":["NAME","NUMBER"]}`
	if i%4 == 1 {
		kind, data = "interaction.listened", `{"seconds":42}`
	}
	return fmt.Sprintf(`{"kind":"%s","tenant":"%s","source":"bench","sourceId":"a%d","occurred":"%s","of":{"id":"w%d","at":"%s"},`+
		`"actor":{"kind":"PERSON","role":"AGENT","login":"agent%d"},"auth":["PASSWORD"],"purpose":"SUPPORT","data":%s}`+"\n",
		kind, w.tenant(call), i, w.at(i).Format(time.RFC3339), call, w.at(call*4).Format(time.RFC3339), i%40, data)
}

// tenant is whose a call is. A person is one tenant's.
func (w *world) tenant(call int) domain.ID {
	if call%100 == 0 {
		return tenants[0]
	}
	return tenants[call/10%len(tenants)]
}

// call is a call in full, with 25 fields of which 4 are personal. One in a hundred is the famous
// person's; of the others one in ten is a new person's.
func (w *world) call(run string, i int, at time.Time) string {
	who := fmt.Sprintf(`"email":"person%d@example.com"`, i/10)
	if i%100 == 0 {
		who = `"id":"` + famous.String() + `"`
	}
	return fmt.Sprintf(`{"kind":"interaction.recorded","tenant":"%s","source":"bench","sourceId":"%s%d","occurred":"%s",`+
		`"of":{"id":"%s%d","at":"%s"},"actor":{"kind":"PERSON","role":"AGENT","login":"agent%d"},"purpose":"SUPPORT","basis":"CONTRACT",`+
		`"subjects":[{%s,"capacity":"PROCESSOR"}],"data":{"medium":"CALL","direction":"INBOUND","number":"+120255501%02d",`+
		`"name":"Example Caller","email":"person%d@example.com","city":"Stockholm","country":"SE","trackingNumber":"+46846500400","status":"ANSWERED",`+
		`"seconds":%d,"recorded":true,"ended":"%s"}}`+"\n",
		w.tenant(i), run, i, at.Format(time.RFC3339), run, i, at.Format(time.RFC3339), i%40, who, i%100, i/10, 1+i%600, at.Add(time.Minute).Format(time.RFC3339))
}

// next is a name for the next n pieces of input, which none has had before.
func (w *world) next() string {
	w.made++
	return fmt.Sprintf("run%d-", w.made)
}

// open opens the world's databases in this process.
func (w *world) open(t *testing.T) {
	t.Helper()
	ctx, data := t.Context(), filepath.Join(w.dir, "ledger")
	text, err := os.ReadFile(filepath.Join(data, "LEDGER"))
	must(t, err)
	id, err := domain.ParseID(strings.TrimSpace(string(text)))
	must(t, err)
	w.keys, err = vault.OpenKeysDir(data+".keys", id)
	must(t, err)
	store, err := sqlstore.Open(ctx, w.database(t, "log", sqldb.Options{}))
	must(t, err)
	rows, err := w.keys.RowKeys()
	must(t, err)
	w.log, err = ledger.Authenticate(store, id, rows...)
	must(t, err)
	w.vault, err = vault.Open(ctx, w.database(t, "vault", sqldb.Options{SecureDelete: true}), w.keys, id)
	must(t, err)
	w.follow(t)
	w.ledger = &ledger.Ledger{ID: id, Log: w.log, Vault: w.vault, Now: time.Now}
	w.shown, err = projections.Open(context.Background(), w.database(t, "views", sqldb.Options{Derived: true}), w.log, make([]byte, 32))
	must(t, err)
}

// database opens one of the world's databases, until close.
func (w *world) database(t *testing.T, name string, o sqldb.Options) *sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), filepath.Join(w.dir, "ledger", name+".db"), o)
	must(t, err)
	w.dbs[name] = db
	return db
}

func (w *world) close() {
	w.log.Close()
	for name, db := range w.dbs {
		if name != "log" { // the log has closed its own
			db.Close()
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
