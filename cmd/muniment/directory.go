package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"muniment/domain"
	"muniment/ledger/vault"
)

const (
	formatFile = "FORMAT"
	idFile     = "LEDGER"
	lockFile   = "LOCK"
)

// directory is an owned data directory.
type directory struct {
	path string
	id   domain.ID
	keys vault.KeysDir
	lock *os.File
}

// errInUse: another process has the directory.
var errInUse = errors.New("in use")

// openDirectory opens the data directory, or makes it with its keys, and takes its lock.
func openDirectory(path, keys string, s stores, create bool) (d *directory, err error) {
	if _, err := os.Stat(filepath.Join(path, formatFile)); errors.Is(err, fs.ErrNotExist) {
		if err := canBegin(path, create); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, fmt.Errorf("make data directory: %w: name one with --data that this user may make", err)
		}
	} else if errors.Is(err, syscall.ENOTDIR) {
		return nil, fmt.Errorf("--data %s is a file: name a directory", path)
	} else if err != nil {
		return nil, fmt.Errorf("data directory %s can't be read: %w. Run as the user who owns it, or name another with --data", path, err)
	}
	d = &directory{path: path}
	if d.lock, err = lock(path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if _, err := os.Stat(filepath.Join(path, formatFile)); errors.Is(err, fs.ErrNotExist) {
		return d, d.begin(keys, s)
	}
	words, err := d.known(s)
	if err != nil {
		return d, err
	}
	if d.keys, err = vault.OpenKeysDir(keys, d.id); err != nil {
		return d, err
	}
	return d, raise(path, words)
}

// known reads what an existing directory says of itself, and returns the words of its format.
func (d *directory) known(s stores) (words []string, err error) {
	text, err := os.ReadFile(filepath.Join(d.path, formatFile))
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", d.path, err)
	}
	words = strings.Fields(string(text))
	if err := fits(d.path, words); err != nil {
		return nil, err
	}
	if err := s.fit(d.path); err != nil {
		return nil, err
	}
	d.id, err = readID(d.path)
	return words, err
}

// openWithoutKeys opens an existing data directory for those who need none of its keys.
func openWithoutKeys(path string, s stores) (d *directory, err error) {
	if _, err := os.Stat(filepath.Join(path, formatFile)); err != nil {
		return nil, fmt.Errorf("there is no ledger in %s: name a data directory, or a URL such as https://ledger.example.com", path)
	}
	d = &directory{path: path}
	if d.lock, err = lockToRead(path); err != nil {
		return nil, err
	}
	if _, err := d.known(s); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// lockToRead takes the lock where this user may, and none of a copy that nobody can change: nil then.
func lockToRead(path string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(path, lockFile), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("data directory %s can't be read: %w", path, err)
	}
	return flock(f, path)
}

// canBegin reports whether a new ledger may be begun here.
func canBegin(path string, create bool) error {
	list, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && (len(list) == 0 || len(list) == 1 && list[0].Name() == lockFile):
		if !create {
			return fmt.Errorf("there is no ledger in %s: begin one with muniment serve or muniment import, or name another with --data", path)
		}
		return nil
	case err != nil:
		return fmt.Errorf("data directory %s can't be read: %w. Run as the user who owns it, or name another with --data", path, err)
	}
	return fmt.Errorf("%s has files in it but no ledger (no file %s): name an empty directory with --data, or the right one", path, formatFile)
}

func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(path, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory %s can't be written: %w. Run as the user who owns it, or name another with --data", path, err)
	}
	return flock(f, path)
}

func flock(f *os.File, path string) (*os.File, error) {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("data directory %s is %w by another process: stop it first, or let this command go through a running muniment serve", path, errInUse)
	}
	return f, nil
}

// begin makes a new ledger: keys first, the format last, so that a crash in between leaves nothing
// that looks like a ledger.
func (d *directory) begin(keys string, s stores) (err error) {
	d.id = domain.NewID()
	if d.keys, err = vault.CreateKeysDir(keys, d.id); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(d.path, idFile), d.id.String()+"\n"); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(d.path, storesFile), s.kinds()+"\n"); err != nil {
		return err
	}
	return writeFile(filepath.Join(d.path, formatFile), fmt.Sprintf("muniment %s\n", formatMark()))
}

func readID(path string) (domain.ID, error) {
	text, err := os.ReadFile(filepath.Join(path, idFile))
	if err != nil {
		return domain.ID{}, fmt.Errorf("data directory %s: %w", path, err)
	}
	id, err := domain.ParseID(strings.TrimSpace(string(text)))
	if err != nil {
		return id, fmt.Errorf("data directory %s: file %s is damaged: %w", path, idFile, err)
	}
	return id, nil
}

// writeFile is durable when it returns.
func writeFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDirectory(filepath.Dir(path))
}

// Close gives the directory up.
func (d *directory) Close() error {
	if d.lock == nil {
		return nil
	}
	return d.lock.Close()
}
