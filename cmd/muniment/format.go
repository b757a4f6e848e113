package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"

	"muniment/domain"
)

// dataFormat is what the bytes in a data directory are. Its file FORMAT says `muniment NAME MARK`; what
// the mark is depends on the name.
type dataFormat string

const (
	// development directories are for one build of the formats: the mark is the catalogue's fingerprint,
	// and must be the same.
	development dataFormat = "0-dev"
	// candidate directories are read by every later build: the mark is how far the catalogue had grown in
	// the newest build that wrote here, and an older one than that refuses.
	candidate dataFormat = "1-rc"
)

// format is this build's: what it begins, and the only one that it reads.
const format = development

// fingerprint is of the catalogue: which kinds there are, with which fields of which form.
func fingerprint() string {
	h := sha256.New()
	for _, t := range domain.Catalogue {
		text, err := json.Marshal([]any{t.Kind, t.Version, t.Noun, t.JSONSchema()})
		if err != nil {
			panic(err) // a schema is plain data
		}
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// mark is what this build writes behind a format's name.
func (f dataFormat) mark() string {
	if f == development {
		return fingerprint()
	}
	return strconv.Itoa(domain.Growth())
}

// String is name and mark, as FORMAT and backups have them.
func (f dataFormat) String() string { return string(f) + " " + f.mark() }

// fits refuses what a build of this format doesn't read, by the words in FORMAT.
func (f dataFormat) fits(path string, words []string) error {
	damaged := fmt.Errorf("%s is damaged: its file %s does not name a format. Restore a backup, or name another directory with --data", path, formatFile)
	if len(words) != 3 || words[0] != "muniment" {
		return damaged
	}
	if words[1] != string(f) {
		return fmt.Errorf("%s has format %s and this build reads %s only: use the build that wrote it", path, words[1], string(f))
	}
	if f == development {
		if words[2] != fingerprint() {
			return fmt.Errorf("%s was written by another development build (format %s, fingerprint %s; this one: %s). Formats before 1 are for one build only: use that build, or begin anew in another --data", path, string(f), words[2], fingerprint())
		}
		return nil
	}
	grown, err := growth(words[2])
	if err != nil {
		return damaged
	}
	if grown > domain.Growth() {
		return fmt.Errorf("%s was written by a newer build, which knows more kinds of events or newer versions of them (%d; this one: %d). Nothing was changed: use that build, or a newer one", path, grown, domain.Growth())
	}
	return nil
}

func growth(mark string) (int, error) {
	n, err := strconv.Atoi(mark)
	if err != nil || n < 1 || strconv.Itoa(n) != mark {
		return 0, fmt.Errorf("%q is no count", mark)
	}
	return n, nil
}

// raise marks a directory that fits, before this build writes anything into it that an older one could
// not read.
func (f dataFormat) raise(path string, words []string) error {
	if words[2] == f.mark() {
		return nil
	}
	return replaceFile(filepath.Join(path, formatFile), fmt.Sprintf("muniment %s\n", f))
}
