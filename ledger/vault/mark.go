package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain/canon"
)

const markFile = "sealed.mark"

// Mark is how far the log was signed, beside the keys: outside the data and its backups. A log that is
// shorter, or other, is an older copy or somebody else's.
type Mark struct {
	Origin string // of the log; "" before anything was signed
	Size   int64
	Root   tlog.Hash
}

// Mark reads it.
func (d KeysDir) Mark() (m Mark, err error) {
	path := filepath.Join(d.path, markFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = Private(path, info)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return m, fmt.Errorf("key file %s: %w", path, err)
	}
	var root string
	if n, _ := fmt.Sscanf(string(text), "muniment mark 1\n%d %64s %s\n", &m.Size, &root, &m.Origin); n != 3 || m.Size < 0 {
		return m, errMark(path)
	}
	if err := canon.Unhex(m.Root[:], root); err != nil || m.text() != string(text) {
		return m, errMark(path)
	}
	return m, nil
}

func errMark(path string) error {
	return fmt.Errorf("key file %s is damaged: expected the line “muniment mark 1”, then size, root and name of the log; bring it back from the keys' newest backup", path)
}

func (m Mark) text() string {
	return fmt.Sprintf("muniment mark 1\n%d %x %s\n", m.Size, m.Root[:], strings.TrimSpace(m.Origin))
}

// SetMark is durable when it returns.
func (d KeysDir) SetMark(m Mark) error { return d.replace(markFile, m.text()) }
