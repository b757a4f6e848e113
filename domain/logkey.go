package domain

// LogKeyAdded: the log's checkpoints are signed with another key as well from here on. Whoever checks
// them learns the new key by a way they trust; under the old one they can see here that it is meant.
type LogKeyAdded struct {
	Number int64  `json:"number"`                   // 1 was the first
	Public string `json:"public" plain:"publickey"` // of Ed25519 (RFC 8032), in hex
}

// LogKeyRetired: a key signs nothing any more, and was destroyed.
type LogKeyRetired struct {
	Number int64 `json:"number"`
}

// Kind is the wire name.
func (LogKeyAdded) Kind() string { return "log.key_added" }

// Kind is the wire name.
func (LogKeyRetired) Kind() string { return "log.key_retired" }

var logKinds = []Type{
	kind[LogKeyAdded]("log", "5(2), 32", "The log's checkpoints are signed with a further key.").ours(),
	kind[LogKeyRetired]("log", "5(2), 32", "A key that signed the log's checkpoints was destroyed.").ours(),
}

// LogKeys are the keys that sign the log, as its stream tells them, by their numbers.
type LogKeys struct {
	Newest  int64 // 0: the first one is the only one there ever was
	Retired int64 // the newest that signs no more
}

// Apply folds one kept event.
func (l LogKeys) Apply(k Kept) LogKeys {
	switch e := k.Event.(type) {
	case LogKeyAdded:
		l.Newest = max(l.Newest, e.Number)
	case LogKeyRetired:
		l.Retired = max(l.Retired, e.Number)
	}
	return l
}

// Add decides to record a further key.
func (l LogKeys) Add(e LogKeyAdded) ([]Event, *Refusal) {
	if e.Number <= max(l.Newest, 1) {
		return nil, Refuse("log.key", "Art. 32 GDPR", "log key %d signs already", e.Number)
	}
	return []Event{e}, nil
}

// Retire decides to record that a key is gone.
func (l LogKeys) Retire(number int64) ([]Event, *Refusal) {
	if number <= l.Retired {
		return nil, Refuse("log.key", "Art. 32 GDPR", "log key %d is gone already", number)
	}
	return []Event{LogKeyRetired{number}}, nil
}
