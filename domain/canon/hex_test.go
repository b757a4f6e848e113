package canon

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnhex: given digits, more, fewer or others, then only exactly as many are read; none makes it panic.
func TestUnhex(t *testing.T) {
	for text, want := range map[string]string{"0102": "\x01\x02", "aBcD": "\xab\xcd", "": "", "01": "", "010": "", "01020": "", "010203": "", "01 2": "", "zzzz": ""} {
		to := make([]byte, 2)
		if err := Unhex(to, text); (err == nil) != (want != "") || err == nil && string(to) != want {
			t.Errorf("%q: %x %v", text, to, err)
		}
	}
}

// TestUnbase64: given a text, then it is read only in the spelling in which it would be written.
func TestUnbase64(t *testing.T) {
	for text, ok := range map[string]bool{"": true, "AQ": true, "_-8A": true, "AR": false, "A": false, "AQ==": false, "A\nQ": false, "AQ\r\n": false, "+/8A": false, " AQ": false} {
		if raw, err := Unbase64(text); (err == nil) != ok {
			t.Errorf("%q: %x %v", text, raw, err)
		}
	}
}

// TestNobodyElseUnhexes: hex.Decode panics on more digits than fit, so nothing but [Unhex] calls it.
func TestNobodyElseUnhexes(t *testing.T) {
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "canon/hex.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if strings.Contains(string(source), "hex.Decode(") {
			t.Errorf("%s calls hex.Decode: call canon.Unhex", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
