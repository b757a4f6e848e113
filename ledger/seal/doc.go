// Package seal is evidence: what a kept event leaves in the ledger's tree. In this build it makes
// leaves; tree, checkpoints and proofs come with the next part. The leaf's bytes are final now,
// because they decide what envelope and payload must hold. docs/formats.md, section 10.
package seal
