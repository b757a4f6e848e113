package domain

// EpochRotated: a new key epoch began, and the root of the one before was destroyed. From here on no
// copy of the vault from that epoch opens, unless a copy of its root lies elsewhere.
type EpochRotated struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// TailLost: the ledger was restored without its newest events. From here on it goes on under another
// origin, so that nobody takes it for the whole of the old one, and no personal value is shown until
// the erasures among what was lost are entered again.
type TailLost struct {
	Next       int64  `json:"next"`                                // position of the first event that isn't here
	Known      int64  `json:"known"`                               // how many events there were at least
	Size       int64  `json:"size"`                                // of the last checkpoint that is known of the old origin
	Checkpoint string `json:"checkpoint,omitempty" plain:"digest"` // SHA-256 of its text, without signatures
	Backup     string `json:"backup" plain:"digest"`               // SHA-256 of the backup's manifest
}

// ErasuresEntered: somebody vouches that every erasure among the lost events was asked for again.
type ErasuresEntered struct {
	Case string `json:"case" plain:"reference"` // where it is written down how that was found out
}

// Kind is the wire name.
func (TailLost) Kind() string { return "vault.tail_lost" }

// Kind is the wire name.
func (ErasuresEntered) Kind() string { return "vault.erasures_entered" }

// Kind is the wire name.
func (EpochRotated) Kind() string { return "vault.epoch_rotated" }

var vaultKinds = []Type{
	kind[EpochRotated]("vault", "17, 32", "A key epoch ended and its root was destroyed: older copies of the vault stay shut.").ours(),
	kind[TailLost]("vault", "17, 32", "The ledger was restored without its newest events: nothing personal is shown.").ours(),
	kind[ErasuresEntered]("vault", "17, 5(2)", "The erasures among lost events were asked for again.").ours(),
}

// KeyVault is the key vault as its stream tells it.
type KeyVault struct {
	Epoch  int64 // 0: the first one, never rotated
	Closed bool  // erasures among lost events are still to be entered
}

// Apply folds one kept event.
func (v KeyVault) Apply(k Kept) KeyVault {
	switch e := k.Event.(type) {
	case EpochRotated:
		v.Epoch = max(v.Epoch, e.To)
	case TailLost:
		v.Closed = true
	case ErasuresEntered:
		v.Closed = false
	}
	return v
}

// Rotate decides to record that an epoch ended.
func (v KeyVault) Rotate(to int64) ([]Event, *Refusal) {
	if to <= v.Epoch {
		return nil, Refuse("vault.epoch", "Art. 32 GDPR", "key epoch %d has begun already", to)
	}
	return []Event{EpochRotated{From: to - 1, To: to}}, nil
}

// Enter decides that erasures were entered again.
func (v KeyVault) Enter(e ErasuresEntered) ([]Event, *Refusal) {
	switch {
	case !v.Closed:
		return nil, Refuse("vault.tail", "Art. 17, 32 GDPR", "no events of this ledger are known to be lost, or their erasures were entered again")
	case e.Case == "":
		return nil, Malformed("case", "say where it is written down how the lost erasures were found out, such as SEC-2026-014")
	}
	return []Event{e}, nil
}
