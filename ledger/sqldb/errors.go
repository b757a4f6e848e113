package sqldb

import (
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// IsFull reports whether the database refused a write for want of room or of permission.
func IsFull(err error) bool {
	switch resultCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

// Explain adds what to do to the errors that an operator can meet and mend.
func Explain(err error) error {
	advice := ""
	switch resultCode(err) {
	case sqlite3.SQLITE_NOTADB:
		advice = "the file is no database, or its beginning was overwritten: put the right file there, or restore a backup"
	case sqlite3.SQLITE_CORRUPT:
		advice = "the file is damaged: stop writing, keep a copy for examination, restore a backup"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		advice = "check that this user may write the file and its directory, and that the disk isn't mounted read-only"
	case sqlite3.SQLITE_FULL:
		advice = "the disk is full: free space"
	case sqlite3.SQLITE_IOERR:
		advice = "the disk could not be read or written: check whether it is full or failing"
	case sqlite3.SQLITE_BUSY:
		advice = "another process uses the file: stop it"
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		advice = "check that the directory exists and that this user may write it"
	}
	if advice == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}

// resultCode is SQLite's primary result code, or 0 for any other error.
func resultCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}
