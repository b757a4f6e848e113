package sqlstore
import ("testing";"path/filepath";"context";"database/sql";"time";"muniment/ledger")
func BenchmarkTmp(b *testing.B) {
	var n, dur, fnd int64
	log := openAt(b, filepath.Join(b.TempDir(), "log.db"), func(tx transact) transact {
		return func(ctx context.Context, fn func(*sql.Tx) error) error {
			n++; t := time.Now()
			err := tx(ctx, func(x *sql.Tx) error { t := time.Now(); e := fn(x); fnd+=int64(time.Since(t)); return e })
			dur+=int64(time.Since(t))
			return err
		}})
	defer log.Close()
	run(b, 1, 1, func(bs []ledger.Batch) error { return log.Append(b.Context(), bs...)[0].Err })
	b.ReportMetric(float64(dur)/float64(n)/1000, "µs/group")
	b.ReportMetric(float64(fnd)/float64(n)/1000, "µs-fn/group")
}
