package notices

import (
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// FuzzLink: a token that we signed says what was signed, until it expires; no other one is a link.
func FuzzLink(f *testing.F) {
	now := time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
	n := &Notices{Config: Config{Links: make([]byte, 32), Ledger: &ledger.Ledger{Now: func() time.Time { return now }}}}
	l := link{domain.ID{15: 1}, domain.ID{15: 2}, now.Add(time.Hour)}
	good := n.token(l)
	f.Add(good, int64(1), []byte("notice"), []byte("contact"))
	f.Add(good[:len(good)-1]+"B", int64(-1), []byte{}, []byte{0xff})
	f.Add("", int64(1)<<40, []byte("0123456789abcdef"), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, foreign string, seconds int64, notice, contact []byte) {
		if got, err := n.openLink(foreign); err == nil && (got != l || foreign != good) {
			t.Fatalf("a link that was never signed leads to %v", got)
		}
		signed := link{Expires: now.Add(time.Duration(seconds%1e9) * time.Second)}
		copy(signed.Notice[:], notice)
		copy(signed.Contact[:], contact)
		got, err := n.openLink(n.token(signed))
		want := error(nil)
		if !now.Before(signed.Expires) {
			want = errExpired
		}
		if err != want || got != signed {
			t.Fatalf("%v is read as %v (%v, want %v)", signed, got, err, want)
		}
	})
}
