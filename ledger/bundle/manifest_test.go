package bundle

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"muniment/domain"
)

const origin = "ledger.example.com/2026"

func someManifest(t testing.TB) (*Manifest, note.Signer) {
	t.Helper()
	signer, vkey, err := NewSigner(origin, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &Manifest{Ledger: domain.ID{1}, Origin: origin, Made: 1_700_000_000_000_000, Run: Span{3, 9}, Size: 12, Key: vkey, Limits: []string{"No more than this."},
		Question: Question{Of: OfSubject, Tenant: domain.ID{2}, Subject: domain.ID{3}, Axis: Occurred, From: 1_600_000_000_000_000},
		Counts:   Counts{9, 7, 6, 5, 4, 3, 2, 1}, Files: map[string]File{TreeFile: FileOf([]byte("{}"))}}, signer
}

func signed(t testing.TB, m *Manifest, s note.Signer) []byte {
	t.Helper()
	text, err := m.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestManifest: it comes back as it was signed; no bit of it is free.
func TestManifest(t *testing.T) {
	m, signer := someManifest(t)
	text := signed(t, m, signer)
	back, err := OpenManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	if back.Text() != m.Text() || !reflect.DeepEqual(back.Question, m.Question) || back.Counts != m.Counts || back.Run != m.Run || back.Files[TreeFile] != m.Files[TreeFile] {
		t.Errorf("came back as %+v", back)
	}
	for i := range text {
		for bit := range 8 {
			changed := bytes.Clone(text)
			changed[i] ^= 1 << bit
			if _, err := OpenManifest(changed); err == nil {
				t.Fatalf("bit %d of byte %d (%q) can be changed", bit, i, text[max(0, i-20):i+1])
			}
		}
	}
}

// TestManifestRefuses: what is signed but isn't one is refused with what is wrong.
func TestManifestRefuses(t *testing.T) {
	good, signer := someManifest(t)
	stranger, vkey, err := NewSigner("other.example.com", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for says, text := range map[string][]byte{
		"should be":                  signed(t, &Manifest{Origin: origin, Key: vkey, Question: good.Question}, stranger),
		"signature doesn't hold":     signed(t, good, stranger),
		"no manifest has":            resigned(t, good, signer, `{"bundle":1`, `{"after":1,"bundle":1`),
		"version":                    resigned(t, good, signer, `"bundle":1`, `"bundle":2`),
		"name what is asked about":   resigned(t, good, signer, `"of":"subject"`, `"of":"tenant"`),
		"is there twice":             append(signed(t, good, signer), lastLine(signed(t, good, signer))...),
		"isn't the first":            swapped(append(signed(t, good, signer), "— other.example.com AAAAAAAA\n"...)),
		"malformed note":             append(signed(t, good, signer), "— other.example.com AAAAAAAB=\n"...),
		"a period has a beginning":   resigned(t, good, signer, `"from":"2020-09-13T12:26:40.000000Z",`, ``),
		"begins and ends with a who": resigned(t, good, signer, `:40.000000Z"`, `:40.000001Z"`),
	} {
		if _, err := OpenManifest(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, expected %q", err, says)
		}
	}
}

func lastLine(text []byte) []byte {
	return text[bytes.LastIndexByte(text[:len(text)-1], '\n')+1:]
}

// swapped puts the last signature before the one before it.
func swapped(text []byte) []byte {
	last := lastLine(text)
	rest := text[:len(text)-len(last)]
	first := lastLine(rest)
	return slices.Concat(rest[:len(rest)-len(first)], last, first)
}

// TestManifestOfSeveral: others may sign a manifest after its key, by whatever they sign with.
func TestManifestOfSeveral(t *testing.T) {
	good, signer := someManifest(t)
	stranger, _, err := NewSigner("other.example.com", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	text, err := note.Sign(&note.Note{Text: good.Text()}, signer, stranger)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"one more": text, "of an unknown kind": append(text, "— other.example.com/notary AAAAAAAA\n"...)} {
		if m, err := OpenManifest(text); err != nil || m.Text() != good.Text() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// resigned changes the text and signs it again: the operator lies.
func resigned(t *testing.T, m *Manifest, signer note.Signer, from, to string) []byte {
	t.Helper()
	text := strings.Replace(m.Text(), from, to, 1)
	if text == m.Text() {
		t.Fatalf("no %s in %s", from, text)
	}
	b, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzOpenManifest(f *testing.F) {
	m, signer := someManifest(f)
	f.Add(signed(f, m, signer))
	f.Fuzz(func(t *testing.T, text []byte) {
		if m, err := OpenManifest(text); err == nil && !strings.HasPrefix(string(text), m.Text()) {
			t.Error("two texts for one manifest")
		}
	})
}
