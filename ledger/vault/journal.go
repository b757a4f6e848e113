package vault

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// journal is the list of destroyed keys, struck events and disposals beside the epoch root, apart from the data: a ledger restored from an older copy has them destroyed again before it serves. It
// is written before anything is touched.
type journal struct {
	*lines
	entries []journalEntry // as they were when it was opened
}

// journalEntry is a destroyed key, a tenant whose keys were, an event whose payload was struck, or
// how far back a disposal reached, and the position of the event that ordered it.
type journalEntry struct {
	position int64
	mark     byte
	id       domain.ID
	reach    *reach // of a disposal: there are as many entries as keys ever died, so none has more than it needs
}

// reach is what a disposal took: of a family, or a class in it, what occurred before an instant.
type reach struct {
	of     string // [domain.Cut.Key]
	before domain.Time
}

const (
	journalFile  = "erasures.journal"
	keyLine      = ' '
	tenantLine   = 't'
	strikeLine   = 's'
	disposalLine = 'd'
)

func (e journalEntry) body() string {
	switch e.mark {
	case disposalLine:
		return fmt.Sprintf("%016x%c%016x %s", e.position, e.mark, int64(e.reach.before), e.reach.of)
	}
	return fmt.Sprintf("%016x%c%s", e.position, e.mark, e.id)
}

func parseJournalEntry(body string) (e journalEntry, err error) {
	known := false
	if len(body) > 16+1 {
		e.mark = body[16]
		if position, wrong := strconv.ParseUint(body[:16], 16, 63); wrong == nil {
			e.position = int64(position)
			switch rest := body[17:]; e.mark {
			case keyLine, tenantLine, strikeLine:
				e.id, err = domain.ParseID(rest)
				known = len(body) == 16+1+32 && strings.ToLower(body) == body
			case disposalLine:
				e.reach = &reach{}
				_, err = fmt.Sscanf(rest, "%016x %s", (*int64)(&e.reach.before), &e.reach.of)
				known = e.body() == body
			}
		}
	}
	if err != nil || !known {
		err = fmt.Errorf("it names no destroyed key, struck event or disposal in a form that this build knows")
	}
	return e, err
}

func openJournal(d KeysDir, ledger domain.ID) (j journal, err error) {
	j.lines, err = openLines(d, journalFile, ledger, func(body string) error {
		e, err := parseJournalEntry(body)
		j.entries = append(j.entries, e)
		return err
	})
	if err != nil {
		err = fmt.Errorf("erasure journal %w", err)
	}
	return j, err
}

// last is the greatest position that entries from one on name, -1 for none.
func (j journal) last(from int64) int64 {
	last := int64(-1)
	for _, e := range j.entries[min(from, int64(len(j.entries))):] {
		last = max(last, e.position)
	}
	return last
}

func (j journal) addKeys(position int64, keys []domain.ID) error {
	bodies := make([]string, len(keys))
	for i, id := range keys {
		bodies[i] = journalEntry{position: position, mark: keyLine, id: id}.body()
	}
	return j.add(bodies...)
}

func (j journal) addTenant(position int64, tenant domain.ID) error {
	return j.add(journalEntry{position: position, mark: tenantLine, id: tenant}.body())
}

// NoteStrike writes down that an order's event is struck, before it is: a log restored from an older
// copy has the payload back. It may be repeated.
func (v *Vault) NoteStrike(ctx context.Context, o Order) error {
	if err := v.journal.add(journalEntry{position: o.Seq, mark: strikeLine, id: o.Entity}.body()); err != nil {
		return err
	}
	return v.setCheckpoint(ctx, "journal", v.journal.len())
}

// Strikes are the events that the journal named as struck when the vault was opened, each once.
func (v *Vault) Strikes() (events []domain.ID) {
	seen := map[domain.ID]bool{}
	for _, e := range v.journal.entries {
		if e.mark == strikeLine && !seen[e.id] {
			seen[e.id] = true
			events = append(events, e.id)
		}
	}
	return events
}

// NoteDisposal writes down how far back an order's disposal reaches, before anything goes: a log restored
// from an older copy has it all back. It may be repeated.
func (v *Vault) NoteDisposal(ctx context.Context, o Order, cuts []domain.Cut) error {
	bodies := make([]string, len(cuts))
	for i, c := range cuts {
		bodies[i] = journalEntry{position: o.Seq, mark: disposalLine, reach: &reach{c.Key(), c.OccurredBefore}}.body()
	}
	if err := v.journal.add(bodies...); err != nil {
		return err
	}
	return v.setCheckpoint(ctx, "journal", v.journal.len())
}

// Disposals are how far back disposals reached when the vault was opened, by [domain.Cut.Key].
func (v *Vault) Disposals() map[string]domain.Time {
	reached := map[string]domain.Time{}
	for _, e := range v.journal.entries {
		if e.mark == disposalLine {
			reached[e.reach.of] = max(reached[e.reach.of], e.reach.before)
		}
	}
	return reached
}

// DestroyedBy are the keys that the journal named for an order when the vault was opened: those that an
// earlier attempt took.
func (v *Vault) DestroyedBy(o Order) (keys []domain.ID) {
	for _, e := range v.journal.entries {
		if e.mark == keyLine && e.position == o.Seq {
			keys = append(keys, e.id)
		}
	}
	return keys
}

// repeatJournal destroys again what the journal names and this copy of the vault doesn't know of.
func (v *Vault) repeatJournal(ctx context.Context) error {
	done, err := v.checkpoint(ctx, "journal")
	if err != nil {
		return err
	}
	if v.journal, err = openJournal(v.keys, v.ledger); err != nil {
		return err
	}
	if n := v.journal.len(); n < done {
		return fmt.Errorf("vault: the erasure journal in %s names %d destroyed keys, and the vault knows of %d: the keys directory is an older copy. Bring back the newest", v.keys.path, n, done)
	}
	var keys []domain.ID
	for _, e := range v.journal.entries[done:] {
		switch e.mark {
		case keyLine:
			keys = append(keys, e.id)
		case tenantLine:
			if _, err := v.dropBranch(ctx, e.id); err != nil {
				return err
			}
		}
	}
	if len(v.journal.entries) == int(done) {
		return nil
	}
	return v.empty(ctx, keys, v.journal.len())
}

// checkJournal refuses a log that ends before an erasure that the journal knows of, or before what
// the vault has followed: either would make the ledger go on where it had been already.
func (v *Vault) checkJournal(ctx context.Context, log ledger.Log) error {
	next, err := log.Next(ctx)
	if err != nil {
		return err
	}
	followed, err := v.next(ctx)
	if err != nil {
		return err
	}
	forgiven, err := v.checkpoint(ctx, forgivenMark)
	if err != nil {
		return err
	}
	if last := v.journal.last(forgiven); last >= next {
		return fmt.Errorf("vault: the ledger ends at position %d, and the erasure journal names an erasure, strike or disposal at position %d: the ledger is an older copy, and erasures after its end are unknown to it. Bring back a newer one, or put the newest backup in place with muniment restore", next-1, last)
	}
	if followed > next {
		return fmt.Errorf("vault: the ledger ends at position %d, and the vault has followed it to position %d: the ledger is an older copy than the vault. Bring back both from one backup, with muniment restore", next-1, followed-1)
	}
	return nil
}
