package seal

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
)

// remembered is a mark that only memory holds.
type remembered struct {
	origin string
	size   int64
	root   tlog.Hash
	err    error // of the next Signed
}

func (m *remembered) Last() (string, int64, tlog.Hash, error) { return m.origin, m.size, m.root, nil }

func (m *remembered) Signed(origin string, size int64, root tlog.Hash) error {
	if err := m.err; err != nil {
		m.err = nil
		return err
	}
	m.origin, m.size, m.root = origin, size, root
	return nil
}

// open opens a log and its seals in a directory, as a start does.
func openMarked(t *testing.T, dir string, m Mark) (ledger.Log, *Sealer, error) {
	t.Helper()
	log, err := sqlstore.Open(context.Background(), dbtest.Open(t, filepath.Join(dir, "log.db"), sqldb.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	db := dbtest.Open(t, filepath.Join(dir, "seal.db"), sqldb.Options{})
	t.Cleanup(func() { db.Close() })
	s, err := Open(context.Background(), Config{Log: log, DB: db, Tiles: Tiles(filepath.Join(dir, "tiles")), Mark: m, Origin: testOrigin,
		Keys: func(bool) ([][]byte, error) { return [][]byte{testKey}, nil }, Warn: func(string, error) {}})
	if err == nil {
		err = s.Seal(context.Background())
	}
	return log, s, err
}

// TestMark: a log that is shorter than what was signed, or another, is refused, wherever data and seals were
// brought back from; one that only lost the last checkpoint goes on.
func TestMark(t *testing.T) {
	m := &remembered{}
	dir := t.TempDir()
	log, s, err := openMarked(t, dir, m)
	if err != nil {
		t.Fatal(err)
	}
	sealtest.Append(t, log, 300)
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := s.Checkpoint(); m.size != 300 || m.root != c.Root || m.origin != testOrigin {
		t.Fatalf("the mark says %d %x", m.size, m.root)
	}
	other := t.TempDir()
	if log, _, err := openMarked(t, other, &remembered{}); err != nil {
		t.Fatal(err)
	} else {
		sealtest.Append(t, log, 400)
	}
	at := *m
	for _, c := range []struct {
		name string
		dir  string
		mark remembered
		want error
	}{
		{"an older copy", dir, remembered{origin: testOrigin, size: 301, root: at.root}, ErrOlder},
		{"another log, not shorter", other, at, ErrOlder},
		{"other events than were signed", dir, remembered{origin: testOrigin, size: 200, root: at.root}, ErrOlder},
		{"another log's name", dir, remembered{origin: "ledger.example.com/other", size: 10}, ErrOlder},
		{"another log's name, and these events", dir, remembered{origin: "ledger.example.com/other", size: at.size, root: at.root}, ErrOlder},
		{"an empty directory", t.TempDir(), at, ErrOlder},
		{"the same", dir, at, nil},
		{"nothing signed under this name yet", t.TempDir(), remembered{origin: testOrigin}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			mark := c.mark
			if _, _, err := openMarked(t, c.dir, &mark); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if c.want != nil && mark != c.mark {
				t.Error("the mark was moved by a log that was refused")
			}
		})
	}
}

// TestMarkAhead: a crash between mark and checkpoint leaves the mark ahead; the same events go on, others don't.
func TestMarkAhead(t *testing.T) {
	m, dir := &remembered{}, t.TempDir()
	log, s, err := openMarked(t, dir, m)
	if err != nil {
		t.Fatal(err)
	}
	sealtest.Append(t, log, 10)
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	sealtest.Append(t, log, 20)
	failed := errors.New("failed")
	s.points.swap = func(context.Context, locked, Checkpoint) error { return failed }
	if err := s.Seal(t.Context()); !errors.Is(err, failed) || m.size != 30 {
		t.Fatal(err, m.size)
	}
	sealtest.Append(t, log, 5)
	lie := *m
	lie.root[0]++
	if _, _, err := openMarked(t, dir, &lie); !errors.Is(err, ErrOlder) {
		t.Errorf("other events than were signed: %v", err)
	}
	if _, s, err := openMarked(t, dir, m); err != nil || s.Checkpoint().Size != 35 || m.size != 35 {
		t.Errorf("%v, mark %d", err, m.size)
	}
}

// TestMarkFails: nothing is signed that isn't noted first.
func TestMarkFails(t *testing.T) {
	m := &remembered{}
	log, s, err := openMarked(t, t.TempDir(), m)
	if err != nil {
		t.Fatal(err)
	}
	sealtest.Append(t, log, 10)
	m.err = errors.New("no room")
	if err := s.Seal(t.Context()); err == nil || s.Checkpoint().Size != 0 {
		t.Fatal(err, s.Checkpoint().Size)
	}
	if err := s.Seal(t.Context()); err != nil || s.Checkpoint().Size != 10 || m.size != 10 {
		t.Error(err, s.Checkpoint().Size, m.size)
	}
}

// TestForgedIsNotSealed: the sealer halts before a record that Muniment didn't write.
func TestForgedIsNotSealed(t *testing.T) {
	w := newWorld(t)
	raw := w.log
	var err error
	if w.log, err = ledger.Authenticate(raw, w.config().Ledger, ledger.RowKey{Number: 1}); err != nil {
		t.Fatal(err)
	}
	s := w.mustOpen()
	w.append(5)
	w.seal()
	sealtest.Append(t, raw, 1)
	w.append(5)
	if err := s.Seal(t.Context()); !errors.Is(err, ledger.ErrForged) || s.Checkpoint().Size != 5 {
		t.Errorf("%v, sealed %d", err, s.Checkpoint().Size)
	}
	if err := s.Seal(t.Context()); !errors.Is(err, ledger.ErrForged) {
		t.Errorf("again: %v", err)
	}
}
