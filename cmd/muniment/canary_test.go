package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/testscript"
)

// disguises are the ways in which programs write a text down: what is looked for in files is looked
// for in each.
func disguises(text string) map[string][]byte {
	all := map[string][]byte{"plain": []byte(text), "hex": []byte(hex.EncodeToString([]byte(text))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(text))))}
	var little, big, percent []byte
	for _, u := range utf16.Encode([]rune(text)) {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
	}
	for _, c := range []byte(text) {
		percent = fmt.Appendf(percent, "%%%02X", c)
	}
	all["UTF-16LE"], all["UTF-16BE"], all["percent"] = little, big, percent
	for before := range 3 { // base64 looks different at each place in three bytes; what neighbours touch is left out
		coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), text...))
		from := (before*8 + 5) / 6
		all[fmt.Sprint("base64 at ", before)] = []byte(coded[from : (before+len(text))*8/6])
	}
	return all
}

// holding lists the files below directories that hold a text in any disguise.
func holding(text string, dirs ...string) (found []string, files int, err error) {
	// A service that runs meanwhile renames what it has written: then once more, so that nothing slips by.
	for range 100 {
		if found, files, err = heldNow(text, dirs...); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return found, files, err
}

func heldNow(text string, dirs ...string) (found []string, files int, err error) {
	all := disguises(text)
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			files++
			for how, form := range all {
				if bytes.Contains(content, form) || bytes.Contains([]byte(path), form) {
					found = append(found, path+" ("+how+")")
				}
			}
			return err
		})
		if err != nil {
			return found, files, err
		}
	}
	return found, files, nil
}

// cmdNowhere: nowhere TEXT DIR… demands that no file below the directories holds the text.
func cmdNowhere(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: nowhere TEXT DIR…")
	}
	var dirs []string
	for _, dir := range args[1:] {
		dirs = append(dirs, ts.MkAbs(dir))
	}
	found, files, err := holding(args[0], dirs...)
	ts.Check(err)
	if files == 0 || neg != (len(found) > 0) {
		ts.Fatalf("%d files; holding it: %v", files, found)
	}
}

// cmdFlip: flip FILE changes one bit in the middle of a file.
func cmdFlip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flip FILE")
	}
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	text[len(text)/2] ^= 1
	ts.Check(os.WriteFile(path, text, 0o600))
}

// TestHolding: a text is found in every disguise, wherever it begins.
func TestHolding(t *testing.T) {
	const text = "12025550143"
	for _, before := range []string{"", "a", "bc"} {
		whole := before + text + "xyz"
		var wide []byte
		for _, u := range utf16.Encode([]rune(whole)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		for name, form := range map[string]string{"plain": whole, "base64": base64.StdEncoding.EncodeToString([]byte(whole)), "hex": hex.EncodeToString([]byte(whole)),
			"UTF-16": string(wide), "percent": "%2B%31%32%30%32%35%35%35%30%31%34%33"} {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "file"), []byte(form), 0o600))
			if found, _, err := holding(text, dir); err != nil || len(found) == 0 {
				t.Errorf("%s behind %q is not found (%v)", name, before, err)
			}
			if found, _, _ := holding("12025570143", dir); found != nil {
				t.Errorf("%s: found what isn't there: %v", name, found)
			}
		}
	}
}
