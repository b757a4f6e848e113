package domain

import (
	"slices"
	"strings"
)

// ErasureGround is why somebody has to be erased: Art. 17(1)(a) to (f), in its order.
type ErasureGround string

// Values lists the grounds.
func (ErasureGround) Values() []string {
	return []string{"NO_LONGER_NEEDED", "CONSENT_WITHDRAWN", "OBJECTED", "UNLAWFUL", "LEGAL_OBLIGATION", "CHILD"}
}

// SuppressionGround is why a keyed hash of the numbers and addresses outlives the person's erasure,
// used only to block: otherwise an import would have them contacted again.
type SuppressionGround string

// Values lists the grounds: an objection to marketing (Art. 21(3)), a withdrawn consent (Art. 7(3)), a
// law that keeps such lists.
func (SuppressionGround) Values() []string {
	return []string{"OBJECTION", "CONSENT_WITHDRAWN", "LEGAL_OBLIGATION"}
}

// Finality is what destroying a key comes to where it lay.
type Finality string

// The degrees. BYTES_GONE: the key's bytes were overwritten and the journal emptied, so no live copy
// is left. EPOCH_END: a server keeps old rows as it likes; final is only the end of the key epoch.
const (
	BytesGone Finality = "BYTES_GONE"
	EpochEnd  Finality = "EPOCH_END"
)

// Values lists the degrees.
func (Finality) Values() []string { return []string{"BYTES_GONE", "EPOCH_END"} }

// ErasureRequested: the person is to be erased, wholly or as far as some classes go. From here on
// nothing of it is read, and no key is made for it.
type ErasureRequested struct {
	Ground   ErasureGround     `json:"ground"`
	Case     string            `json:"case" plain:"reference"`
	Classes  []Class           `json:"classes,omitempty"` // none: all
	Held     []Class           `json:"held,omitempty"`    // were to go, too, and are kept under legal holds: they go when those are lifted
	Suppress SuppressionGround `json:"suppress,omitempty"`
}

// IdentifiersSuppressed: keyed hashes of the person's numbers and addresses were put on the list that
// only blocks. It doesn't lead from them to the person.
type IdentifiersSuppressed struct {
	Ground      SuppressionGround `json:"ground"`
	Identifiers int64             `json:"identifiers"`
}

// SubjectKeysDestroyed names keys of the person that no longer are.
type SubjectKeysDestroyed struct {
	Keys  []ID     `json:"keys,omitempty"`
	Epoch int64    `json:"epoch"` // copies of the vault from before die when this key epoch ends
	Final Finality `json:"final"`
}

// InteractionKeysDestroyed names keys of a redacted interaction that no longer are.
type InteractionKeysDestroyed SubjectKeysDestroyed

// ErasureCompleted: what led to the person is gone too, and what was derived from it.
type ErasureCompleted struct {
	Keys    int64 `json:"keys"`
	Lookups int64 `json:"lookups"` // identifiers that no longer lead anywhere
	Claims  int64 `json:"claims"`  // events whose claim digest was blanked
	Views   int64 `json:"views"`   // the views had followed up to this position
}

// Kind is the wire name.
func (ErasureRequested) Kind() string { return "subject.erasure_requested" }

// Kind is the wire name.
func (IdentifiersSuppressed) Kind() string { return "subject.identifiers_suppressed" }

// Kind is the wire name.
func (SubjectKeysDestroyed) Kind() string { return "subject.keys_destroyed" }

// Kind is the wire name.
func (InteractionKeysDestroyed) Kind() string { return "interaction.keys_destroyed" }

// Kind is the wire name.
func (ErasureCompleted) Kind() string { return "subject.erasure_completed" }

var erasureKinds = []Type{
	kind[ErasureRequested]("subject", "17", "The person is to be erased; nothing of it is read any more.").ours(),
	kind[IdentifiersSuppressed]("subject", "17(3), 21(3)", "Keyed hashes of its numbers and addresses stay, to block with.").ours(),
	kind[SubjectKeysDestroyed]("subject", "17", "Keys of the person were destroyed.").ours(),
	kind[ErasureCompleted]("subject", "17", "What led to the person is gone too.").ours(),
	kind[InteractionKeysDestroyed]("interaction", "5(1)(e), 17", "The keys of a redacted interaction were destroyed.").ours(),
}

// Erasure is one erasure of a person, as its stream tells it.
type Erasure struct {
	ErasureRequested
	Seq        int64 // of the request
	Requested  Time
	Keys       []ID // destroyed so far
	Epoch      int64
	Final      Finality
	Suppressed int64 // identifiers put on the list that only blocks
	Completed  Time  // 0: under way
	Counts     ErasureCompleted
}

// Takes reports whether the erasure takes what a class holds.
func (e ErasureRequested) Takes(c Class) bool {
	return len(e.Classes) == 0 || slices.Contains(e.Classes, c)
}

func (s Subject) applyErasure(k Kept) Subject {
	if e, ok := k.Event.(ErasureRequested); ok {
		s.Erasures = append(slices.Clone(s.Erasures), Erasure{ErasureRequested: e, Seq: k.Seq, Requested: k.Occurred.At})
		return s
	}
	if len(s.Erasures) == 0 {
		return s
	}
	s.Erasures = slices.Clone(s.Erasures)
	last := &s.Erasures[len(s.Erasures)-1]
	switch e := k.Event.(type) {
	case IdentifiersSuppressed:
		last.Suppressed = e.Identifiers
	case SubjectKeysDestroyed:
		last.Keys = append(slices.Clone(last.Keys), e.Keys...)
		last.Epoch, last.Final = max(last.Epoch, e.Epoch), e.Final
	case ErasureCompleted:
		last.Completed, last.Counts = k.Occurred.At, e
	}
	return s
}

// Erased reports whether what a class holds of the person is gone, or going.
func (s Subject) Erased(c Class) bool {
	return slices.ContainsFunc(s.Erasures, func(e Erasure) bool { return e.Takes(c) })
}

// Erase decides to erase the person, or some classes of it.
func (s Subject) Erase(e ErasureRequested) ([]Event, *Refusal) {
	if n := len(s.Erasures); n > 0 && s.Erasures[n-1].Completed == 0 {
		return nil, Refuse("erasure.once", "Art. 17 GDPR", "an erasure of this person is under way since %s", s.Erasures[n-1].Requested)
	}
	left := slices.ContainsFunc(PersonClasses(), func(c string) bool { return e.Takes(Class(c)) && !s.Erased(Class(c)) })
	if !left {
		return nil, Refuse("erasure.once", "Art. 17 GDPR", "all of this was erased already")
	}
	return s.beside(e)
}

// beside takes what no legal hold keeps: the right is excepted to the extent that the hold says (Art. 17(3)).
func (s Subject) beside(e ErasureRequested) ([]Event, *Refusal) {
	var free []Class
	var by HoldPlaced
	for _, name := range PersonClasses() {
		c := Class(name)
		if !e.Takes(c) || s.Erased(c) {
			continue
		}
		if h, held := s.keeping(c); held {
			by, e.Held = h, append(e.Held, c)
			continue
		}
		free = append(free, c)
	}
	switch {
	case len(e.Held) == 0:
	case len(free) == 0:
		return nil, Refuse("erasure.hold", "Art. 17(3)(b), (e) GDPR", "all of this must be kept under the legal hold %s: lift the hold first", by.words())
	default:
		slices.Sort(free)
		slices.Sort(e.Held)
		e.Classes = free
	}
	return []Event{e}, nil
}

// InClasses checks the form of a list of classes.
func InClasses(names []string) ([]Class, *Refusal) {
	var list []Class
	for _, name := range names {
		c := Class(name)
		if !slices.Contains(PersonClasses(), name) || slices.Contains(list, c) {
			return nil, Malformed("classes", "expected each of %s at most once", strings.Join(PersonClasses(), ", "))
		}
		list = append(list, c)
	}
	slices.Sort(list)
	return list, nil
}
