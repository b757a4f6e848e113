package enginecheck

import (
	"context"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqlstore"
)

func sqlite(t *testing.T, wrap func(ledger.Log) ledger.Log) Open {
	path := filepath.Join(t.TempDir(), "log.db")
	return func(ctx context.Context) (ledger.Log, error) {
		db, err := sqldb.OpenSQLite(ctx, path, sqldb.Options{})
		if err != nil {
			return nil, err
		}
		log, err := sqlstore.Open(ctx, db)
		if err != nil {
			db.Close()
			return nil, err
		}
		return wrap(log), nil
	}
}

func TestHolds(t *testing.T) {
	if !Run(t.Context(), sqlite(t, func(l ledger.Log) ledger.Log { return l }), func(o Outcome) {
		if !o.Holds {
			t.Errorf("%s: %s", o.Promise, o.Note)
		}
	}) {
		t.Error("not all hold")
	}
}

// liar keeps all promises but one.
type liar struct {
	ledger.Log
	append func(ledger.Log, []ledger.Batch) []ledger.Batch
	answer func([]ledger.Result)
	prior  func([]ledger.Placed)
	read   func([]ledger.Record) []ledger.Record
	known  int64
}

func (l *liar) Append(ctx context.Context, batches ...ledger.Batch) []ledger.Result {
	if l.append != nil {
		batches = l.append(l.Log, batches)
	}
	results := l.Log.Append(ctx, batches...)
	if l.answer != nil {
		l.answer(results)
	}
	return results
}

func (l *liar) Prior(ctx context.Context, keys []ledger.Key) ([]ledger.Placed, error) {
	p, err := l.Log.Prior(ctx, keys)
	if l.prior != nil {
		l.prior(p)
	}
	return p, err
}

func (l *liar) Read(ctx context.Context, from int64, limit int) ([]ledger.Record, error) {
	r, err := l.Log.Read(ctx, from, limit)
	if l.read != nil {
		r = l.read(r)
	}
	return r, err
}

func (l *liar) Known(ctx context.Context, at domain.Time) (int64, error) {
	n, err := l.Log.Known(ctx, at)
	return n + l.known, err
}

// TestLiars: an engine that breaks a promise is found out.
func TestLiars(t *testing.T) {
	change := func(fn func(*ledger.Batch)) func(ledger.Log, []ledger.Batch) []ledger.Batch {
		return func(_ ledger.Log, batches []ledger.Batch) []ledger.Batch {
			changed := make([]ledger.Batch, len(batches))
			for i, b := range batches {
				b.Entries = append([]ledger.Entry(nil), b.Entries...)
				fn(&b)
				changed[i] = b
			}
			return changed
		}
	}
	for name, l := range map[string]liar{
		"takes every revision":    {append: change(func(b *ledger.Batch) { b.Expected = ledger.Any })},
		"keeps repetitions":       {append: change(func(b *ledger.Batch) { b.Entries[0].ID = domain.NewID() })},
		"changes bytes":           {append: change(func(b *ledger.Batch) { b.Entries[0].Payload = append([]byte(" "), b.Entries[0].Payload...) })},
		"forgets claims":          {append: change(func(b *ledger.Batch) { b.Entries[0].Claim = make([]byte, 32) })},
		"takes its own time":      {append: change(func(b *ledger.Batch) { b.Entries[0].Recorded += 60_000_000 })},
		"doesn't know itself":     {prior: func(p []ledger.Placed) { p[0] = ledger.Placed{Seq: -1} }},
		"numbers from one":        {answer: func(r []ledger.Result) { each(r, func(p *ledger.Placed) { p.Seq++ }) }},
		"skips a place":           {read: func(r []ledger.Record) []ledger.Record { return r[min(1, len(r)):] }},
		"knows the future":        {known: 1},
		"says nothing is a prior": {answer: func(r []ledger.Result) { each(r, func(p *ledger.Placed) { p.Prior = false }) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := 0
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			Run(ctx, sqlite(t, func(log ledger.Log) ledger.Log { l := l; l.Log = log; return &l }), func(o Outcome) {
				if !o.Holds {
					broken++
					cancel() // one is enough
				}
			})
			if broken == 0 {
				t.Error("it wasn't found out")
			}
		})
	}
}

func each(results []ledger.Result, fn func(*ledger.Placed)) {
	for i := range results {
		for j := range results[i].Placed {
			fn(&results[i].Placed[j])
		}
	}
}
