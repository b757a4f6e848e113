package sqldb

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Explain adds what to do to the errors that an operator can meet and mend.
func Explain(err error) error {
	advice := fileAdvice(err)
	if advice == "" {
		advice = serverAdvice(err)
	}
	if advice == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}

func fileAdvice(err error) string {
	switch resultCode(err) {
	case sqlite3.SQLITE_NOTADB:
		return "the file is no database, or its beginning was overwritten: put the right file there, or restore a backup"
	case sqlite3.SQLITE_CORRUPT:
		return "the file is damaged: stop writing, keep a copy for examination, restore a backup"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return "check that this user may write the file and its directory, and that the disk isn't mounted read-only"
	case sqlite3.SQLITE_FULL:
		return "the disk is full: free space"
	case sqlite3.SQLITE_IOERR:
		return "the disk could not be read or written: check whether it is full or failing"
	case sqlite3.SQLITE_BUSY:
		return "another process uses the file: stop it"
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return "check that the directory exists and that this user may write it"
	}
	return ""
}

func serverAdvice(err error) string {
	switch state := sqlState(err); state {
	case "":
	case "28P01", "28000":
		return "check user and password in the URL, and the server's pg_hba.conf"
	case "3D000":
		return "make the database first: CREATE DATABASE, or createdb"
	case "42501":
		return "this user needs CREATE on the database: GRANT CREATE ON DATABASE … TO …"
	case "53100":
		return "the server's disk is full: free space"
	case "25006":
		return "the server takes no writes: a standby, or set read-only; name the primary in the URL"
	case "53300":
		return "the server takes no more connections: raise max_connections; Muniment holds 24 on two cores, 8 more for each further one"
	case "42P05", "26000":
		return "a pooler hands out sessions that others prepared statements in: set pool_mode=session for this database, or name the server itself in the URL"
	case "42P01", "42703":
		return "the schema isn't what this build left: restore a backup, or use the build that wrote it"
	}
	var connecting *pgconn.ConnectError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: check host and port, and that the server runs"
	case pgconn.Timeout(err):
		return "the server didn't answer in time: check host and port, and what stands between"
	case errors.As(err, &connecting) && sqlState(err) == "":
		return "check host, port and sslmode in the URL"
	case errors.Is(err, driver.ErrBadConn) || sqlState(err) != "" && lost(err):
		return "the database server went away: do this again when it is back"
	}
	return ""
}

// resultCode is SQLite's primary result code, or 0 for any other error.
func resultCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

// sqlState is a server's code for an error, or "" for any other error.
func sqlState(err error) string {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}
