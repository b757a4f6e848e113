package vault

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// TestLines: what was added is read again; whatever was done to the file is found and named.
func TestLines(t *testing.T) {
	id := domain.NewID()
	for _, c := range []struct {
		name   string
		change func(lines []string) []string
		says   string
	}{
		{"nothing", func(l []string) []string { return l }, ""},
		{"a torn last line", func(l []string) []string { l[3] = l[3][:5]; return l[:4] }, ""},
		{"another digit", func(l []string) []string { l[2] = "x" + l[2][1:]; return l }, "line 3 is damaged"},
		{"a line left out", func(l []string) []string { return slices.Delete(l, 1, 2) }, "line 2 is damaged"},
		{"another order", func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, "line 2 is damaged"},
		{"an empty line", func(l []string) []string { return slices.Insert(l, 2, "\n") }, "line 3 is damaged"},
		{"no first line", func(l []string) []string { return l[1:] }, "line 1 is damaged"},
		{"emptied", func([]string) []string { return nil }, "line 1 is damaged"},
		{"another ledger's", func(l []string) []string {
			first := firstLine("list", domain.NewID())
			return []string{first + " " + checked("", first) + "\n"}
		}, "belongs to another ledger"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := must(CreateKeysDir(filepath.Join(t.TempDir(), "keys"), id))
			if err := beginLines(d, "list", id); err != nil {
				t.Fatal(err)
			}
			read := func() (l *lines, all []string, err error) {
				l, err = openLines(d, "list", id, func(body string) error { all = append(all, body); return nil })
				return l, all, err
			}
			l, _, err := read()
			if err != nil {
				t.Fatal(err)
			}
			for _, some := range [][]string{{"one", "two"}, {}, {"three"}} {
				if err := l.add(some...); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(d.path, "list")
			changed := strings.Join(c.change(slices.Collect(strings.Lines(string(must(os.ReadFile(path)))))), "")
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			l, all, err := read()
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || int(l.len()) != len(all) {
				t.Fatal(all, err)
			}
			if err := l.add("four"); err != nil {
				t.Fatal(err)
			}
			before := all
			if _, all, err = read(); err != nil || !slices.Equal(all, append(before, "four")) || before[0] != "one" {
				t.Errorf("%q, %v", all, err)
			}
		})
	}
}

// TestLinesMissing: a file that is gone was there once.
func TestLinesMissing(t *testing.T) {
	for _, name := range []string{journalFile, suppressionsFile} {
		h := newHouse(t)
		h.close()
		h.ok(os.Remove(filepath.Join(h.keysDir(), name)))
		db := dbtest.Open(t, filepath.Join(h.dir, "vault.db"), sqldb.Options{})
		if _, err := Open(t.Context(), db, must(OpenKeysDir(h.keysDir(), h.ID)), h.ID); err == nil || !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("got %v", err)
		}
	}
}

// TestEntries: a line is read as it was written, and nothing else is.
func TestEntries(t *testing.T) {
	e := journalEntry{position: 7, mark: tenantLine, id: domain.ID{1: 2, 15: 3}}
	p := journalEntry{position: 9000, mark: disposalLine, reach: &reach{"INTERACTIONS/INTERACTION", 1 << 50}}
	for _, e := range []journalEntry{e, p} {
		if got := must(parseJournalEntry(e.body())); !reflect.DeepEqual(got, e) {
			t.Errorf("%+v", got)
		}
	}
	s := suppression{[32]byte{1: 9}, Blocked{domain.ID{3: 1}, "OBJECTION", 1234567}, shop}
	if got := must(parseSuppression(s.body())); got != s {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"", "x", strings.ToUpper(s.body()), s.body() + "X Y", s.body()[1:], e.body()[1:], strings.Replace(e.body(), "t", "u", 1), strings.Replace(p.body(), "d", "t", 1), p.body()[1:], p.body()[:33], p.body() + " X"} {
		if _, err := parseJournalEntry(bad); err == nil {
			t.Errorf("%q is taken for a destroyed key", bad)
		}
		if _, err := parseSuppression(bad); err == nil {
			t.Errorf("%q is taken for an entry of the list", bad)
		}
	}
}
