// Package bundle is the file that a regulator, an auditor or a customer is handed: an answer with all
// that is needed to check it offline. docs/bundle.md is its specification; ledger/seal/verify checks it.
//
//	archive.go  a zip in one form only
//	manifest.go question, counts, hashes of the files; signed
//	cover.go    the hashes that lead from some leaves to a root
//	shown.go    which fields of an event are shown, the others by their commitments
package bundle
