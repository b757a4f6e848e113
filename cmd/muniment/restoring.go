package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"muniment/domain/canon"
	"muniment/ledger/seal"
	"muniment/ledger/sqldb"
	"muniment/ledger/vault"
)

// A restore is cut off anywhere and begun again. Its file RESTORING is the first thing in the new
// directory and the last to go; while it is there nothing is served. Until it says that all is placed,
// everything is placed anew; from then on nothing is, because the ledger may have gone on.

const restoringFile = "RESTORING"

// restoring is what is being restored, as the first attempt decided.
type restoring struct {
	backup string // digest of the manifest
	known  int64  // how many events there were at least, when the newest are lost; 0: none is
	origin string // under which the log goes on then
	placed bool
}

func (r restoring) text() []byte {
	return append(canon.Append(nil, map[string]any{"backup": r.backup, "known": r.known, "origin": r.origin, "placed": r.placed}), '\n')
}

func readRestoring(path string) (r restoring, there bool, err error) {
	text, err := os.ReadFile(filepath.Join(path, restoringFile))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("data directory %s can't be read: %w. Run as the user who owns it, or name another with --data", path, err)
	}
	tree, _ := canon.ParseLenient(text)
	o, _ := tree.(map[string]any)
	r.backup, _ = o["backup"].(string)
	r.known, _ = o["known"].(int64)
	r.origin, _ = o["origin"].(string)
	r.placed, _ = o["placed"].(bool)
	return r, true, nil
}

func (r restoring) write(path string) error {
	return replaceFile(filepath.Join(path, restoringFile), string(r.text()))
}

// unfinished refuses a directory into which a restore was cut off.
func unfinished(path string) error {
	_, there, err := readRestoring(path)
	if there {
		err = fmt.Errorf("a restore into %s was cut off, so nothing in it is to be used yet: run the same muniment restore again, or delete the directory", path)
	}
	return err
}

// place puts the files of a backup into the new directory, which then looks like a ledger but for
// RESTORING.
func (r *restoring) place(ctx context.Context, b backup, path string, keys vault.KeysDir, lines int64) error {
	if err := r.write(path); err != nil {
		return err
	}
	for _, f := range b.Files {
		if err := f.copyTo(b.path, path); err != nil {
			return err
		}
	}
	if r.known > 0 {
		if err := r.loseTail(ctx, path, keys, lines); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{idFile: b.Ledger.String(), storesFile: b.Stores, formatFile: "muniment " + b.Format} {
		if err := writeFile(filepath.Join(path, name), text+"\n"); err != nil {
			return err
		}
	}
	r.placed = true
	return r.write(path)
}

// loseTail shuts the vault and begins another log, before anybody opens either. Beside the keys the other
// log's name takes the place of the old one's, of which nothing was signed yet.
func (r *restoring) loseTail(ctx context.Context, path string, keys vault.KeysDir, lines int64) error {
	change := func(room string, o sqldb.Options, fn func(*sqldb.DB) error) error {
		db, err := sqldb.OpenSQLite(ctx, filepath.Join(path, room+".db"), o)
		if err != nil {
			return err
		}
		return errors.Join(fn(db), db.Close())
	}
	if err := change("vault", sqldb.Options{SecureDelete: true}, func(db *sqldb.DB) error { return vault.ForgiveTail(ctx, db, lines) }); err != nil {
		return err
	}
	if err := change("seal", sqldb.Options{}, func(db *sqldb.DB) error { return seal.BeginAnew(ctx, db, r.origin) }); err != nil {
		return err
	}
	return keys.SetMark(vault.Mark{Origin: r.origin})
}

// copyTo copies one file and compares what it copied: the backup may lie on a disk that fails.
func (f backupFile) copyTo(from, to string) error {
	path := filepath.Join(to, f.Name)
	for _, left := range []string{"", "-wal", "-shm"} { // of an attempt that was cut off
		if err := os.Remove(path + left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("restore: %w", err)
		}
	}
	in, err := os.Open(filepath.Join(from, f.Name))
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := out.Sync(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if got, err := digestOf(path); err != nil || got != f {
		return errors.Join(err, fmt.Errorf("restore: %s is not what the backup held: check both disks", path))
	}
	return nil
}

// replaceFile writes a file under another name and puts it in its place: whoever reads it finds the old
// text or the new. Durable when it returns.
func replaceFile(path, text string) error {
	if err := writeFile(path+".new", text); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDirectory(filepath.Dir(path))
}

func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
