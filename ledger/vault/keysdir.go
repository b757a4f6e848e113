package vault

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"muniment/domain"
)

// KeysDir holds what must never lie beside the data: the epoch roots. One file each, hex, 0600.
type KeysDir struct {
	path string
}

// Path is where it lies.
func (d KeysDir) Path() string { return d.path }

const (
	ledgerFile = "LEDGER"
	rootFile   = "root-%06d.key"
)

// CreateKeysDir makes the directory for a new ledger with its first epoch root. It refuses a
// directory that has anything in it.
func CreateKeysDir(path string, ledger domain.ID) (KeysDir, error) {
	list, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return KeysDir{}, fmt.Errorf("create keys directory: %w", err)
	}
	if len(list) > 0 {
		return KeysDir{}, fmt.Errorf("keys directory %s is not empty, but the data directory is new: name the data directory these keys belong to, or another --keys", path)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return KeysDir{}, fmt.Errorf("create keys directory: %w", err)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return KeysDir{}, fmt.Errorf("create keys directory: %w", err)
	}
	d := KeysDir{path}
	if err := d.write(fmt.Sprintf(rootFile, 1), randomKey()); err != nil {
		return KeysDir{}, err
	}
	if err := d.AddRowKey(); err != nil {
		return KeysDir{}, err
	}
	for _, name := range []string{journalFile, suppressionsFile} {
		if err := beginLines(d, name, ledger); err != nil {
			return KeysDir{}, err
		}
	}
	return d, d.write(ledgerFile, ledger[:])
}

// OpenKeysDir opens the directory of an existing ledger and checks that it belongs to it and that
// nobody else can read it.
func OpenKeysDir(path string, ledger domain.ID) (KeysDir, error) {
	d := KeysDir{path}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d, fmt.Errorf("keys directory %s is missing: without it nothing personal can be read or written; bring it back from its own backup, or name it with --keys", path)
	case err != nil:
		return d, fmt.Errorf("keys directory: %w", err)
	case !info.IsDir():
		return d, fmt.Errorf("keys directory %s is no directory: name another with --keys", path)
	case info.Mode().Perm()&0o077 != 0:
		return d, fmt.Errorf("keys directory %s can be read by others (mode %04o): run chmod 700 on it", path, info.Mode().Perm())
	}
	if err := d.private(); err != nil {
		return d, err
	}
	id, err := d.read(ledgerFile)
	if err != nil {
		return d, err
	}
	if string(id) != ledger.Raw() {
		return d, fmt.Errorf("keys directory %s belongs to another ledger: name the right one with --keys", path)
	}
	epochs, err := d.Epochs()
	if err == nil && len(epochs) == 0 {
		err = fmt.Errorf("keys directory %s has no root key, such as root-000001.key: no such file; bring it back from the keys' own backup", path)
	}
	for _, epoch := range epochs {
		if err == nil {
			_, err = d.Root(epoch)
		}
	}
	if err == nil {
		_, err = d.RowKeys()
	}
	return d, err
}

// Private refuses a key, a journal or another file with secrets that others can read or write. Every such
// file, in the keys directory or named on the command line, is judged here.
func Private(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (mode %04o): run chmod 600 on it", path, mode)
	}
	return nil
}

// private refuses a file that others can read or write: keys, and journals that say what is revoked,
// erased or suppressed.
func (d KeysDir) private() error {
	list, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("keys directory: %w", err)
	}
	for _, entry := range list {
		path := filepath.Join(d.path, entry.Name())
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a temporary file, renamed meanwhile
		}
		if err != nil {
			return fmt.Errorf("key file %s: %w", path, err)
		}
		if err := Private(path, info); err != nil {
			return fmt.Errorf("key file %w", err)
		}
	}
	return nil
}

// Root reads the root key of an epoch.
func (d KeysDir) Root(epoch int64) ([]byte, error) {
	return d.readKey(fmt.Sprintf(rootFile, epoch))
}

// readKey reads a key of 32 bytes: one cut short by a crash while it was made must not be used.
func (d KeysDir) readKey(name string) ([]byte, error) {
	key, err := d.read(name)
	if err == nil && len(key) != 32 {
		err = fmt.Errorf("key file %s: expected 32 bytes in hex", filepath.Join(d.path, name))
	}
	return key, err
}

// Secret returns a named 32-byte secret of the installation (signed links, cursors), made at first use.
func (d KeysDir) Secret(name string) ([]byte, error) {
	return d.addKey(name + ".key")
}

func (d KeysDir) read(name string) ([]byte, error) {
	path := filepath.Join(d.path, name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w: bring it back from the keys' own backup", err)
	}
	if err := Private(path, info); err != nil {
		return nil, fmt.Errorf("key file %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("key file %s is damaged: expected hex digits; bring it back from the keys' backup", path)
	}
	return key, nil
}

// write is durable when it returns: file and directory are synced.
func (d KeysDir) write(name string, key []byte) error {
	return d.writeText(name, hex.EncodeToString(key)+"\n")
}

func (d KeysDir) writeText(name, text string) error {
	path := filepath.Join(d.path, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return d.sync()
}

func randomKey() []byte {
	key := make([]byte, 32)
	rand.Read(key)
	return key
}
