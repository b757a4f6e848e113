package sqldb

import "time"

// SetPatience sets how long transactions wait for a server that went away.
func SetPatience(db *DB, d time.Duration) { db.marks.patience = d }

// BeforeCommit lets fn run between the last statement and the COMMIT of the next transaction.
func BeforeCommit(db *DB, fn func()) { db.marks.committing = fn }

// StopBeating is what a holder does that was killed.
func StopBeating(l *Lease) {
	l.end()
	l.beats.Wait()
}
