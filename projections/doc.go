// Package projections is seeing: read models that follow the log, and the queries on them.
//
//	db.go, run.go           one database, one follower: views and checkpoint in one transaction
//	facts.go                fact lists: rows of (tenant, occurred, seq)
//	states.go               states: rectangles over occurrence and knowledge
//	page.go, cursor.go      keyset pages with cursors nobody can forge
//	reader.go               the one place where a principal's tenants are enforced
//	one file per read model
//
// A view holds references to kept events, never clear personal values (docs/decisions/0004).
// Rebuild = drop and follow from zero; a test compares the rows.
package projections
