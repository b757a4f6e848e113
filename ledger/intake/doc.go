// Package intake turns other people's records into facts, in batches, without decisions. Every
// format is a [Reader]; [Run] keeps what a reader gives; [Handler] does the same for a request.
// docs/intake.md tells senders what each format looks like.
//
//	item.go         what a line became, and why it was refused
//	texts.go        cuts a stream into JSON texts in constant memory
//	object.go       reads one JSON object strictly
//	events.go       native events
//	ctm.go          a call tracker's calls, texts and forms
//	cloudevents.go  CloudEvents: native ones, and a telephony provider's (twilio.go)
//	cloudtrail.go   reads and copies of recordings in an object store
//	register.go     published sub-processor lists
//	run.go          reader → ledger
//	handler.go      request → ledger
//
// No error of this package holds a value of the input: what is refused may be about a person.
package intake
