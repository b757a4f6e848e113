// Package ledger is keeping: the contract of the event log, the bytes of a record, deciding and
// appending ([Ledger.Do]), taking in facts ([Ledger.Take]) and following.
//
//	log.go                    the contract that every engine passes (ledger/logtest)
//	record.go, box.go         fact → bytes, bytes → event
//	do.go                     read, fold, decide, append, retry
//	take.go, submission.go    facts of other systems, in batches, without decisions
//	prepare.go                one batch is prepared while the one before it is being kept
//	claim.go                  what was submitted, to tell the same from another
//	people.go                 whose they are
//	differ.go                 how a repeated record differs from the one that was kept
//	struck.go                 a payload that was removed, and what stands there instead
//	reveal.go, reading.go     opening personal values, and keeping that they were read
//	follow.go                 catch up, then live, without a gap
//	vault.go                  what is needed of the key vault
//
// Engines: ledger/sqlstore (SQLite; PostgreSQL and CockroachDB with the same code). Keys and boxes:
// ledger/vault. Leaves: ledger/seal. Other people's formats: ledger/intake.
package ledger
