package domain

// HeadsMap names how heads are gathered under one root (docs/formats.md, section 12).
type HeadsMap string

// HeadsMap1 is the one there is.
const HeadsMap1 HeadsMap = "muniment/heads/1"

// Values lists the maps.
func (HeadsMap) Values() []string { return []string{string(HeadsMap1)} }

// EpochSealed: the heads of all tenants and subjects over the first Size events of the ledger. A head is
// how many events name a tenant or subject, and the root of a tree over them; so an event left out of
// somebody's head can't be denied later.
type EpochSealed struct {
	Size  int64    `json:"size"`  // events 0 to Size-1 are covered, epochs not counted
	Count int64    `json:"count"` // of heads
	Root  string   `json:"root" plain:"digest"`
	Map   HeadsMap `json:"map"`
}

// EpochWithdrawn: an epoch says what its events don't give, and nobody is to lean on it. It stays in the log; the
// next one counts.
type EpochWithdrawn struct {
	Position int64       `json:"position"` // of the epoch.sealed that is withdrawn
	Size     int64       `json:"size"`     // what that covers
	Reason   EpochReason `json:"reason"`
}

// EpochReason is why an epoch is withdrawn.
type EpochReason string

// Values lists the reasons.
func (EpochReason) Values() []string { return []string{"DAMAGED_HEADS", "FAULTY_BUILD", "OTHER"} }

// Kind is the wire name.
func (EpochSealed) Kind() string { return "epoch.sealed" }

// Kind is the wire name.
func (EpochWithdrawn) Kind() string { return "epoch.withdrawn" }

var epochKinds = []Type{
	kind[EpochSealed]("epoch", "5(2)", "How many events each tenant and subject has, committed to under one root.").ours(),
	kind[EpochWithdrawn]("epoch", "5(2)", "An epoch says what its events don't give, and counts no more.").ours(),
}
