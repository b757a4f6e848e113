// Package ledger is keeping: the contract of the event log, the bytes of a record, deciding and
// appending ([Ledger.Do]), taking in facts ([Ledger.Take]) and following.
//
//	log.go      the contract that every engine passes (ledger/logtest)
//	record.go   fact → bytes, bytes → event
//	do.go       read, fold, decide, append, retry
//	take.go     facts of other systems, in batches, without decisions
//	follow.go   catch up, then live, without a gap
//
// Engines: ledger/sqlstore (SQLite; PostgreSQL and CockroachDB with the same code). Keys and boxes:
// ledger/vault. Leaves: ledger/seal. Other people's formats: ledger/intake.
package ledger
