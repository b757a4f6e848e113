package projections

import (
	"context"
	"encoding/json"
	"fmt"

	"muniment/domain"
)

const stateColumns = "s.entity, s.tenant, s.valid_from, s.sort, s.body"

func stateQuery(view string, f StateFilter, v domain.Viewpoint) *query {
	q := &query{table: view, cols: stateColumns, from: "states s", tenantCol: "s.tenant", order: []string{"s.tenant", "s.sort", "s.entity"}}
	q.where("s.view = ?", view)
	q.where("s.valid_from <= ? AND s.valid_to > ?", int64(v.AsOf), int64(v.AsOf))
	q.where("s.known_from <= ? AND s.known_to > ?", v.Known, v.Known)
	if !f.Entity.IsZero() {
		q.where("s.entity = ?", f.Entity[:])
	}
	if !f.Subject.IsZero() {
		q.where("s.subject = ?", f.Subject[:])
	}
	if len(f.Statuses) > 0 {
		args := make([]any, len(f.Statuses))
		for i, s := range f.Statuses {
			args[i] = s
		}
		q.where("s.status IN ("+marks(len(args))+")", args...)
	}
	return q
}

func scanState[S any](s scanner) (x State[S], key []any, err error) {
	var sort, text string
	if err = s.Scan(idOf(&x.ID), idOf(&x.Tenant), &x.Since, &sort, &text); err == nil {
		err = json.Unmarshal([]byte(text), &x.State)
	}
	return x, []any{x.Tenant[:], sort, x.ID[:]}, err
}

// states lists a view's states at a viewpoint, by tenant, then the view's own order.
func states[S any](ctx context.Context, r Reader, view string, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[S]], error) {
	question := question(r.scope, view, f)
	if _, _, err := r.views.position(p, question, &v); err != nil { // the page's own viewpoint goes into the conditions
		return Conn[State[S]]{}, err
	}
	return list(ctx, r, stateQuery(view, f, v), f.Tenant, v, p, f, scanState[S])
}

// state finds one entity's state at a viewpoint within the scope: one probe of the primary key.
func state[S any](ctx context.Context, r Reader, view string, id domain.ID, v domain.Viewpoint) (*State[S], error) {
	q := stateQuery(view, StateFilter{Entity: id}, v)
	r.within(q.tenantCol, domain.ID{}, q.where)
	rows, err := r.views.db.Reader().QueryContext(ctx, q.text(q.cols, false, 1), q.args...)
	if err != nil {
		return nil, fmt.Errorf("views: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	x, _, err := scanState[S](rows)
	return &x, err
}

// Tenant finds a customer account.
func (r Reader) Tenant(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[domain.Tenant], error) {
	return state[domain.Tenant](ctx, r, "tenants", id, v)
}

// Agreement finds a tenant's agreement.
func (r Reader) Agreement(ctx context.Context, tenant domain.ID, v domain.Viewpoint) (*State[domain.Agreement], error) {
	return state[domain.Agreement](ctx, r, "agreements", tenant, v)
}

// Policy finds a tenant's retention policy.
func (r Reader) Policy(ctx context.Context, tenant domain.ID, v domain.Viewpoint) (*State[domain.Retention], error) {
	return state[domain.Retention](ctx, r, "policies", tenant, v)
}

// Consent finds one consent by its stream's id.
func (r Reader) Consent(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[domain.Consent], error) {
	return state[domain.Consent](ctx, r, "consents", id, v)
}

// Export finds one export.
func (r Reader) Export(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[domain.Export], error) {
	return state[domain.Export](ctx, r, "exports", id, v)
}

// Finding finds one finding.
func (r Reader) Finding(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[domain.Finding], error) {
	return state[domain.Finding](ctx, r, "findings", id, v)
}

// Strike finds the strike of an event, by the event's id.
func (r Reader) Strike(ctx context.Context, event domain.ID, v domain.Viewpoint) (*State[domain.Strike], error) {
	return state[domain.Strike](ctx, r, "strikes", event, v)
}

// Disposal finds the retention schedule of the ledger's own events, by the ledger's id; nil while nobody
// changed it and nothing was disposed of.
func (r Reader) Disposal(ctx context.Context, ledger domain.ID, v domain.Viewpoint) (*State[domain.Disposal], error) {
	return state[domain.Disposal](ctx, r, "disposals", ledger, v)
}

// Struck tells whether the payload of an event is gone, as known at a viewpoint.
func (r Reader) Struck(ctx context.Context, event domain.ID, v domain.Viewpoint) (bool, error) {
	s, err := r.Strike(ctx, event, v)
	return s != nil && s.State.Status == domain.StrikeDone, err
}

// Notice finds one notice.
func (r Reader) Notice(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[domain.Notice], error) {
	return state[domain.Notice](ctx, r, "notices", id, v)
}

// Subject finds one data subject.
func (r Reader) Subject(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[Person], error) {
	return state[Person](ctx, r, "subjects", id, v)
}
