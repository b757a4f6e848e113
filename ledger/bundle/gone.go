package bundle

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// ends finds for each box without a key the event that says that it was destroyed.
func (w *making) ends(ctx context.Context) error {
	found := map[domain.Stream]map[string]int64{}
	for _, g := range w.gone {
		by := int64(-1)
		for _, s := range []domain.Stream{{Noun: "subject", ID: g.owner}, g.kept.Stream, {Noun: "tenant", ID: g.kept.Tenant}} {
			if found[s] == nil {
				var err error
				if found[s], err = w.destroyed(ctx, s); err != nil {
					return err
				}
			}
			for _, key := range []string{g.key.String(), wholeTenant} {
				if seq, ok := found[s][key]; ok && seq > g.event.Seq && by < 0 {
					by = seq
				}
			}
		}
		if by < 0 {
			var err error
			if by, err = w.disposedBy(ctx, g.event.Seq, g.kept.Envelope, g.class); err != nil {
				return err
			}
		}
		if by < 0 || by >= w.checkpoint.Size {
			return &domain.Refusal{Code: domain.Unavailable, Rule: "bundle.erasing",
				Message: fmt.Sprintf("a key of event %d was destroyed, and the ledger doesn't say so yet: make the bundle again when the erasure is done", g.event.Seq)}
		}
		if err := w.cite(ctx, by); err != nil {
			return err
		}
		g.event.Erased = append(g.event.Erased, Erased{by, g.key})
	}
	for _, e := range w.events {
		slices.SortFunc(e.Erased, func(a, b Erased) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	}
	return nil
}

// strikes finds for each payload that is gone the event that says so.
func (w *making) strikes(ctx context.Context) error {
	for _, e := range w.struck {
		i := slices.IndexFunc(e.Env, func(f Field) bool { return f.Name == "id" })
		id, err := domain.ParseID(parsed(e.Env[i].Value).string())
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
		history, err := w.Ledger.History(ctx, domain.Stream{Noun: "strike", ID: id})
		if err != nil {
			return err
		}
		for _, k := range history {
			if _, done := k.Event.(domain.StrikeCompleted); done && e.Struck < 0 {
				e.Struck, e.Pay = k.Seq, nil
			}
		}
		if e.Struck < 0 {
			records, err := w.Ledger.Log.At(ctx, []int64{e.Seq})
			if err != nil {
				return err
			}
			env, err := domain.ParseEnvelope(records[0].Envelope)
			if err != nil {
				return fmt.Errorf("event %d: %w", e.Seq, err)
			}
			if e.Struck, err = w.disposedBy(ctx, e.Seq, env, ""); err != nil {
				return err
			}
			e.Pay = nil
		}
		if e.Struck < 0 || e.Struck >= w.checkpoint.Size {
			return &domain.Refusal{Code: domain.Unavailable, Rule: "bundle.striking",
				Message: fmt.Sprintf("the payload of event %d was removed, and the ledger doesn't say so under a checkpoint yet: make the bundle again when the strike or disposal is done", e.Seq)}
		}
		if err := w.cite(ctx, e.Struck); err != nil {
			return err
		}
	}
	return nil
}

// disposedBy is the first disposal after an event that covers it: its payload, or its boxes of a class.
// -1 when there is none.
func (w *making) disposedBy(ctx context.Context, seq int64, env domain.Envelope, c domain.Class) (int64, error) {
	if w.disposals == nil {
		var err error
		if w.disposals, err = w.Ledger.History(ctx, domain.Stream{Noun: DisposalNoun, ID: w.Ledger.ID}); err != nil {
			return -1, err
		}
	}
	for _, k := range w.disposals {
		if e, ok := k.Event.(domain.DisposalCompleted); ok && k.Seq > seq && e.Covers(env, c) {
			return k.Seq, nil
		}
	}
	return -1, nil
}

// DisposalNoun is that of the ledger's own stream in which disposals are told.
const DisposalNoun = "disposal"

// wholeTenant stands for all keys of a tenant.
const wholeTenant = "*"

// destroyed lists the keys that a stream says are gone, with the event that says so.
func (w *making) destroyed(ctx context.Context, s domain.Stream) (map[string]int64, error) {
	keys := map[string]int64{}
	for from := int64(0); ; from += chunk {
		records, err := w.Ledger.Log.Stream(ctx, s, from, chunk)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			switch kind := ledger.KindOf(r); {
			case strings.HasSuffix(kind, ".keys_destroyed"):
				_, pay, err := fieldsOf(r)
				if err != nil {
					return nil, err
				}
				named := keysOf(pay)
				for _, key := range named {
					keys[key] = r.Seq
				}
				if len(named) == 0 && kind == "tenant.keys_destroyed" {
					keys[wholeTenant] = r.Seq
				}
			}
		}
		if len(records) < chunk {
			return keys, nil
		}
	}
}

// cite adds an event that says what became of another.
func (w *making) cite(ctx context.Context, seq int64) error {
	if w.cited[seq] || w.events[seq] != nil && !w.beside[seq] { // shown already
		return nil
	}
	records, err := w.Ledger.Log.At(ctx, []int64{seq})
	if err != nil {
		return err
	}
	names := []string{"id", "kind", "occurred", "recorded", "tenant", "plain/keys", "plain/epoch", "plain/final", "plain/pages", "plain/event", "plain/position"}
	if records[0].Forged {
		return ledger.Forged{Seq: seq}
	}
	if records[0].Stream.Noun == DisposalNoun { // not how many of others' events went with it
		names = []string{"id", "kind", "occurred", "recorded", "tenant", "stream", "plain/cuts", "plain/recordedBefore"}
	}
	e, err := w.only(records[0], names...)
	w.events[seq], w.cited[seq] = e, true
	return err
}
