// Package vault keeps the keys that personal values are sealed with, so that erasing is destroying
// a key. docs/formats.md, section 7; docs/ARCHITECTURE.md, "Vault".
//
//	epoch root      in the keys directory, never inside the data directory
//	 └ tenant keys  per tenant and branch: processing, relationship, organisation
//	    └ page key  wraps up to 256 keys
//	       └ key    per subject and class, or per interaction and subject
//
// Keys are minted in pages, durably, before they are used; an event names its key id; owner and
// look-up rows are written by a follower of the log with its own checkpoint ([Vault.Follow]),
// replayed before serving. A memory overlay lets writers read what the follower hasn't written yet.
package vault
