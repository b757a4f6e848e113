// Package notices is telling: it tells every affected customer of a change of sub-processors, in a
// notice of its own, and shows the public list.
//
//	notices.go     open and run
//	directory.go   what this room asks of others
//	rules.go       follow the log: prepare, withdraw, put work into the queue
//	commands.go    the decisions on a notice, taken through the ledger
//	deliver.go     one message: attempt, proof or failure, each kept as an event
//	mail.go smtp.go outbox.go   one notice as an e-mail; sent, or written into a directory
//	silence.go     deem silence, once its time has come
//	link.go        signed links
//	facts.go       what a notice says, from the ledger
//	pages.go page_*.go list_*.go feed.go   the customers' and the public pages
//	render/        the words
//	queue/         the durable queue, as a Watermill Pub/Sub
//
// The queue and the tables here can be lost: they are derived anew from the log, and whoever was told
// before is not told twice, because that is asked of the notice's own stream.
package notices
