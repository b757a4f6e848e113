package domain

// EpochRotated: a new key epoch began, and the root of the one before was destroyed. From here on no
// copy of the vault from that epoch opens, unless a copy of its root lies elsewhere.
type EpochRotated struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Kind is the wire name.
func (EpochRotated) Kind() string { return "vault.epoch_rotated" }

var vaultKinds = []Type{
	kind[EpochRotated]("vault", "17, 32", "A key epoch ended and its root was destroyed: older copies of the vault stay shut.").ours(),
}

// KeyVault is the key vault as its stream tells it.
type KeyVault struct {
	Epoch int64 // 0: the first one, never rotated
}

// Apply folds one kept event.
func (v KeyVault) Apply(k Kept) KeyVault {
	if e, ok := k.Event.(EpochRotated); ok {
		v.Epoch = max(v.Epoch, e.To)
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
