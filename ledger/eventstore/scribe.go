package eventstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// scribe is the one goroutine that writes the map: what callers are about to append, and what was
// delivered. Both wait for the same sync of the disk.
type scribe struct {
	log        *Log
	deliveries chan delivered
	intents    chan *intent
	open       map[attempt]int // intents in use by callers: several may try the same bytes
	closings   []*intent       // not worth a sync of their own
	term       int64           // how often the head row had changed hands or been settled, with our last time
	next       int64
	logTime    domain.Time
	resume     position // of the last event looked at, as the map says
	marked     position // our marker
	stale      bool     // a transaction failed: read the head row again
	unwritten  int      // events looked at since resume was written
}

func newScribe(l *Log) *scribe {
	return &scribe{log: l, deliveries: make(chan delivered, 4096), intents: make(chan *intent, 1024), open: make(map[attempt]int)}
}

const headColumns = `next, logtime, pos_commit, pos_prepare`

// takeOver makes this process the map's only writer and reads where it stands.
func (s *scribe) takeOver(ctx context.Context) error {
	var log string
	err := s.log.db.Tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `UPDATE head SET holder = ?, settled = settled + 1 WHERE one = 1 RETURNING log, `+headColumns+`, settled`, s.log.holder).
			Scan(&log, &s.next, &s.logTime, &s.resume.commit, &s.resume.prepare, &s.term)
		if errors.Is(err, sql.ErrNoRows) {
			return errors.New("the map's head row is missing: restore a backup, or open with a fresh map")
		}
		if err != nil {
			return err
		}
		if log != "" && log != s.log.config.Name {
			return fmt.Errorf("this map belongs to the log %q, not to %q: name the right log or the right directory", log, s.log.config.Name)
		}
		last := int64(-1)
		err = tx.QueryRowContext(ctx, `SELECT seq FROM events ORDER BY seq DESC LIMIT 1`).Scan(&last)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if last+1 != s.next {
			return fmt.Errorf("the map's head row says %d events, its table %d: restore a backup, or open with a fresh map", s.next, last+1)
		}
		_, err = tx.ExecContext(ctx, `UPDATE head SET log = ? WHERE one = 1`, s.log.config.Name)
		return err
	})
	if err == nil {
		s.log.arrived.publish(s.next, s.resume)
	}
	return err
}

// forget drops the intents of earlier processes: what they had under way was delivered before our
// marker, or never came to be. Called before anything is appended.
func (s *scribe) forget(ctx context.Context) error {
	return s.log.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM intents WHERE EXISTS (SELECT 1 FROM head WHERE holder = ?)`, s.log.holder)
		return err
	})
}

// round is what one transaction keeps.
type round struct {
	deliveries []delivered
	intents    []*intent
}

const (
	maxDeliveries = 4096
	maxIntents    = 1024
	maxUnwritten  = 1000
)

func (s *scribe) run() {
	for {
		var r round
		select {
		case <-s.log.life.Done():
			return
		case d := <-s.deliveries:
			r.deliveries = append(r.deliveries, d)
		case i := <-s.intents:
			if i.closing && len(s.closings) < maxIntents {
				s.closings = append(s.closings, i)
				continue
			}
			r.intents = append(r.intents, i)
		}
		s.gather()
		r.intents = append(s.closings, r.intents...)
		s.closings = nil
		for more := true; more && len(r.deliveries) < maxDeliveries && len(r.intents) < maxIntents; {
			select {
			case d := <-s.deliveries:
				r.deliveries = append(r.deliveries, d)
			case i := <-s.intents:
				r.intents = append(r.intents, i)
			default:
				more = false
			}
		}
		s.keep(r)
	}
}

// gather lets those run who are about to come with more, as long as that makes the queues grow: fewer
// and larger rounds (64 writers on 2 cores: about a seventh more events a second).
func (s *scribe) gather() {
	for before := -1; before < len(s.deliveries)+len(s.intents); {
		before = len(s.deliveries) + len(s.intents)
		runtime.Gosched()
	}
}

// keep writes a round. Callers hear of a failure, deliveries are tried again until they are in: what
// was delivered twice is recognised.
func (s *scribe) keep(r round) {
	for {
		var p *plan
		err := s.log.haltedBy()
		if err == nil {
			p, err = s.commit(s.log.life, r)
		}
		for _, i := range r.intents {
			i.done <- err
		}
		r.intents = nil
		switch {
		case err == nil:
			s.tell(p)
			return
		case errors.Is(err, errReplaced), errors.Is(err, sqldb.ErrOtherHistory):
			s.log.halt(err)
			return
		case s.log.haltedBy() != nil || len(r.deliveries) == 0:
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-s.log.life.Done():
			return
		}
	}
}

// tell lets those know who wait, once the map is durable.
func (s *scribe) tell(p *plan) {
	for _, row := range p.rows {
		s.log.pending.place(row.claim, ledger.Placed{Seq: row.seq, Revision: row.revision, LogTime: row.logTime, Claim: row.digest})
	}
	s.log.arrived.publish(s.next, s.resume)
	for _, i := range p.noticed {
		if s.log.config.Incident != nil {
			s.log.config.Incident(i)
		}
	}
	if p.halt != nil {
		s.log.halt(p.halt)
	}
}

// commit keeps a round in one transaction. Its plan says what that came to.
func (s *scribe) commit(ctx context.Context, r round) (*plan, error) {
	if s.nothingOfOurs(r) {
		last := r.deliveries[len(r.deliveries)-1].at
		s.resume = last
		s.unwritten += len(r.deliveries)
		return &plan{}, nil
	}
	var p *plan
	err := s.log.db.Tx(ctx, func(tx *sql.Tx) error {
		if s.stale {
			if err := s.settle(ctx, tx); err != nil {
				return err
			}
		}
		p = newPlan(s)
		if err := p.make(ctx, tx, r); err != nil {
			return err
		}
		if err := p.write(ctx, tx); err != nil {
			return err
		}
		if err := s.writeIntents(ctx, tx, r.intents); err != nil {
			return err
		}
		// The fence: after another process has taken over it moves nothing.
		res, err := tx.ExecContext(ctx, `UPDATE head SET next = ?, logtime = ?, pos_commit = ?, pos_prepare = ? WHERE holder = ? AND next = ?`,
			p.next, int64(p.logTime), p.at.commit, p.at.prepare, s.log.holder, s.next)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return s.fenced(ctx, tx)
	})
	if err != nil {
		s.stale = true
		return nil, sqldb.Explain(err)
	}
	s.next, s.logTime, s.resume, s.stale, s.unwritten = p.next, p.logTime, p.at, false, 0
	for key, n := range s.counted(r.intents) {
		if s.open[key] = n; n == 0 {
			delete(s.open, key)
		}
	}
	return p, nil
}

// settle reads the head row again: a failed commit may have taken effect. Changing it first makes
// that final, as in the SQL engine.
func (s *scribe) settle(ctx context.Context, tx *sql.Tx) error {
	var next int64
	var logTime domain.Time
	var at position
	err := tx.QueryRowContext(ctx, `UPDATE head SET settled = settled + 1 WHERE holder = ? RETURNING `+headColumns+`, settled`, s.log.holder).
		Scan(&next, &logTime, &at.commit, &at.prepare, &s.term)
	if errors.Is(err, sql.ErrNoRows) || err == nil && next < s.next {
		return s.fenced(ctx, tx)
	}
	if err == nil {
		s.next, s.logTime, s.resume = next, logTime, at
	}
	return err
}

// fenced tells why the head row isn't as this process left it: another took it after us, or it is from
// before us, or from before what we have written.
func (s *scribe) fenced(ctx context.Context, tx *sql.Tx) error {
	var term int64
	var holder []byte
	err := tx.QueryRowContext(ctx, `SELECT settled, holder FROM head WHERE one = 1`).Scan(&term, &holder)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && term < s.term || err == nil && bytes.Equal(holder, s.log.holder):
		return fmt.Errorf("the map: %w", sqldb.ErrOtherHistory)
	case err != nil:
		return err
	}
	return errReplaced
}

// nothingOfOurs reports whether a round is only other people's events; their positions are written
// now and then, so that a restart needn't read them all again.
func (s *scribe) nothingOfOurs(r round) bool {
	if len(r.intents) > 0 || len(r.deliveries) == 0 || s.stale || s.unwritten+len(r.deliveries) > maxUnwritten {
		return false
	}
	for _, d := range r.deliveries {
		if d.what != others {
			return false
		}
	}
	return true
}
