package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

// Copy is what a vault's database says of itself while nobody has it open.
type Copy struct {
	Epoch        int64 // whose root opens it
	Followed     int64 // it knows the events before this position
	Erasures     int64 // lines of the erasure journal that it is done with
	Suppressions int64 // lines of the other one
}

// LookAt reads a vault without opening it.
func LookAt(ctx context.Context, db *sqldb.DB) (c Copy, err error) {
	err = db.Reader().QueryRowContext(ctx, `SELECT MAX(epoch) FROM secrets`).Scan(&c.Epoch)
	for name, into := range map[string]*int64{"vault": &c.Followed, "journal": &c.Erasures, "suppressions": &c.Suppressions} {
		if err == nil {
			*into, err = checkpointIn(ctx, db.Reader(), name)
		}
	}
	if err != nil {
		err = fmt.Errorf("look at a vault: %w", sqldb.Explain(err))
	}
	return c, err
}

// Journals is what the journals of a keys directory say.
type Journals struct {
	Erasures, Suppressions int64 // lines
	Last                   int64 // greatest position of an erasure, -1 for none
}

// Journals reads both journals of the ledger to their ends, and checks every line.
func (d KeysDir) Journals(ledger domain.ID) (js Journals, err error) {
	j, err := openJournal(d, ledger)
	if err != nil {
		return js, err
	}
	l, err := openLines(d, suppressionsFile, ledger, func(body string) error { _, err := parseSuppression(body); return err })
	if err != nil {
		return js, fmt.Errorf("journal of the list that blocks %w", err)
	}
	return Journals{j.len(), l.len(), j.last(0)}, nil
}

// CopyTo copies the keys into a directory that is empty or isn't there, durably. The file that says
// whose they are comes last: a copy that was cut off is nobody's. What is being destroyed is not copied.
// Nobody may change the keys meanwhile ([Vault.Still]).
func (d KeysDir) CopyTo(path string) error {
	if list, err := os.ReadDir(path); err == nil && len(list) > 0 {
		return fmt.Errorf("%s is not empty: name a new directory for the copy of the keys", path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("copy the keys: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("copy the keys: %w", err)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("copy the keys: %w", err)
	}
	list, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("copy the keys: %w", err)
	}
	to := KeysDir{path}
	copyFile := func(name string) error {
		text, err := os.ReadFile(filepath.Join(d.path, name))
		if err == nil {
			err = to.writeText(name, string(text))
		}
		if err != nil {
			return fmt.Errorf("copy the keys: %w", err)
		}
		return nil
	}
	for _, f := range list {
		if !carried(f.Name()) || !f.Type().IsRegular() {
			continue
		}
		if err := copyFile(f.Name()); err != nil {
			return err
		}
	}
	return copyFile(ledgerFile)
}

// carried reports whether a file belongs into a copy of the keys: all but what is on its way in or out.
func carried(name string) bool {
	switch filepath.Ext(name) {
	case ".key", ".pub", ".end", ".mark", ".journal":
		return true
	}
	return false
}
