package bench

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/projections"
)

// read follows the log from its start, with and without decoding.
func (w *world) read(t *testing.T, c *column) {
	t.Helper()
	for what, each := range map[string]func(ledger.Record) error{
		followLog:     func(ledger.Record) error { return nil },
		followDecoded: func(r ledger.Record) error { _, err := ledger.Decode(r); return err },
	} {
		n, start := int64(0), time.Now()
		for {
			records, err := w.log.Read(t.Context(), n, 1000)
			must(t, err)
			if len(records) == 0 {
				break
			}
			for _, r := range records {
				must(t, each(r))
			}
			n += int64(len(records))
		}
		c.add(what, float64(n)/time.Since(start).Seconds())
	}
}

// views builds the views in a new file, and then again in the old one.
func (w *world) views(t *testing.T, c *column) {
	t.Helper()
	ctx := t.Context()
	n, err := w.log.Next(ctx)
	must(t, err)
	path := filepath.Join(w.dir, "views.db")
	db, err := sqldb.OpenSQLite(ctx, path, sqldb.Options{Derived: true})
	must(t, err)
	fresh, err := projections.Open(ctx, db, w.log, make([]byte, 32))
	must(t, err)
	start := time.Now()
	must(t, fresh.CatchUp(ctx))
	c.add(viewsBehind, float64(n)/time.Since(start).Seconds())
	must(t, db.Close())
	must(t, os.Remove(path))

	must(t, w.shown.CatchUp(ctx))
	start = time.Now()
	must(t, w.shown.Rebuild(ctx))
	c.add(viewsRebuilt, float64(n)/time.Since(start).Seconds())
}

// disk measures the files, their journals written back, by event of the log.
func (w *world) disk(t *testing.T, c *column) {
	t.Helper()
	ctx := t.Context()
	w.follow(t)
	n, err := w.log.Next(ctx)
	must(t, err)
	size := func(name string) float64 {
		must(t, w.dbs[name].Truncate(ctx))
		info, err := os.Stat(filepath.Join(w.dir, "ledger", name+".db"))
		must(t, err)
		return float64(info.Size())
	}
	var own, keys float64
	must(t, w.dbs["log"].Reader().QueryRowContext(ctx, `SELECT SUM(LENGTH(envelope) + LENGTH(payload)) FROM events`).Scan(&own))
	must(t, w.dbs["vault"].Reader().QueryRowContext(ctx, `SELECT COUNT(*) FROM owners`).Scan(&keys))
	c.add(eventBytes, own/float64(n))
	c.add(logBytes, size("log")/float64(n))
	evidence := w.evidenceSize(t) / float64(n)
	c.add(evidenceBytes, evidence)
	c.add(allBytes, size("log")/float64(n)+evidence)
	c.add(viewBytes, size("views")/float64(n))
	c.add(vaultBytes, size("vault")/float64(n))
	c.add(vaultKeyBytes, size("vault")/keys)
}
