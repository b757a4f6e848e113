// Package esdbtest is a test double of an EventStoreDB node: it speaks the node's gRPC protocol over
// a real loopback socket and keeps everything in memory. It is no database and no proof about one: it
// shows that our engine does the right thing when a node behaves as its protocol says, and when it
// fails. KurrentDB's own client tests are run against it (outside_test.go), so that it isn't only our
// reading of the protocol.
//
//	server.go     the node: listening, stopping, coming back; TLS and passwords
//	store.go      events, streams, expected revisions, what a stream's metadata hides
//	append.go     Append, BatchAppend, Delete, Tombstone
//	read.go       reads of a stream and of $all
//	subscribe.go  subscriptions with filters, checkpoints, CaughtUp
//	node.go       server features, gossip, persistent subscriptions (creation only)
//	errors.go     errors as a node's trailers tell them
//	faults.go     what can be made to fail, and when
//	certs.go      fresh certificates
package esdbtest
