package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"muniment/domain"
)

// Recorder keeps an event about credentials in the ledger. It is durable when it returns nil; what it
// can't keep isn't done.
type Recorder func(ctx context.Context, by domain.Actor, e domain.Event) error

// machine is whoever makes and revokes credentials: who works where the keys are.
var machine = domain.Actor{Kind: domain.Service, Role: domain.ActorRole(Operator)}

func made(k kind, id domain.ID, p Principal) domain.CredentialMade {
	return domain.CredentialMade{Credential: id, Type: domain.CredentialType(k), Role: domain.ActorRole(p.Role), Holder: p.Actor, Person: p.Person,
		Content: p.Content, Writes: p.Writer != nil, Expires: domain.TimeOf(p.Expires)}
}

// refusals counts secrets that were refused. Whoever tries many must not fill the ledger with it.
type refusals struct {
	mu          sync.Mutex
	count       int64
	since, told time.Time
}

// refusalsEvery is how far events about refusals are apart.
const refusalsEvery = time.Minute

// noteRefused counts a refused secret, and records the count at most once a minute. A count that can't be
// kept is kept with the next one.
func (s *Store) noteRefused(ctx context.Context, err error) {
	if !errors.Is(err, ErrRefused) {
		return
	}
	e, due := s.refused.add(s.now())
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if s.record(ctx, domain.Actor{Kind: domain.System}, e) != nil {
		s.refused.giveBack(e)
	}
}

func (r *refusals) add(now time.Time) (e domain.CredentialsRefused, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count == 0 {
		r.since = now
	}
	r.count++
	if now.Sub(r.told) < refusalsEvery {
		return e, false
	}
	e = domain.CredentialsRefused{Count: r.count, Since: domain.TimeOf(r.since)}
	r.count, r.told = 0, now
	return e, true
}

func (r *refusals) giveBack(e domain.CredentialsRefused) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count += e.Count
	r.since = e.Since.Std()
}
