package eventstore

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"muniment/domain"
)

// plan decides the places of a round's deliveries. It begins with what the map says and adds what it
// places itself.
type plan struct {
	s       *scribe
	next    int64
	logTime domain.Time
	at      position
	heads   map[string]head
	moved   map[string]bool // heads that this round moved
	kept    map[claim]bool
	intents map[attempt]intended
	found   map[spot]domain.ID // what this round placed or dropped
	rows    []row
	dropped []delivered
	noticed []Incident
	halt    error
}

// head is how far a stream is: in the log, and in the engine.
type head struct{ revision, engine int64 }

type spot struct {
	stream string
	engine int64
}

// row is one event that gets its seq.
type row struct {
	delivered
	seq, revision int64
	logTime       domain.Time
	digest        []byte
	mac           []byte
}

func newPlan(s *scribe) *plan {
	return &plan{s: s, next: s.next, logTime: s.logTime, at: s.resume,
		heads: make(map[string]head), moved: make(map[string]bool), kept: make(map[claim]bool), intents: make(map[attempt]intended), found: make(map[spot]domain.ID)}
}

// make places every delivery up to the first that it must not step over.
func (p *plan) make(ctx context.Context, tx *sql.Tx, r round) error {
	if err := p.look(ctx, tx, r.deliveries); err != nil {
		return err
	}
	for _, d := range r.deliveries {
		if err := p.place(ctx, tx, d); err != nil || p.halt != nil {
			return err
		}
		if p.at.before(d.at) {
			p.at = d.at
		}
	}
	return nil
}

func (p *plan) place(ctx context.Context, tx *sql.Tx, d delivered) error {
	switch d.what {
	case marker:
		if d.holder != string(p.s.log.holder) && p.s.marked.before(d.at) {
			p.halt = errReplaced
		}
		return nil
	case trouble:
		p.noticed = append(p.noticed, d.incident)
		return nil
	case others:
		return nil
	}
	h, ok := p.heads[string(d.stream)]
	if !ok {
		h = head{-1, -1}
	}
	switch {
	case d.revision <= h.engine:
		return p.repeated(ctx, tx, d)
	case d.revision > h.engine+1:
		p.stop(d, "gap", fmt.Sprintf("revision %d came, %d was never delivered: it was deleted, or the engine has lost it; restore it and open again. The sequencer never skips", d.revision, h.engine+1))
		return nil
	}
	h.engine = d.revision
	p.found[spot{string(d.stream), d.revision}] = d.id
	intent, known := p.s.log.pending.intent(d.claim, d.attempt)
	if !known {
		intent, known = p.intents[d.attempt]
	}
	switch {
	case d.what == foreign:
		p.noticed = append(p.noticed, d.incident)
		p.dropped = append(p.dropped, d)
	case p.kept[d.claim]: // the same id again: an append with any revision that the engine didn't recognise
		p.dropped = append(p.dropped, d)
	case !known && d.recorded == 0:
		p.noticed = append(p.noticed, foreignIncident(d, "has no envelope of ours"))
		p.dropped = append(p.dropped, d)
	default:
		recorded := d.recorded
		if recorded == 0 {
			recorded = intent.recorded
		}
		if p.next == 0 || recorded > p.logTime { // a clock that went back doesn't take the log along
			p.logTime = recorded
		}
		h.revision++
		p.rows = append(p.rows, row{d, p.next, h.revision, p.logTime, intent.digest, intent.mac})
		p.kept[d.claim] = true
		p.next++
	}
	p.heads[string(d.stream)], p.moved[string(d.stream)] = h, true
	return nil
}

// repeated passes over a delivery that was looked at before, if it is the same.
func (p *plan) repeated(ctx context.Context, tx *sql.Tx, d delivered) error {
	id, ok := p.found[spot{string(d.stream), d.revision}]
	if !ok {
		var raw []byte
		err := tx.QueryRowContext(ctx, `SELECT id FROM events WHERE stream = $1 AND engine_rev = $2
			UNION ALL SELECT id FROM dropped WHERE stream = $1 AND engine_rev = $2`, d.stream, d.revision).Scan(&raw)
		if err != nil {
			return err
		}
		id = domain.ID(raw)
	}
	if id != d.id {
		p.stop(d, "rewritten", fmt.Sprintf("revision %d is another event than it was: the engine was restored from an older backup, or rewritten; verify the log against its checkpoints", d.revision))
	}
	return nil
}

// stop halts before a delivery: the next opening meets it again.
func (p *plan) stop(d delivered, kind, detail string) {
	i := Incident{Kind: kind, Stream: d.name, Detail: detail, Commit: d.at.commit, Prepare: d.at.prepare}
	p.noticed = append(p.noticed, i)
	p.halt = fmt.Errorf("integrity incident: %s", i)
}

// look fills the plan with what the map says of the deliveries.
func (p *plan) look(ctx context.Context, tx *sql.Tx, deliveries []delivered) error {
	var streams, claims, attempts []any
	asked := make(map[string]bool)
	for _, d := range deliveries {
		if d.what != ours && d.what != foreign {
			continue
		}
		claims = append(claims, d.claim[:])
		attempts = append(attempts, d.attempt[:])
		if !asked[string(d.stream)] {
			asked[string(d.stream)] = true
			streams = append(streams, d.stream)
		}
	}
	st := &p.s.log.statements
	var err error
	if p.heads, err = headsOf(ctx, tx, st.inHeads, streams); err != nil {
		return err
	}
	err = st.inClaims.each(ctx, tx, claims, func(r *sql.Rows) error {
		var key []byte
		err := r.Scan(&key)
		if err == nil {
			p.kept[claim(key)] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	return st.inIntents.each(ctx, tx, attempts, func(r *sql.Rows) error {
		var key []byte
		var i intended
		err := r.Scan(&key, &i.digest, &i.recorded, &i.mac)
		if err == nil {
			p.intents[attempt(key)] = i
		}
		return err
	})
}

// headsOf finds how far streams are. tx is nil for readers.
func headsOf(ctx context.Context, tx *sql.Tx, text lists, streams []any) (map[string]head, error) {
	heads := make(map[string]head)
	return heads, text.each(ctx, tx, streams, func(r *sql.Rows) error {
		var stream []byte
		var h head
		err := r.Scan(&stream, &h.revision, &h.engine)
		heads[string(stream)] = h
		return err
	})
}

// orNull makes no bytes NULL on every driver.
func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// write puts the plan into the map.
func (p *plan) write(ctx context.Context, tx *sql.Tx) error {
	var events, claims, used, streams []any
	for _, stream := range slices.Sorted(maps.Keys(p.moved)) {
		streams = append(streams, []byte(stream), p.heads[stream].revision, p.heads[stream].engine)
	}
	for _, r := range p.rows {
		events = append(events, r.seq, r.revision, int64(r.logTime), r.stream, r.id[:], r.delivered.revision, r.at.commit, r.at.prepare, orNull(r.mac))
		claims = append(claims, r.claim[:], r.seq, orNull(r.digest))
		if _, known := p.intents[r.attempt]; known {
			used = append(used, r.attempt[:])
		}
	}
	st := &p.s.log.statements
	if err := st.addEvents.run(ctx, tx, 9, events); err != nil {
		return err
	}
	if err := st.addStreams.run(ctx, tx, 3, streams); err != nil {
		return err
	}
	if err := st.addClaims.run(ctx, tx, 3, claims); err != nil {
		return err
	}
	if err := st.removeIntents.run(ctx, tx, 1, used); err != nil {
		return err
	}
	for _, d := range p.dropped {
		if _, err := tx.ExecContext(ctx, `INSERT INTO dropped (stream, engine_rev, id) VALUES (?, ?, ?)`, d.stream, d.revision, d.id[:]); err != nil {
			return err
		}
	}
	fresh := p.noticed[:0]
	for _, i := range p.noticed {
		now := time.Now()
		res, err := tx.ExecContext(ctx, `INSERT INTO incidents (pos_commit, pos_prepare, kind, stream, detail, noticed)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (pos_commit, pos_prepare, kind, stream) DO NOTHING`, i.args(now)...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n > 0 {
			i.Noticed = domain.TimeOf(now)
			fresh = append(fresh, i)
		}
	}
	p.noticed = fresh
	return nil
}
