package domain

// LogPruningOrdered: of the events of a range only places and leaf hashes are to be left. Both bounds are
// multiples of 256, the entries of a bundle. From here on it can't be taken back.
type LogPruningOrdered struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`            // not included
	Run  ID    `json:"run,omitempty"` // the event of the run that found the range due
}

// LogPruned: it is done. Root is over the leaf hashes of the whole range (RFC 6962, 2.1), so whoever has the
// tree can tell that these are the leaves.
type LogPruned struct {
	From   int64          `json:"from"`
	To     int64          `json:"to"`
	Root   string         `json:"root" plain:"digest"`
	Events int64          `json:"events"` // how many were pruned; the others of the range stay as they are
	Until  Time           `json:"until"`  // log time of the last event of the range
	Final  StrikeFinality `json:"final"`
	Run    ID             `json:"run,omitempty"`
}

// Kind is the wire name.
func (LogPruningOrdered) Kind() string { return "log.pruning_ordered" }

// Kind is the wire name.
func (LogPruned) Kind() string { return "log.pruned" }

var pruneKinds = []Type{
	kind[LogPruningOrdered]("log", "5(1)(e)", "Old events are to be reduced to their leaf hashes.").ours(),
	kind[LogPruned]("log", "5(1)(c), 5(1)(e)", "Old events are reduced to their leaf hashes.").ours(),
}

// BundleWidth is how many events are pruned together at least: those of one entry bundle (C2SP tlog-tiles).
const BundleWidth = 256

// Range is part of a log: the events from one position up to another, not included.
type Range struct{ From, To int64 }

// Check refuses a range that doesn't consist of whole bundles.
func (r Range) Check() *Refusal {
	if r.From < 0 || r.To <= r.From || r.From%BundleWidth != 0 || r.To%BundleWidth != 0 {
		return Refuse("prune.aligned", "Art. 5(1)(e) GDPR", "whole bundles are pruned: expected a range from a multiple of %d up to a greater one, not from %d up to %d", BundleWidth, r.From, r.To)
	}
	return nil
}

// passing marks a kind from which nothing follows later: no state is folded from it that anybody decides
// on, and it is no evidence of what was destroyed, held or signed. Its events can be pruned.
func (t Type) passing() Type {
	t.Passing = true
	return t
}

// Prune decides what becomes of one event of a range that is to be pruned: it goes, or stays as it is. One
// that would go must have been struck, but for epochs, which tell of nobody and are covered by later ones.
func Prune(k Kept) (goes bool, no *Refusal) {
	t, _ := Lookup(k.Kind)
	_, epoch := k.Event.(EpochSealed)
	switch {
	case !t.Passing:
		return false, nil
	case !k.Struck && !epoch:
		return false, Refuse("prune.struck", "Art. 5(2) GDPR", "event %d still has its payload: what is pruned is struck first, by the run that found it due", k.Seq)
	}
	return true, nil
}

// Prunings are the ranges whose pruning was ordered, as the stream of the log tells them.
type Prunings []Range

// Apply folds one kept event. Of a range that was pruned again after a restore no order may be left.
func (p Prunings) Apply(k Kept) Prunings {
	switch e := k.Event.(type) {
	case LogPruningOrdered:
		return append(p[:len(p):len(p)], Range{e.From, e.To})
	case LogPruned:
		return append(p[:len(p):len(p)], Range{e.From, e.To})
	}
	return p
}

// Order decides to prune a range. What is in it was judged before ([Prune]).
func (p Prunings) Order(e LogPruningOrdered) ([]Event, *Refusal) {
	if no := (Range{e.From, e.To}).Check(); no != nil {
		return nil, no
	}
	for _, r := range p {
		if r.From < e.To && e.From < r.To {
			return nil, Refuse("prune.once", "Art. 5(1)(e) GDPR", "events %d to %d are pruned already, or about to be: a range is ordered once", max(r.From, e.From), min(r.To, e.To)-1)
		}
	}
	return []Event{e}, nil
}
