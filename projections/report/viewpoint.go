package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"muniment/domain"
)

// Viewpoint is what a document was made from. KnownAt is the log time of the last event looked at,
// so it follows from Known; zero when the ledger held nothing.
type Viewpoint struct {
	domain.Viewpoint
	From domain.Time // zero when no earlier day was asked about
	// Asked is when a document about a day that lies ahead was asked for; zero for all others. What takes effect
	// between the two is announced, not in use: it may still be withdrawn.
	Asked domain.Time
}

// today is the latest day that had come when the document was asked for, up to a day.
func (v Viewpoint) today(day domain.Time) domain.Time {
	if v.Asked != 0 {
		return min(day, v.Asked)
	}
	return day
}

// Size is how many events the ledger held.
func (v Viewpoint) Size() int64 { return v.Known + 1 }

// patience is how long a report waits for views that lag behind the log.
const patience = 30 * time.Second

// resolve turns the days asked for into a viewpoint that stays what it is: a seq, never "now".
func (s Source) resolve(ctx context.Context, q Request) (Viewpoint, error) {
	var v Viewpoint
	next, err := s.Ledger.Log.Next(ctx)
	if err != nil {
		return v, fmt.Errorf("resolve the viewpoint: %w", err)
	}
	v.Known = next - 1
	switch {
	case q.Size > next:
		return v, domain.Malformed("size", "the ledger holds %d events", next)
	case q.Size > 0:
		v.Known = q.Size - 1
	case q.KnownAt != 0:
		if v.Known, err = s.Ledger.Log.Known(ctx, q.KnownAt); err != nil {
			return v, fmt.Errorf("resolve the viewpoint: %w", err)
		}
	}
	if v.Known >= 0 {
		records, err := s.Ledger.Shown(ctx, []int64{v.Known})
		if err != nil {
			return v, fmt.Errorf("resolve the viewpoint: %w", err)
		}
		if records[0].Forged {
			return v, damaged(records[0])
		}
		v.KnownAt = records[0].LogTime
		if err := s.caughtUp(ctx, v.Known); err != nil {
			return v, err
		}
	}
	if v.AsOf = s.asOf(q, v.KnownAt); q.From != 0 && q.From > v.AsOf {
		return v, domain.Malformed("from", "lies after the day asked about (%s)", v.AsOf)
	}
	v.From = q.From
	if asked := cmp.Or(q.KnownAt, s.now()); v.AsOf > asked {
		v.Asked = asked
	}
	return v, nil
}

// now is a whole second, not before the moment: a report made right after an event shows it.
func (s Source) now() domain.Time {
	return domain.TimeOf(s.Ledger.Now().Add(time.Second - time.Microsecond).Truncate(time.Second))
}

// asOf is the day asked about.
func (s Source) asOf(q Request, known domain.Time) domain.Time {
	switch {
	case q.AsOf != 0:
		return q.AsOf
	case q.KnownAt != 0:
		return q.KnownAt
	case q.Size != 0:
		return known
	}
	return s.now()
}

// caughtUp waits until the views show all that the log knew at the viewpoint: from views that lag,
// the same viewpoint would give other bytes later.
func (s Source) caughtUp(ctx context.Context, seq int64) error {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.Views.Wait(waiting, seq)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return behind()
	}
	return err
}

func behind() error {
	return &domain.Refusal{Code: domain.Unavailable, Rule: "report.behind", Message: "the views are still catching up with the ledger: try again later"}
}
