package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"muniment/domain"
)

// lines is a file in the keys directory that only grows: what it says must outlive every copy of the
// vault. A line is synced before anything rests on it. Each ends with a check over it and the check
// before, from the first line on, which names the ledger: a line that was changed, left out or taken
// from elsewhere is found. docs/formats.md, "Keys above a box's key".
type lines struct {
	mu    sync.Mutex
	path  string
	size  int64 // bytes of whole lines
	count int64 // without the first one
	check string
}

const checkDigits = 16

func checked(before, body string) string {
	h := sha256.Sum256([]byte(before + body))
	return hex.EncodeToString(h[:])[:checkDigits]
}

func firstLine(name string, ledger domain.ID) string {
	return "muniment " + name + " 1 " + ledger.String()
}

// beginLines makes the file of a new ledger: from then on one that is missing was lost.
func beginLines(d KeysDir, name string, ledger domain.ID) error {
	first := firstLine(name, ledger)
	return d.writeText(name, first+" "+checked("", first)+"\n")
}

// openLines reads the file and hands each line to fn. A last line that a crash cut short is left out:
// nothing rested on it. The next one takes its place.
func openLines(d KeysDir, name string, ledger domain.ID, fn func(body string) error) (l *lines, err error) {
	l = &lines{path: filepath.Join(d.path, name)}
	text, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: without it nobody knows what was erased since a backup. Bring it back from the newest copy of the keys directory", l.path)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	for n := 1; ; n++ {
		end := bytes.IndexByte(text[l.size:], '\n')
		if end < 0 {
			break
		}
		line := string(text[l.size : l.size+int64(end)])
		body := line[:max(0, len(line)-checkDigits-1)]
		if line != body+" "+checked(l.check, body) {
			return nil, fmt.Errorf("%s: line %d is damaged: bring the file back from the newest copy of the keys directory", l.path, n)
		}
		if first := firstLine(name, ledger); n == 1 && body != first {
			return nil, fmt.Errorf("%s belongs to another ledger, or to another build: expected %q", l.path, first)
		}
		if n > 1 {
			if err := fn(body); err != nil {
				return nil, fmt.Errorf("%s: line %d: %w", l.path, n, err)
			}
			l.count++
		}
		l.size, l.check = l.size+int64(end)+1, line[len(body)+1:]
	}
	if l.size == 0 {
		return nil, fmt.Errorf("%s: line 1 is damaged: bring the file back from the newest copy of the keys directory", l.path)
	}
	return l, nil
}

// add is durable when it returns. After an error nothing was added: what may have been written is
// overwritten by the next.
func (l *lines) add(bodies ...string) error {
	if len(bodies) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var text bytes.Buffer
	check := l.check
	for _, body := range bodies {
		check = checked(check, body)
		text.WriteString(body + " " + check + "\n")
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(l.path), err)
	}
	defer f.Close()
	err = f.Truncate(l.size)
	if err == nil {
		_, err = f.WriteAt(text.Bytes(), l.size)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(l.path), err)
	}
	l.size, l.count, l.check = l.size+int64(text.Len()), l.count+int64(len(bodies)), check
	return nil
}

func (l *lines) len() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}
