package notices

import (
	"context"

	"muniment/domain"
)

// Account is a customer account and its agreement, as a viewpoint shows them.
type Account struct {
	domain.Tenant
	Agreement domain.Agreement
}

// Directory knows the customer accounts. Two calls with the same viewpoint answer the same: who is
// told of a change must come out the same when it is worked out anew after a crash.
type Directory interface {
	// Wait returns when the directory has seen the event at seq, or ctx ends (its error).
	Wait(ctx context.Context, seq int64) error
	// Accounts lists every account at a viewpoint, those without an agreement and closed ones too.
	Accounts(ctx context.Context, v domain.Viewpoint) ([]Account, error)
}

// Register knows the public list of sub-processors and its history.
type Register interface {
	// On lists what stands on the register on a day, as far as is known now, sorted by name and
	// purpose: what is in use, nothing that is only proposed. On a day to come it is what is in use by
	// then if nothing else changes; what isn't yet is marked as announced.
	On(ctx context.Context, day domain.Date) ([]Row, error)
	// Versions lists the days on which the register changed, the latest first, days to come too.
	Versions(ctx context.Context) ([]Version, error)
	// Announcements lists the changes that were announced to all customers, the latest first, past
	// and withdrawn ones too.
	Announcements(ctx context.Context) ([]Announcement, error)
}

// Row is one entry of the register.
type Row struct {
	// Key is the row's identity over its versions, through renames; zero when it has none.
	Key            domain.ID        `json:"-"`
	Name           string           `json:"name"`
	Purpose        string           `json:"purpose"`
	Service        string           `json:"service,omitempty"`
	Locations      []string         `json:"locations,omitempty"`
	Seat           string           `json:"seat,omitempty"` // a place or a country code
	DataCategories []string         `json:"dataCategories,omitempty"`
	Mechanism      domain.Mechanism `json:"mechanism,omitempty"`
	URL            string           `json:"url,omitempty"`
	Announced      bool             `json:"announced,omitempty"` // from a day to come: not in use yet
}

// Status says whether the company is in use, as a word for files.
func (r Row) Status() string {
	if r.Announced {
		return "announced"
	}
	return "in use"
}

// Version is a day on which the register changed.
type Version struct {
	Day      domain.Date
	Recorded domain.Time // when the ledger last learned of it; zero when that isn't known
}

// Announcement is an announced change.
type Announcement struct {
	domain.AnnouncedChange
	Name     string // of the sub-processor
	Country  string
	Replaces string // name of the one it replaces, if it does
}

// Pending reports whether it is still to come on a day.
func (a Announcement) Pending(today domain.Date) bool {
	return a.Withdrawn == 0 && a.Effective >= today
}
