// Package erasure carries out what takes something away: it orders the steps, keeps what was done as
// events, and finishes after a crash what had begun.
//
//	process.go       what is ordered, one after the other
//	rooms.go         what it needs of vault, log and views
//	subject.go       a person
//	interactions.go  redacted interactions, many at a time
//	tenant.go        an account
//	purge.go         look-up rows, claim digests, views
//	epoch.go         when older copies died of what was destroyed
//	strike.go        a payload into which something slipped
//	plan.go, sweep.go, disposal.go   what is past its period
package erasure
