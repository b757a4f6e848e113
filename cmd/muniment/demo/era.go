package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"time"

	"muniment/domain"
)

// era is the demo's present: everything is told in days before it.
type era struct{ now time.Time }

// age is for how long the company has been there: the demo's present is found again by it.
const age = 1100 * 24 * time.Hour

func eraOf(established domain.Time) era { return era{established.Std().Add(age)} }

func (e era) established() time.Time { return e.now.Add(-age) }

// ago is a time of day (UTC) so many days ago.
func (e era) ago(days, hour, minute int) time.Time {
	y, m, d := e.now.Date()
	return time.Date(y, m, d-days, hour, minute, 0, 0, time.UTC)
}

func (e era) date(days int) string { return e.ago(days, 0, 0).Format(time.DateOnly) }

// since is how many days ago a time was, counted in begun days.
func (e era) since(t time.Time) int { return int(e.now.Sub(t)/(24*time.Hour)) + 1 }

// idOf is the same id at every load: ids of tenants and contacts are the sender's to choose.
func idOf(name string) domain.ID {
	sum := sha256.Sum256([]byte("muniment demo/" + name))
	return domain.ID(sum[:16])
}

// digest stands for a document that is kept elsewhere.
func digest(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// dice are the same at every load; each subject has its own, so that a change of one part leaves the
// others as they were.
func dice(subject string) *rand.Rand {
	sum := sha256.Sum256([]byte(subject))
	return rand.New(rand.NewChaCha8(sum))
}

func pick[T any](d *rand.Rand, list []T) T { return list[d.IntN(len(list))] }
