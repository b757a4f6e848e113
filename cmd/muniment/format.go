package main

import (
	"fmt"
	"path/filepath"
	"strconv"

	"muniment/domain"
)

// format names what the bytes in a data directory are: the one that this build begins, and the only one
// that it reads. Its file FORMAT says `muniment NAME MARK`; the mark is how far the catalogue had grown
// in the newest build that wrote here, and an older one than that refuses (docs/decisions/0006, 0016).
const format = "2-rc"

// candidate is the format that this one took the place of. No real data was ever kept in it, so no build
// carries its directories over.
const candidate = "1-rc"

// formatMark is name and mark, as FORMAT and backups have them.
func formatMark() string { return fmt.Sprintf("%s %d", format, domain.Growth()) }

// fits refuses what this build doesn't read, by the words in FORMAT.
func fits(path string, words []string) error {
	damaged := fmt.Errorf("%s is damaged: its file %s does not name a format. Restore a backup, or name another directory with --data", path, formatFile)
	if len(words) != 3 || words[0] != "muniment" {
		return damaged
	}
	if words[1] == candidate {
		return fmt.Errorf("%s has format %s, a candidate in which no real data was kept, and this build reads %s only. Nothing was changed: "+
			"name a new directory with --data, and import again what was imported here", path, candidate, format)
	}
	if words[1] != format {
		return fmt.Errorf("%s has format %s and this build reads %s only: use the build that wrote it", path, words[1], format)
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
func raise(path string, words []string) error {
	if words[2] == strconv.Itoa(domain.Growth()) {
		return nil
	}
	return replaceFile(filepath.Join(path, formatFile), fmt.Sprintf("muniment %s\n", formatMark()))
}
