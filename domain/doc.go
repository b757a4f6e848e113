// Package domain is what can happen and what may be decided: the events with their hand-written
// kinds, the state that each noun folds from them, and the pure decisions (time and actor are
// arguments). It imports the standard library only and has no clock, no I/O and no logging.
//
//	id.go, moment.go, envelope.go, personal.go   what every event carries
//	plain.go                                     why a string may be kept in the clear
//	catalogue.go, codec.go                       kind → type, version and bytes
//	refusal.go                                   the "no" that is safe to show
//	one file per noun                            its events, its state, its decisions
package domain
