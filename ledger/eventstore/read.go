package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// entry is one row of the map: where the engine keeps an event.
type entry struct {
	seq, revision, engine int64
	logTime               domain.Time
	stream                []byte
	id                    domain.ID
	at                    position
	mac                   []byte
}

const placeColumns = `seq, revision, logtime, stream, id, engine_rev, pos_commit, pos_prepare, mac`

func scanEntry(r *sql.Rows) (e entry, err error) {
	var id []byte
	err = r.Scan(&e.seq, &e.revision, &e.logTime, &e.stream, &id, &e.engine, &e.at.commit, &e.at.prepare, &e.mac)
	if err == nil && len(id) != len(e.id) {
		err = fmt.Errorf("event %d has a damaged id in the map: restore a backup of it", e.seq)
	}
	if err == nil {
		e.id = domain.ID(id)
	}
	return e, err
}

func (l *Log) rows(ctx context.Context, text string, args ...any) (all []entry, err error) {
	rows, err := l.db.Reader().QueryContext(ctx, text, args...)
	if err != nil {
		return nil, sqldb.Explain(err)
	}
	err = every(rows, func(r *sql.Rows) error {
		e, err := scanEntry(r)
		all = append(all, e)
		return err
	})
	return all, sqldb.Explain(err)
}

// Read implements [ledger.Log].
func (l *Log) Read(ctx context.Context, from int64, limit int) ([]ledger.Record, error) {
	from = max(from, 0)
	records, err := l.page(ctx, limit, func() ([]entry, error) {
		all, err := l.rows(ctx, `SELECT `+placeColumns+` FROM events WHERE seq >= $1 ORDER BY seq LIMIT $2`, from, limit)
		for i, e := range all {
			if e.seq != from+int64(i) && err == nil {
				err = fmt.Errorf("event %d is missing in the map: restore a backup of it", from+int64(i))
			}
		}
		return all, err
	}, l.fetch)
	if err != nil {
		return nil, fmt.Errorf("read from seq %d: %w", from, err)
	}
	return records, nil
}

// Stream implements [ledger.Log].
func (l *Log) Stream(ctx context.Context, s domain.Stream, from int64, limit int) ([]ledger.Record, error) {
	from = max(from, 0)
	records, err := l.page(ctx, limit, func() ([]entry, error) {
		all, err := l.rows(ctx, `SELECT `+placeColumns+` FROM events WHERE stream = $1 AND revision >= $2 ORDER BY revision LIMIT $3`,
			streamColumn(s), from, limit)
		for i, e := range all {
			if e.revision != from+int64(i) && err == nil {
				err = fmt.Errorf("revision %d is missing in the map: restore a backup of it", from+int64(i))
			}
		}
		return all, err
	}, func(ctx context.Context, all []entry) ([]ledger.Record, error) { return l.fetchStream(ctx, s, all) })
	if err != nil {
		return nil, fmt.Errorf("read stream %s from revision %d: %w", s, from, err)
	}
	return records, nil
}

func (l *Log) page(ctx context.Context, limit int, rows func() ([]entry, error), fetch func(context.Context, []entry) ([]ledger.Record, error)) ([]ledger.Record, error) {
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.calls.Done()
	if limit <= 0 {
		return nil, nil
	}
	all, err := rows()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return fetch(ctx, all)
}

// At implements [ledger.Log].
func (l *Log) At(ctx context.Context, seqs []int64) ([]ledger.Record, error) {
	if err := l.enter(); err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	defer l.calls.Done()
	found := make(map[int64]int, len(seqs))
	var args []any
	for _, seq := range seqs {
		if _, ok := found[seq]; !ok {
			found[seq] = -1
			args = append(args, seq)
		}
	}
	var all []entry
	err := l.statements.all.each(ctx, nil, args, func(r *sql.Rows) error {
		e, err := scanEntry(r)
		all = append(all, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", sqldb.Explain(err))
	}
	for _, e := range all {
		found[e.seq] = 0
	}
	for _, seq := range seqs {
		if found[seq] < 0 {
			return nil, fmt.Errorf("read events: there is no event %d", seq)
		}
	}
	records, err := l.fetch(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	for i, r := range records {
		found[r.Seq] = i
	}
	asked := make([]ledger.Record, len(seqs))
	for i, seq := range seqs {
		asked[i] = records[found[seq]]
	}
	return asked, nil
}

// Next implements [ledger.Log]. It asks the map, so that it never says less than a Read has shown.
func (l *Log) Next(ctx context.Context) (next int64, err error) {
	if err := l.enter(); err != nil {
		return 0, fmt.Errorf("read the head: %w", err)
	}
	defer l.calls.Done()
	if err := l.db.Reader().QueryRowContext(ctx, `SELECT next FROM head`).Scan(&next); err != nil {
		return 0, fmt.Errorf("read the head: %w", sqldb.Explain(err))
	}
	return next, nil
}

// Known implements [ledger.Log]: log times never go back, so halving finds the place without an index.
func (l *Log) Known(ctx context.Context, t domain.Time) (int64, error) {
	next, err := l.Next(ctx)
	if err != nil {
		return 0, fmt.Errorf("find what was known: %w", err)
	}
	if err := l.enter(); err != nil {
		return 0, fmt.Errorf("find what was known: %w", err)
	}
	defer l.calls.Done()
	low, high := int64(-1), next // logtime(low) ≤ t < logtime(high)
	for high-low > 1 {
		middle := low + (high-low)/2
		var at domain.Time
		err := l.db.Reader().QueryRowContext(ctx, `SELECT logtime FROM events WHERE seq = $1`, middle).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("find what was known: event %d is missing in the map: restore a backup of it", middle)
		}
		if err != nil {
			return 0, fmt.Errorf("find what was known: %w", sqldb.Explain(err))
		}
		if at <= t {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}
