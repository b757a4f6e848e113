package verify

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// found is a sealed log of 700 events, about to be damaged.
type found struct {
	*ledgertest.Ledger
	t      *testing.T
	sealer *seal.Sealer
	kept   *Kept
	seals  *sqldb.DB
}

func newFound(t *testing.T) *found {
	f := &found{Ledger: ledgertest.Open(t), t: t}
	f.seals = f.DB("seal.db")
	tiles := seal.Tiles(filepath.Join(f.Dir, "tiles"))
	var err error
	if f.sealer, err = seal.Open(t.Context(), seal.Config{Log: f.Log, DB: f.seals, Tiles: tiles, Ledger: f.ID,
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { t.Error(what, err) }}); err != nil {
		t.Fatal(err)
	}
	sealtest.Append(t, f.Log, 700)
	if err := f.sealer.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	last, err := seal.LastCheckpoint(t.Context(), f.seals)
	if err != nil {
		t.Fatal(err)
	}
	f.kept = &Kept{Log: f.Raw, Tiles: tiles, Last: last}
	return f
}

func (f *found) demands() Demands {
	return Demands{Policy: KeyPolicy(f.sealer.VKey()), Now: time.Now(), AcceptUnwitnessed: true}
}

// flip changes one byte of a published file.
func (f *found) flip(name string, at int) {
	f.t.Helper()
	path := filepath.Join(string(f.kept.Tiles), name)
	text, err := os.ReadFile(path)
	if err == nil {
		text[at] ^= 1
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// rows changes the events past the log.
func (f *found) rows(text string, args ...any) {
	f.t.Helper()
	db := dbtest.Open(f.t, filepath.Join(f.Dir, "log.db"), sqldb.Options{})
	defer db.Close()
	if err := db.Tx(f.t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(text, args...); return err }); err != nil {
		f.t.Fatal(err)
	}
}

// TestLogHolds: a log that nobody changed holds, whatever came after the last checkpoint.
func TestLogHolds(t *testing.T) {
	f := newFound(t)
	sealtest.Append(t, f.Log, 3)
	var out bytes.Buffer
	if err := Log(t.Context(), f.kept, f.demands(), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{"size 700", "700 events sealed; 3 kept since then", "4 tiles give the root", "published  ok", "events     ok  700 events", "unforked   --"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}

// TestLies: whatever is changed in a directory, the check that finds it names it.
func TestLies(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *found, d *Demands)
		want   string
	}{
		"an event was changed": {func(f *found, _ *Demands) {
			f.rows(`UPDATE events SET payload = $1 WHERE seq = 300`, sealtest.Entry(domain.Stream{Noun: "interaction", ID: domain.NewID()}).Payload)
		}, "events: event 300 isn't the one that was sealed"},
		"an event's time was changed":    {func(f *found, _ *Demands) { f.rows(`UPDATE events SET logtime = logtime + 5000000 WHERE seq = 699`) }, "events: event 699 isn't"},
		"an event is no event":           {func(f *found, _ *Demands) { f.rows(`UPDATE events SET envelope = $1 WHERE seq = 30`, []byte("{}")) }, "events: event 30"},
		"an event was taken out":         {func(f *found, _ *Demands) { f.rows(`DELETE FROM events WHERE seq = 300`) }, "events: read from seq 0: event 300 is missing"},
		"two events changed places":      {func(f *found, _ *Demands) { f.swap(10, 11) }, "events: "},
		"the end is missing":             {func(f *found, _ *Demands) { f.rows(`UPDATE head SET next = 600`) }, "size: the log has 600 events, and 700 were sealed"},
		"a hash was changed":             {func(f *found, _ *Demands) { f.flip("tile/0/001", 32*9) }, "tree: hash 1 of tile/1/000.p/2 isn't the one that tile/0/001 gives"},
		"a hash of the edge was changed": {func(f *found, _ *Demands) { f.flip("tile/0/002.p/188", 5) }, "tree: the tiles give the root"},
		"a higher hash was changed":      {func(f *found, _ *Demands) { f.flip("tile/1/000.p/2", 0) }, "tree: hash 0 of tile/1/000.p/2 isn't"},
		"a tile is missing":              {func(f *found, _ *Demands) { os.Remove(filepath.Join(string(f.kept.Tiles), "tile/0/000")) }, "tree: tile/0/000 can't be read"},
		"a tile is cut":                  {func(f *found, _ *Demands) { os.Truncate(filepath.Join(string(f.kept.Tiles), "tile/0/000"), 64) }, "tree: tile/0/000 can't be read"},
		"the signature is another": {func(f *found, _ *Demands) {
			f.kept.Last = bytes.Replace(f.kept.Last, []byte("\n700\n"), []byte("\n699\n"), 1)
		}, "signature: the checkpoint isn't signed"},
		"another key":                  {func(f *found, d *Demands) { d.Policy = KeyPolicy(otherKey(f.t, f.sealer.Origin())) }, "signature: the checkpoint isn't signed"},
		"another log":                  {func(f *found, d *Demands) { d.Policy = KeyPolicy(otherKey(f.t, "other.example.com")) }, "signature: the checkpoint isn't signed"},
		"an old state":                 {func(_ *found, d *Demands) { d.MinSize = 701 }, "size: the checkpoint has size 700, and at least 701"},
		"no witness and an age":        {func(_ *found, d *Demands) { d.MaxAge = time.Hour }, "signature: no witness says when"},
		"no witness":                   {func(_ *found, d *Demands) { d.AcceptUnwitnessed = false }, "unforked: not shown"},
		"published of another history": {func(f *found, _ *Demands) { f.publishOther(650) }, "published: the published checkpoint of size 650 is of another history"},
		"published twice":              {func(f *found, _ *Demands) { f.publishOther(700) }, "published: two checkpoints of size 700"},
		"published more than signed":   {func(f *found, _ *Demands) { f.publishOther(701) }, "published: the published checkpoint has size 701"},
		"published by nobody":          {func(f *found, _ *Demands) { f.flip("checkpoint", 40) }, "published: signature"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFound(t)
			d := f.demands()
			c.change(f, &d)
			err := Log(t.Context(), f.kept, d, io.Discard)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

func (f *found) swap(a, b int) {
	f.rows(`UPDATE events SET seq = -1 WHERE seq = $1`, a)
	f.rows(`UPDATE events SET seq = $1 WHERE seq = $2`, a, b)
	f.rows(`UPDATE events SET seq = $1 WHERE seq = -1`, b)
}

func otherKey(t *testing.T, origin string) string {
	s, err := seal.NewSigner(origin, bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s.VKeys()[0]
}

// publishOther publishes a checkpoint of a log with other events, signed by the same key.
func (f *found) publishOther(n int) {
	f.t.Helper()
	other := ledgertest.Open(f.t)
	s, err := seal.Open(f.t.Context(), seal.Config{Log: other.Log, DB: other.DB("seal.db"), Tiles: seal.Tiles(filepath.Join(other.Dir, "tiles")), Origin: f.sealer.Origin(),
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { f.t.Error(what, err) }})
	if err != nil {
		f.t.Fatal(err)
	}
	sealtest.Append(f.t, other.Log, n)
	if err := s.Seal(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(string(f.kept.Tiles), "checkpoint"), s.Checkpoint().Text, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// TestLyingServer: a server that changes what it serves is found out, and the lie named.
func TestLyingServer(t *testing.T) {
	f := newFound(t)
	door := seal.Door{Sealer: f.sealer, MayReadEntries: func(r *http.Request) error {
		if r.Header.Get("Authorization") != "Bearer auditor" {
			return &domain.Refusal{Code: domain.Unauthed, Message: "sign in"}
		}
		return nil
	}, Internal: func(err error) { t.Error(err) }}
	var lieTo func(path string, body []byte) []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		honest := httptest.NewRecorder()
		door.ServeHTTP(honest, r)
		body := honest.Body.Bytes()
		if lieTo != nil {
			body = lieTo(r.URL.Path, body)
		}
		w.WriteHeader(honest.Code)
		w.Write(body)
	}))
	defer server.Close()
	at := func(path string, change func(body []byte) []byte) func(string, []byte) []byte {
		return func(p string, body []byte) []byte {
			if p != path {
				return body
			}
			return change(bytes.Clone(body))
		}
	}
	second := func(b []byte) (first, second, rest []byte) {
		n := 2 + int(b[0])<<8 + int(b[1])
		m := n + 2 + int(b[n])<<8 + int(b[n+1])
		return b[:n], b[n:m], b[m:]
	}
	flip := func(i int) func([]byte) []byte { return func(b []byte) []byte { b[i] ^= 1; return b } }
	for name, c := range map[string]struct {
		lie  func(string, []byte) []byte
		want string
	}{
		"honest":        {nil, ""},
		"changed entry": {at("/tile/entries/000", flip(40)), "events: event 0 isn't"},
		"swapped entries": {at("/tile/entries/001", func(b []byte) []byte {
			x, y, rest := second(b)
			return append(append(append([]byte{}, y...), x...), rest...)
		}), "events: event 256 isn't"},
		"dropped entry":      {at("/tile/entries/001", func(b []byte) []byte { x, _, rest := second(b); return append(append([]byte{}, x...), rest...) }), "events: "},
		"cut bundle":         {at("/tile/entries/002.p/188", func(b []byte) []byte { return b[:len(b)/2] }), "events: tile/entries/002.p/188"},
		"changed hash":       {at("/tile/0/000", flip(3)), "tree: hash 0 of tile/1/000.p/2"},
		"another tile":       {at("/tile/0/000", func([]byte) []byte { b, _ := f.kept.Tiles.ReadEndpoint(t.Context(), "tile/0/001"); return b }), "tree: hash 0 of tile/1/000.p/2"},
		"changed checkpoint": {at("/checkpoint", func(b []byte) []byte { return bytes.Replace(b, []byte("\n700\n"), []byte("\n701\n"), 1) }), "signature: "},
		"lengthened note":    {at("/checkpoint", func(b []byte) []byte { return append(b, "x\n"...) }), "signature: "},
	} {
		t.Run(name, func(t *testing.T) {
			lieTo = c.lie
			err := Log(context.Background(), Served{server.URL, "auditor", server.Client()}, f.demands(), io.Discard)
			var l Lie
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.As(err, &l)) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
	lieTo = nil
	var out bytes.Buffer
	if err := Log(t.Context(), Served{server.URL, "", server.Client()}, f.demands(), &out); err != nil || !strings.Contains(out.String(), "events     --  not checked") {
		t.Errorf("without a token: %v\n%s", err, &out)
	}
}
