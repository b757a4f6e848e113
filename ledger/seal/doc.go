// Package seal is evidence: what a kept event leaves in the ledger's tree, and the signed tree.
// docs/formats.md, sections 10 and 11.
//
//	fields.go  commitments to the fields of envelope and payload
//	leaf.go    an event's leaf
//	chains.go  leaves of many events: which leaf came before in the stream
//	tree.go    the tree, by its right edge
//	tiles.go   its hashes as files, durable
//	key.go     origin, log key, checkpoints
//	lock.go    the last signed checkpoint: compared and swapped
//	sealer.go  the order of safety
//	restore.go what happens after a crash, and when the log is another
//	publish.go which checkpoint is shown, and how far an event has come
//	prove.go   proofs and entry bundles of what is sealed
//	gather.go  whose events are, for heads
//	http.go    all of it over HTTP
package seal
