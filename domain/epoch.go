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

// Kind is the wire name.
func (EpochSealed) Kind() string { return "epoch.sealed" }

var epochKinds = []Type{
	kind[EpochSealed]("epoch", "5(2)", "How many events each tenant and subject has, committed to under one root.").ours(),
}
