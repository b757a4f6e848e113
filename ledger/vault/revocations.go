package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"muniment/domain"
)

// revocationsFile names the credentials that were revoked, one id a line, apart from the data: whoever
// puts an older copy of the tokens in place finds them revoked still.
const revocationsFile = "revocations.journal"

const revocationLine = 33 // 32 hex digits and a newline

// Revoke writes down that a credential is revoked. It is durable when it returns nil.
func (d KeysDir) Revoke(id domain.ID) error {
	f, err := os.OpenFile(filepath.Join(d.path, revocationsFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("journal of revocations: %w", err)
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("journal of revocations: %w", err)
	}
	end -= end % revocationLine // what a crash left of a line was never promised
	if _, err := f.WriteAt([]byte(id.String()+"\n"), end); err != nil {
		return fmt.Errorf("journal of revocations: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("journal of revocations: %w", err)
	}
	return d.sync()
}

// Revoked lists what was revoked.
func (d KeysDir) Revoked() (ids []domain.ID, err error) {
	text, err := os.ReadFile(filepath.Join(d.path, revocationsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal of revocations: %w", err)
	}
	text = text[:len(text)-len(text)%revocationLine]
	for line := range bytes.Lines(text) {
		id, err := domain.ParseID(string(bytes.TrimSuffix(line, []byte("\n"))))
		if err != nil {
			return nil, fmt.Errorf("journal of revocations: line %d is damaged: bring %s back from the keys' backup", len(ids)+1, revocationsFile)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
