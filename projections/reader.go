package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"muniment/domain"
)

// Scope is which tenants' data somebody may read. It is enforced here, for every list and every
// state, and nowhere else.
type Scope struct {
	All     bool
	Tenants []domain.ID
}

// Allows reports whether a tenant is in the scope.
func (s Scope) Allows(tenant domain.ID) bool { return s.All || slices.Contains(s.Tenants, tenant) }

// Reader reads the views within a scope.
type Reader struct {
	views *Views
	scope Scope
}

// In returns a reader for a scope.
func (v *Views) In(s Scope) Reader { return Reader{v, s} }

// public is a reader of what everybody may read: the operator's register.
func (r Reader) public() Reader {
	return Reader{r.views, Scope{Tenants: append(slices.Clone(r.scope.Tenants), domain.Operator), All: r.scope.All}}
}

// Viewpoint resolves a pair of days. A zero asOf is now, a zero knownAt all that the views have seen.
func (r Reader) Viewpoint(ctx context.Context, asOf, knownAt domain.Time, now time.Time) (domain.Viewpoint, error) {
	v := domain.Viewpoint{AsOf: asOf, KnownAt: knownAt, Known: r.views.Seen() - 1}
	if asOf == 0 {
		v.AsOf = domain.TimeOf(now.Add(domain.MaxSkew))
	}
	if knownAt == 0 {
		v.KnownAt = domain.TimeOf(now)
		return v, nil
	}
	known, err := r.views.log.Known(ctx, knownAt)
	if err != nil {
		return v, fmt.Errorf("resolve knownAt: %w", err)
	}
	v.Known = min(v.Known, known)
	return v, nil
}

// within adds the scope to a condition on a tenant column.
func (r Reader) within(column string, tenant domain.ID, where func(text string, args ...any)) {
	switch {
	case !tenant.IsZero() && r.scope.Allows(tenant):
		where(column+" = ?", tenant[:])
	case !tenant.IsZero():
		where("1 = 0")
	case r.scope.All:
	case len(r.scope.Tenants) == 0:
		where("1 = 0")
	default:
		args := make([]any, len(r.scope.Tenants))
		for i, t := range r.scope.Tenants {
			args[i] = t[:]
		}
		where(column+" IN ("+marks(len(args))+")", args...)
	}
}

// tenantOf finds whose person a subject is, so that a search by person alone uses the index.
func (r Reader) tenantOf(ctx context.Context, subject domain.ID) (domain.ID, error) {
	var tenant []byte
	err := r.views.db.Reader().QueryRowContext(ctx, `SELECT tenant FROM states WHERE view IN ('subjects', 'users') AND entity = $1 LIMIT 1`, subject[:]).Scan(&tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return domain.ID{}, nil
	}
	if err != nil {
		return domain.ID{}, err
	}
	return domain.ID(tenant), nil
}

// scanner is a row about to be read.
type scanner interface{ Scan(into ...any) error }

// idOf scans a 16-byte column into an id.
func idOf(id *domain.ID) sql.Scanner { return (*idColumn)(id) }

type idColumn domain.ID

func (c *idColumn) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != 16 {
		return fmt.Errorf("expected an id of 16 bytes")
	}
	copy(c[:], b)
	return nil
}

// Allows reports whether a tenant is in the reader's scope.
func (r Reader) Allows(tenant domain.ID) bool { return r.scope.Allows(tenant) }
