package projections

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"muniment/domain"
)

// copies writes n more rows of accesses, made of the one there is, each on its own seq.
func (h *house) copies(n int) {
	h.t.Helper()
	id := map[string]string{"sqlite": "randomblob(16)", "server": "uuid_send(gen_random_uuid())"}[h.views.db.Dialect()]
	err := h.views.db.Tx(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO accesses (%s) SELECT seq - 1000000 - i, %s, tenant, occurred, action, interaction, actor, purpose, body
			FROM accesses, n WHERE seq > 0`, n, accessColumns, id))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestCounts: a list's count is what a scan to its end finds, or is none at all.
func TestCounts(t *testing.T) {
	for name, c := range map[string]struct {
		rows   int
		filter AccessFilter // none of the rows passes it
		want   int
		ok     bool
	}{
		"within the limit":                       {MaxCount - 1, AccessFilter{}, MaxCount, true},
		"beyond it":                              {MaxCount, AccessFilter{}, 0, false},
		"a filter, within what is looked at":     {maxExamined - 1, AccessFilter{Actor: domain.NewID()}, 0, true},
		"a filter that stopped before the end":   {maxExamined, AccessFilter{Actor: domain.NewID()}, 0, false},
		"a choice of actions, stopped before it": {maxExamined, AccessFilter{Actions: []string{"EDITED"}}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			tenant := h.Tenant("Example Dental")
			h.listen(tenant, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 3)
			h.copies(c.rows)
			list := h.accesses(c.filter, h.at(90, h.views.Seen()-1), Page{First: 1})
			if n, ok, err := list.Total(context.Background()); err != nil || n != c.want || ok != c.ok {
				t.Errorf("counted %d, to the end: %v, %v; want %d, %v", n, ok, err, c.want, c.ok)
			}
		})
	}
}
