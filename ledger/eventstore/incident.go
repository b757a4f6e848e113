package eventstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

// Incident is something that was done to the log's streams past Muniment. Only an operator of the
// engine, or somebody with such rights, can have done it. It is noted when the sequencer meets it.
type Incident struct {
	Kind            string // truncation, deletion, tombstone, foreign, scavenge, gap, rewritten
	Stream          string // the engine's name; "" where it concerns the whole engine
	Detail          string // what was found; never a payload
	Commit, Prepare int64  // where in $all
	Noticed         domain.Time
}

func (i Incident) String() string {
	where := ""
	if i.Stream != "" {
		where = " on " + i.Stream
	}
	return fmt.Sprintf("%s%s at position %d: %s", i.Kind, where, i.Commit, i.Detail)
}

// Incidents lists what was noticed so far, in the order of $all.
func (l *Log) Incidents(ctx context.Context) ([]Incident, error) {
	if err := l.enter(); err != nil {
		return nil, fmt.Errorf("list incidents: %w", err)
	}
	defer l.calls.Done()
	rows, err := l.db.Reader().QueryContext(ctx, `SELECT pos_commit, pos_prepare, kind, stream, detail, noticed FROM incidents ORDER BY pos_commit, pos_prepare, kind`)
	if err != nil {
		return nil, fmt.Errorf("list incidents: %w", sqldb.Explain(err))
	}
	var all []Incident
	err = every(rows, func(r *sql.Rows) error {
		var i Incident
		err := r.Scan(&i.Commit, &i.Prepare, &i.Kind, &i.Stream, &i.Detail, &i.Noticed)
		all = append(all, i)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list incidents: %w", sqldb.Explain(err))
	}
	return all, nil
}

// ruleIncident reads a stream's new metadata. Rights may be set there; what makes events vanish may not.
func ruleIncident(data []byte) (kind, detail string) {
	var m struct {
		MaxAge   *json.Number `json:"$maxAge"`
		MaxCount *json.Number `json:"$maxCount"`
		Before   *json.Number `json:"$tb"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return "truncation", "its metadata can't be read: check it for $maxAge, $maxCount and $tb"
	}
	if m.Before != nil && m.Before.String() == fmt.Sprint(int64(math.MaxInt64)) {
		return "deletion", "the stream was deleted: its events are in $all until the next scavenge; restore them by setting $tb to 0, and take the right to delete ($d) away"
	}
	var found []string
	for _, r := range []struct {
		name  string
		value *json.Number
	}{{"$maxAge", m.MaxAge}, {"$maxCount", m.MaxCount}, {"$tb", m.Before}} {
		if r.value != nil && (r.name != "$tb" || r.value.String() != "0") {
			found = append(found, r.name+" = "+r.value.String())
		}
	}
	if len(found) == 0 {
		return "", ""
	}
	return "truncation", "its metadata was set to " + strings.Join(found, ", ") + ": events vanish; remove that, and take the right to write metadata ($mw) away"
}

func (i Incident) args(now time.Time) []any {
	return []any{i.Commit, i.Prepare, i.Kind, i.Stream, i.Detail, int64(domain.TimeOf(now))}
}
