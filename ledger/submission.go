package ledger

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"muniment/domain"
)

// Submission is a fact as another system reports it: validated for shape, its people named by id or
// by the identifiers that lead to them.
type Submission struct {
	Source   string
	SourceID string // the record's id there; with kind and ordinal it makes the event's id
	Ordinal  uint32
	ID       domain.ID // or the sender's own event id
	Tenant   domain.ID
	Stream   StreamRef
	Event    domain.Event
	Occurred domain.Moment
	Actor    ActorClaim
	Auth     []domain.Auth
	Purpose  string
	Basis    domain.Basis
	Evidence string // SHA-256, in hex, of what shows a decision that another system reports
	Subjects []SubjectClaim
	// Observed: what differs between two tellings is of our own making, such as when we saw it or which call it
	// led to by then. When the id was kept before, the earlier record stands.
	Observed bool
	// Retold: the source shows a record's later states under the same id. What one adds to what was kept is
	// kept as an update; otherwise it is a duplicate.
	Retold bool
}

// StreamRef says which stream: by name, or by the id that the thing has at the source, with the
// thing's own unchanging time. Empty for nouns whose stream follows from tenant or subject.
type StreamRef struct {
	Name   domain.Stream
	Source string // the system whose id it is; the submission's own source when empty
	ID     string
	At     domain.Time
}

// SubjectClaim names a person: by id, or by identifiers; by neither it is somebody unknown.
type SubjectClaim struct {
	ID          domain.ID
	Identifiers []Identifier
	Capacity    domain.Capacity
}

// ActorClaim names who acted: by id, or by a login of a source system.
type ActorClaim struct {
	domain.Actor
	System, Login, Name, Email string
}

// login is the identifier that the actor's login is.
func (a ActorClaim) login() Identifier {
	return Identifier{Type: domain.Login, Value: a.System + "/" + a.Login}
}

// check reports what is wrong with the parts that every submission has.
func (s *Submission) check(now time.Time, occurred domain.Time) error {
	wrong := func(path, format string, args ...any) error { return domain.Malformed(path, format, args...) }
	if !domain.ValidSource(s.Source) {
		return wrong("source", "expected the name of the system it comes from: 1 to 32 of a-z, 0-9, . and -")
	}
	if s.ID.IsZero() && s.SourceID == "" {
		return wrong("id", "missing: give id (32 hex digits), or sourceId (the record's id in its system)")
	}
	if s.Occurred == (domain.Moment{}) {
		return wrong("occurred", "missing: when did it happen?")
	}
	if s.Occurred.At == 0 {
		return wrong("occurred", "%s", domain.ErrZeroTime)
	}
	if err := s.Occurred.At.Check(); err != nil {
		return wrong("occurred", "%s", err)
	}
	if limit := domain.TimeOf(now.Add(domain.MaxSkew)); occurred > limit {
		return wrong("occurred", "lies in the future (more than 5 minutes from now): check the sender's clock and zone")
	}
	if s.Purpose != "" {
		if err := domain.Reasons["word"].Check(s.Purpose); err != nil {
			return wrong("purpose", "%s", err)
		}
	}
	if s.Evidence != "" {
		if err := domain.Reasons["digest"].Check(s.Evidence); err != nil {
			return wrong("evidence", "%s", err)
		}
	}
	if len(s.Subjects) > 256 {
		return wrong("subjects", "expected at most 256")
	}
	return s.Opaque()
}

// streamOf names the stream that a kind's noun puts the event in. subject is the first subject's id,
// zero when it isn't known yet: then the stream of a noun that needs it is not known either.
func (l *Ledger) streamOf(ctx context.Context, s *Submission, noun string, subject domain.ID) (domain.Stream, error) {
	if !s.Stream.Name.IsZero() {
		if s.Stream.Name.Noun != noun {
			return domain.Stream{}, domain.Malformed("stream", "events of kind %s are kept in %s streams", s.Event.Kind(), noun)
		}
		return s.Stream.Name, nil
	}
	naming, err := l.Vault.NamingKey(ctx, s.Tenant)
	if err != nil && noun != auditNoun {
		return domain.Stream{}, err
	}
	switch noun {
	case "organisation":
		return domain.Stream{Noun: noun, ID: l.ID}, nil
	case "tenant", "retention", "agreement", "audit":
		return domain.Stream{Noun: noun, ID: s.Tenant}, nil
	case "subject", "user":
		return domain.Stream{Noun: noun, ID: subject}, nil
	case "consent":
		if subject.IsZero() {
			return domain.Stream{}, nil
		}
		return ConsentStream(naming, subject, purposeOf(s.Event)), nil
	case "register":
		switch e := s.Event.(type) {
		case domain.ListPublished:
			return RegisterStream(naming, e.List), nil
		case domain.ListWithdrawn:
			return RegisterStream(naming, e.List), nil
		}
	}
	if s.Stream.ID == "" || s.Stream.At == 0 {
		return domain.Stream{}, domain.Malformed("of", "missing: say which %s by its id in your system and its own time, as {\"id\": …, \"at\": …}, the same in every event about it", noun)
	}
	return domain.Stream{Noun: noun, ID: domain.DeriveID(naming, s.Stream.At.Std(), cmp.Or(s.Stream.Source, s.Source), s.Stream.ID, "stream/"+noun, 0)}, nil
}

// NameTail is the part of a derived stream's id that follows from the thing's id at its source alone,
// whatever its time: to find the stream of a thing whose time isn't at hand.
func NameTail(naming []byte, source, id, noun string) []byte {
	name := domain.DeriveID(naming, time.UnixMilli(0), source, id, "stream/"+noun, 0)
	return name[domain.TimePrefix:]
}

// ConsentStream is where one person's consent to one purpose is kept.
func ConsentStream(naming []byte, subject domain.ID, purpose string) domain.Stream {
	return domain.Stream{Noun: "consent", ID: domain.KeyedID(naming, "consent", subject.String()+"/"+purpose, "stream/consent", 0)}
}

// RegisterStream is where the versions of one published list are kept.
func RegisterStream(naming []byte, list string) domain.Stream {
	return domain.Stream{Noun: "register", ID: domain.KeyedID(naming, "register", list, "stream/register", 0)}
}

func purposeOf(e domain.Event) string {
	if p, ok := e.(interface{ ForPurpose() string }); ok {
		return p.ForPurpose()
	}
	panic(fmt.Sprintf("ledger: %s has no purpose", e.Kind()))
}
