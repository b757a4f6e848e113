package sqlstore
import ("testing";"path/filepath")
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "log.db")
	for b.Loop() { openAt(b, path, nil).Close() }
}
