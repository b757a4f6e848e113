package epochs

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/heads"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// numbered is a hash that follows from a number.
func numbered(kind byte, n int64) tlog.Hash {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte{kind}, uint64(n)))
}

func hexed(kind byte, n int) string { h := numbered(kind, int64(n)); return hex.EncodeToString(h[:]) }

// leavesFrom are n leaves of one tenant, each of a subject of its own.
func leavesFrom(from, n int64) []heads.Leaf {
	all := make([]heads.Leaf, n)
	for i := range all {
		seq := from + int64(i)
		all[i] = heads.Leaf{Seq: seq, Hash: numbered('l', seq), Tenant: numbered('t', 0), Subjects: []tlog.Hash{numbered('s', seq)}}
	}
	return all
}

// BenchmarkHeads gathers 10⁴, 10⁵ and 10⁶ heads, then epochs of 100 touched ones among them, then proves
// single heads and periods of 100 events in the tenant's.
//
//	go test -run '^$' -bench Heads -benchtime 20x ./ledger/seal/epochs
func BenchmarkHeads(b *testing.B) {
	for _, size := range []int64{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			store, err := Open(b.Context(), dbtest.Open(b, filepath.Join(b.TempDir(), "heads.db"), sqldb.Options{}))
			must(b, err)
			b.Cleanup(func() { store.db.Close() })
			start := time.Now()
			for from := int64(0); from < size; from += batchLeaves {
				must(b, store.Apply(b.Context(), leavesFrom(from, min(batchLeaves, size-from))))
			}
			build := time.Since(start)
			b.Run("epoch of 100", func(b *testing.B) {
				for b.Loop() {
					must(b, store.Apply(b.Context(), touching(store.Size(), 100, size)))
					_, err := store.Sum(b.Context())
					must(b, err)
				}
				b.ReportMetric(build.Seconds(), "s/build")
				b.ReportMetric(float64(size)/build.Seconds(), "ev/s-build")
			})
			e, err := store.Sum(b.Context())
			must(b, err)
			must(b, store.Note(b.Context(), heads.Sealed{Epoch: e, Seq: e.Size}))
			b.Run("head proof", func(b *testing.B) {
				n, bytes := int64(0), 0
				for b.Loop() {
					n++
					p, err := store.Prove(b.Context(), numbered('s', n*7919%size), nil, MaxPeriod)
					must(b, err)
					must(b, p.Head.Check(e.Root))
					bytes = len(heads.Proof{Head: p.Head}.Text())
				}
				b.ReportMetric(float64(bytes), "B/proof")
			})
			b.Run("period of 100", func(b *testing.B) {
				n := int64(0)
				for b.Loop() {
					n++
					from := n * 7919 % (size - 100)
					_, err := store.Prove(b.Context(), numbered('t', 0), &Span{from, from + 100}, MaxPeriod)
					must(b, err)
				}
			})
		})
	}
}

// touching are n leaves of subjects that are there already.
func touching(from, n, size int64) []heads.Leaf {
	all := leavesFrom(from, n)
	for i := range all {
		all[i].Subjects = []tlog.Hash{numbered('s', (from+int64(i))*7919%size)}
	}
	return all
}

// BenchmarkReplay reads leaves and gathers their heads in memory, 10⁵ of 10⁴ subjects.
func BenchmarkReplay(b *testing.B) {
	const events = 100_000
	texts := make([][]byte, events)
	for i := range texts {
		texts[i] = fmt.Appendf(nil, `{"env":"%s","pay":"%[1]s","rev":0,"seq":%d,"t":5,"tags":{"stream":"%s","subjects":["%s"],"tenant":"%s"},"type":"event","v":1}`,
			hexed('l', i), i, hexed('m', i), hexed('s', i%10_000), hexed('t', i%50))
	}
	var m heads.Memory
	for _, text := range texts {
		l, err := heads.ParseLeaf(text)
		must(b, err)
		must(b, m.Apply(b.Context(), []heads.Leaf{l}))
	}
	end, err := m.Sum(b.Context())
	must(b, err)
	for b.Loop() {
		r := &heads.Replay{Heads: &heads.Memory{}}
		for _, text := range texts {
			l, err := heads.ParseLeaf(text)
			must(b, err)
			must(b, r.Add(b.Context(), l))
		}
		must(b, r.Add(b.Context(), heads.Leaf{Seq: events, Time: 5, Epoch: &end}))
	}
	b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "ev/s")
}
