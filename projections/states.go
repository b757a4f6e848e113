package projections

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"muniment/domain"
	"muniment/ledger"
)

// States are rectangles: what held in the world in [validFrom, validTo), as the ledger knew it in
// [knownFrom, knownTo). A fact that comes in order closes the open end and adds two; a late one
// splits what it changes. So a state for any pair of days is one probe of an index.

const forever = math.MaxInt64

// A rectangle is one row of states.
type rectangle struct {
	validFrom, validTo   int64
	knownFrom, knownTo   int64
	sort, status         string
	subject              domain.ID
	body                 string
	stored, closedInFile bool // is a row already; that row's knownTo must be set
}

type stateKey struct {
	view   string
	entity domain.ID
}

// timeline is an entity's rectangles that this batch touches.
type timeline struct {
	tenant domain.ID
	open   []*rectangle // knownTo = forever, by validFrom
	rows   []*rectangle // all that must be written
}

// stateView folds one stream into one entity's states.
type stateView[S any] struct {
	name  string
	noun  string
	fold  func(S, domain.Kept) S
	shown func(S) (sort, status string, subject domain.ID)
}

// of names the view when it is told by streams of a noun.
func (v stateView[S]) of(noun string) (name string, mine bool) { return v.name, noun == v.noun }

func (v stateView[S]) apply(ctx context.Context, w *writer, k *domain.Kept) error {
	if k.Stream.Noun != v.noun {
		return nil
	}
	_, unproven := k.Event.(domain.Unproven)
	t, err := w.timeline(ctx, stateKey{v.name, k.Stream.ID}, k.Tenant)
	if err != nil {
		return err
	}
	if unproven && len(t.open) == 0 {
		return nil // nothing came to be by another system's word
	}
	at := int64(k.Occurred.At)
	if len(t.open) == 0 || domain.Follows(v.noun, domain.Time(t.open[len(t.open)-1].validFrom), k.Occurred.At) {
		var state S
		if n := len(t.open); n > 0 {
			if err := json.Unmarshal([]byte(t.open[n-1].body), &state); err != nil {
				return fmt.Errorf("view %s: %w", v.name, err)
			}
		}
		t.inOrder(at, k.Seq, v.rectangle(v.fold(state, *k)))
		return nil
	}
	return v.late(ctx, w, t, k)
}

func (v stateView[S]) rectangle(s S) rectangle {
	r := rectangle{body: body(s)}
	r.sort, r.status, r.subject = v.shown(s)
	return r
}

// late folds the stream's whole history anew, as it was known with this event.
func (v stateView[S]) late(ctx context.Context, w *writer, t *timeline, k *domain.Kept) error {
	history, err := streamUpTo(ctx, w.log, k.Stream, k.Revision)
	if err != nil {
		return err
	}
	slices.SortStableFunc(history, func(a, b domain.Kept) int { return cmp.Compare(a.Occurred.At, b.Occurred.At) })
	var state S
	var next []rectangle
	begun := make([]domain.Kept, 0, len(history)) // what had happened by then, in its order
	for i := range history {
		h := &history[i]
		n, _ := slices.BinarySearchFunc(begun, h, func(a domain.Kept, b *domain.Kept) int { return domain.Order(&a, b) })
		if begun = slices.Insert(begun, n, *h); n == len(begun)-1 {
			state = v.fold(state, *h)
		} else { // something that began before it counts as later
			var anew S
			for _, b := range begun {
				anew = v.fold(anew, b)
			}
			state = anew
		}
		r := v.rectangle(state)
		r.validFrom, r.validTo = int64(h.Occurred.At), forever
		if n := len(next); n > 0 {
			if next[n-1].validFrom == r.validFrom {
				next = next[:n-1]
			} else {
				next[n-1].validTo = r.validFrom
			}
		}
		next = append(next, r)
	}
	t.replace(next, k.Seq)
	return nil
}

func streamUpTo(ctx context.Context, log ledger.Log, s domain.Stream, revision int64) ([]domain.Kept, error) {
	var history []domain.Kept
	for from := int64(0); from <= revision; {
		records, err := log.Stream(ctx, s, from, 256)
		if err != nil {
			return nil, err
		}
		if len(records) == 0 {
			return nil, fmt.Errorf("stream ends before revision %d", revision)
		}
		for _, r := range records {
			if from = r.Revision + 1; r.Revision > revision {
				break
			}
			k, err := ledger.Decode(r)
			if err != nil {
				return nil, err
			}
			history = append(history, k)
		}
	}
	return history, nil
}

// inOrder adds a state that begins at or after all that is known.
func (t *timeline) inOrder(at, seq int64, r rectangle) {
	r.validFrom, r.validTo, r.knownFrom, r.knownTo = at, forever, seq, forever
	if n := len(t.open); n > 0 {
		last := t.open[n-1]
		t.open = t.open[:n-1]
		t.shut(last, seq)
		if last.validFrom < at {
			before := *last
			before.validTo, before.knownFrom, before.knownTo, before.stored, before.closedInFile = at, seq, forever, false, false
			t.add(&before)
		}
	}
	t.add(&r)
}

// replace makes next the open rectangles as known from seq on; those that stay the same stay.
func (t *timeline) replace(next []rectangle, seq int64) {
	same := func(a *rectangle, b rectangle) bool {
		return a.validFrom == b.validFrom && a.validTo == b.validTo && a.body == b.body && a.sort == b.sort && a.status == b.status && a.subject == b.subject
	}
	old := t.open
	t.open = nil
	for _, o := range old {
		if i := slices.IndexFunc(next, func(n rectangle) bool { return same(o, n) }); i >= 0 {
			t.open = append(t.open, o)
			next = slices.Delete(next, i, i+1)
		} else {
			t.shut(o, seq)
		}
	}
	for _, r := range next {
		r.knownFrom, r.knownTo = seq, forever
		t.add(&r)
	}
	slices.SortFunc(t.open, func(a, b *rectangle) int { return cmp.Compare(a.validFrom, b.validFrom) })
}

func (t *timeline) add(r *rectangle) {
	t.open, t.rows = append(t.open, r), append(t.rows, r)
}

func (t *timeline) shut(r *rectangle, seq int64) {
	r.knownTo = seq
	r.closedInFile = r.stored
}

func (w *writer) timeline(ctx context.Context, key stateKey, tenant domain.ID) (*timeline, error) {
	if t, ok := w.states[key]; ok {
		return t, nil
	}
	t := &timeline{tenant: tenant}
	rows, err := w.tx.QueryContext(ctx, `SELECT valid_from, valid_to, known_from, sort, status, subject, body FROM states
		WHERE view = $1 AND entity = $2 AND known_to = $3 ORDER BY valid_from`, key.view, key.entity[:], int64(forever))
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", key.view, err)
	}
	defer rows.Close()
	for rows.Next() {
		r := &rectangle{knownTo: forever, stored: true}
		var subject []byte
		if err := rows.Scan(&r.validFrom, &r.validTo, &r.knownFrom, &r.sort, &r.status, &subject, &r.body); err != nil {
			return nil, fmt.Errorf("view %s: %w", key.view, err)
		}
		copy(r.subject[:], subject)
		t.open, t.rows = append(t.open, r), append(t.rows, r)
	}
	w.states[key] = t
	return t, rows.Err()
}

func (w *writer) flushStates(ctx context.Context) error {
	var values []any
	for key, t := range w.states {
		for _, r := range t.rows {
			switch {
			case r.closedInFile:
				if _, err := w.tx.ExecContext(ctx, `UPDATE states SET known_to = $1 WHERE view = $2 AND entity = $3 AND valid_from = $4 AND known_from = $5`,
					r.knownTo, key.view, key.entity[:], r.validFrom, r.knownFrom); err != nil {
					return fmt.Errorf("view %s: %w", key.view, err)
				}
			case !r.stored:
				values = append(values, key.view, t.tenant[:], key.entity[:], r.validFrom, r.validTo, r.knownFrom, r.knownTo, r.sort, r.status, r.subject[:], r.body)
			}
		}
	}
	if err := w.statements.insert["states"].Insert(ctx, w.tx, values); err != nil {
		return fmt.Errorf("insert into states: %w", err)
	}
	return nil
}
