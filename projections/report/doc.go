// Package report is the accountability reports (Art. 5(2) GDPR): what somebody takes away, to be
// read without us.
//
//	request.go     which reports there are, and what one asks for
//	viewpoint.go   days → what the ledger knew: the same viewpoint gives the same document
//	document.go    what every report is made of; cell.go its values; words.go the words for codes
//	register*.go   the sub-processor register with its changes
//	accesses*.go   the access log of one person: the DPO's view, the person's own view
//	people.go      who is behind an actor, and opening personal values
//	render.go      document → file: json.go, csv.go, html.go
//	keep.go        the making of a report is itself an event
//
// A document is a function of ledger, request, viewpoint and, for personal values, of what may be
// opened at the time: a value erased since reads "erased" in a later copy, and its digest differs.
// No clock is read for its content. Its bytes stay the same for as long as [Version] does.
package report
