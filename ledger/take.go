package ledger

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"

	"muniment/domain"
)

// Outcome answers one submission: kept, kept before, or refused.
type Outcome struct {
	Receipt   Receipt
	Duplicate bool
	Err       error // *[domain.Refusal], or an internal error: then it may be tried again
}

// MaxTake is how many submissions one call of [Ledger.Take] should carry: more gain nothing.
const MaxTake = 512

// taking is one submission on its way.
type taking struct {
	*Submission
	by       Principal
	noun     string
	zones    zones
	id       domain.ID
	parted   parted // its event, with its claim
	known    people
	when     domain.Moment // occurred; a day in the zone of its tenant
	fact     domain.Fact
	extra    []*domain.Fact // facts that must be kept before it: identifiers, users
	reserved []Identifier
	again    bool // was kept before with other content, and may add to it ([Ledger.retell])
	out      *Outcome
}

// Take keeps facts, as far as the principal may state them ([Principal.May]). Each is answered by itself; submissions later in the list may
// rely on earlier ones. Ids are looked up before any person, key or look-up row is made, so a
// repeated import makes nothing, and can't bring an erased person back.
func (l *Ledger) Take(ctx context.Context, by Principal, list []*Submission) []Outcome {
	return l.Prepare(ctx, by, list, nil).Keep(ctx)
}

// each runs step on every taking, answers those that fail and returns the others.
func each(open []*taking, step func(*taking) error) []*taking {
	rest := open[:0]
	for _, t := range open {
		if err := step(t); err != nil {
			if err != errAnswered {
				t.out.Err = refusalOf(err)
			}
			continue
		}
		rest = append(rest, t)
	}
	return rest
}

// identify checks the submission and gives it its id and claim.
func (l *Ledger) identify(ctx context.Context, t *taking) error {
	if no := t.by.May(t.Submission); no != nil {
		return no
	}
	kind, _ := domain.Lookup(t.Event.Kind())
	t.noun = kind.Noun
	var err error
	if t.when, err = t.zones.dated(ctx, l, t.Tenant, t.Occurred); err != nil {
		return err
	}
	t.zones.note(t.Submission)
	if err := t.check(l.Now(), t.when.At); err != nil {
		return err
	}
	if kind.Kind == (domain.TenantOnboarded{}).Kind() {
		if err := l.Vault.Admit(ctx, t.Tenant); err != nil {
			return err
		}
	}
	if err := l.tenantKnown(ctx, t.Tenant, t.noun); err != nil {
		return err
	}
	naming, err := l.Vault.NamingKey(ctx, t.Tenant)
	if err != nil && (t.ID.IsZero() || !errors.Is(err, ErrLeft)) {
		return err
	}
	t.id = t.ID
	if t.id.IsZero() {
		at := t.Stream.At
		if at == 0 {
			at = t.Occurred.At
		}
		t.id = domain.DeriveID(naming, at.Std(), t.Source, t.SourceID, kind.Kind, t.Ordinal)
	}
	plain, personal := domain.Split(t.Event)
	t.parted = parted{fact: &t.fact, plain: plain, personal: personal}
	// Told before anybody is made: an event refused only when it is encoded would leave its people
	// reserved, while others in the list already lead to them.
	if atMost(len(t.Subjects), len(plain), personal) > MaxEvent {
		return ErrTooLarge
	}
	t.parted.claim, err = l.Vault.Claim(ctx, t.Tenant, t.Submission.claim(plain, personal))
	return err
}

// dropKept answers the submissions whose ids were kept before.
func (l *Ledger) dropKept(ctx context.Context, open []*taking) []*taking {
	keys := make([]Key, len(open))
	for i, t := range open {
		keys[i] = Key{ID: t.id}
	}
	found, err := l.Log.Prior(ctx, keys)
	i := -1
	return each(open, func(t *taking) error {
		if i++; err != nil {
			return fmt.Errorf("look up ids: %w", err)
		}
		if found[i].Seq >= 0 {
			found[i].Prior = true
			l.repeat(ctx, t, found[i])
			return errAnswered
		}
		return nil
	})
}

// errAnswered takes a submission out of the way that has its answer.
var errAnswered = errors.New("answered")

// repeat answers a submission whose id was kept before. A claim that is blank, or of an earlier key epoch,
// can't be compared, and nothing is made. Nor is it when the kind has got another version since: then the
// same foreign record makes another claim.
func (l *Ledger) repeat(ctx context.Context, t *taking, p Placed) {
	*t.out = Outcome{Duplicate: true, Receipt: Receipt{ID: t.id, Revision: p.Revision, Position: p.Seq, Recorded: p.LogTime, Repeated: true}}
	if t.Retold && !hmac.Equal(p.Claim, t.parted.claim) { // the kept values themselves are compared
		t.again = true
		return
	}
	if t.out.Receipt.Uncompared = !comparable(p.Claim, t.parted.claim); t.out.Receipt.Uncompared {
		return
	}
	if hmac.Equal(p.Claim, t.parted.claim) || t.Observed {
		return
	}
	fields, err := l.differing(ctx, t, p.Seq)
	if errors.Is(err, errOtherVersion) {
		t.out.Receipt.Uncompared = true
		return
	}
	if err != nil {
		*t.out = Outcome{Err: err}
		return
	}
	*t.out = Outcome{Err: &domain.Refusal{Code: domain.Conflict, Rule: "idempotency.same", Field: "id",
		Message: "this record was kept before with other content; it differs in " + fields + ". Kept records can't be changed: send a correction as an event of its own"}}
}

// resolve finds or reserves the people of a submission and completes its fact. What can be refused
// is refused first: whoever comes next takes a reserved person for known.
func (l *Ledger) resolve(ctx context.Context, t *taking) error {
	f := &t.fact
	var err error
	if f.Stream, err = l.streamOf(ctx, t.Submission, t.noun, domain.ID{}); err != nil {
		return err
	}
	if err := ownersNamed(t.parted.personal, len(t.Subjects)); err != nil {
		return err
	}
	f.ID, f.Tenant, f.Occurred, f.Purpose, f.Basis, f.Source = t.id, t.Tenant, t.when, t.Purpose, t.Basis, t.Source
	f.Event = t.Event
	for _, c := range t.Subjects {
		id, err := l.subject(ctx, t, c)
		if err != nil {
			return err
		}
		f.Subjects = append(f.Subjects, domain.SubjectRef{ID: id, Capacity: c.Capacity})
	}
	if f.Actor, err = l.actor(ctx, t); err != nil {
		return err
	}
	t.by.attribute(t)
	if f.Stream.ID.IsZero() && len(f.Subjects) > 0 {
		if f.Stream, err = l.streamOf(ctx, t.Submission, t.noun, f.Subjects[0].ID); err != nil {
			return err
		}
	}
	if f.Stream.ID.IsZero() {
		return domain.Malformed("subjects", "missing: say whom %s is about", t.Event.Kind())
	}
	if err := t.by.ownStream(ctx, l, t); err != nil {
		return err
	}
	return l.tellReported(ctx, t)
}

func (l *Ledger) unreserve(ctx context.Context, t *taking, cause error) error {
	for _, i := range t.reserved {
		if err := l.Vault.Release(ctx, t.Tenant, i); err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}

func (l *Ledger) answer(ctx context.Context, t *taking, own []Result) error {
	facts := append(t.extra[:len(t.extra):len(t.extra)], &t.fact)
	for i, f := range facts {
		if errors.Is(own[i].Err, ErrUnknown) {
			p, err := l.place(ctx, Key{f.Stream, f.ID}, t.parted.claim)
			if err != nil {
				return err
			}
			if p.Seq >= 0 {
				own[i] = Result{Placed: []Placed{p}}
			}
		}
	}
	last := own[len(own)-1]
	if slices.ContainsFunc(own, func(r Result) bool { return r.Err != nil }) {
		if err := l.unreserve(ctx, t, last.Err); err != nil {
			return err
		}
	}
	if last.Placed[0].Prior {
		l.repeat(ctx, t, last.Placed[0])
		return nil
	}
	t.out.Receipt = receipt(t.id, t.fact.Stream, last.Placed[0])
	return nil
}
