package intake

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strconv"

	"muniment/domain"
	"muniment/ledger"
)

// EventOptions of [Events].
type EventOptions struct {
	Source string // of lines that name none; "events" when empty
}

// eventsSource is where native events come from that name no source.
const eventsSource = "events"

type events struct {
	texts   *texts
	source  string
	numbers numbers
}

// Events reads native events: one object a line, or a list of them. docs/intake.md is the format.
func Events(r io.Reader, o EventOptions) Reader { return newEvents(newTexts(r, anyShape), o) }

func newEvents(t *texts, o EventOptions) *events {
	if o.Source == "" {
		o.Source = eventsSource
	}
	return &events{t, o.Source, numbers{}}
}

func (r *events) Next() (Item, error) {
	x, err := r.texts.next()
	if err != nil {
		return Item{}, err
	}
	item := Item{Line: x.line, Err: x.err, Offset: r.texts.offset}
	if x.err != nil {
		return item, nil
	}
	s, no := r.read(x.raw)
	if no != nil {
		item.Err = no
		return item, nil
	}
	item.Sub = []*ledger.Submission{s}
	return item, nil
}

// read makes a submission of one text. The kind is read first: what is wrong elsewhere is often
// wrong because of it.
func (r *events) read(raw []byte) (*ledger.Submission, *domain.Refusal) {
	o, no := parse(raw)
	if no != nil {
		return nil, no
	}
	return r.of(o)
}

// of makes a submission of the members of an event.
func (r *events) of(o object) (*ledger.Submission, *domain.Refusal) {
	name := o.text("kind", 100)
	kind, known := domain.Lookup(name)
	if !known {
		if name == "" {
			o.fail("kind", "missing: which event is it?")
		}
		o.fail("kind", "unknown kind; the nearest known are %s", nearest(name))
		return nil, o.fault.err
	}
	s := &ledger.Submission{}
	s.Tenant = tenantOf(o)
	s.Source = o.text("source", 32)
	if s.Source == "" {
		s.Source = r.source
	}
	if !domain.ValidSource(s.Source) {
		o.fail("source", "expected the name of the system it comes from: 1 to 32 of a-z, 0-9, . and -")
	}
	identify(o, s)
	s.Occurred = o.moment("occurred", "when did it happen?")
	streamOf(o, s)
	s.Actor = actorOf(o, s.Source)
	s.Auth = authOf(o)
	if s.Purpose = o.text("purpose", 64); s.Purpose != "" {
		if err := domain.Reasons["word"].Check(s.Purpose); err != nil {
			o.fail("purpose", "%s", err)
		}
	}
	s.Basis = word(o, "basis", domain.Basis(""))
	if s.Evidence = o.text("evidence", 64); s.Evidence != "" {
		if err := domain.Reasons["digest"].Check(s.Evidence); err != nil {
			o.fail("evidence", "%s", err)
		}
	}
	s.Subjects = r.subjectsOf(o, s.Source)
	data, ok := o.take("data")
	if !ok {
		data = map[string]any{} // some kinds have no fields
	}
	event, err := kind.Input(data)
	if err != nil {
		o.fault.set(refusal(o.prefix+"data.", err))
	}
	s.Event = r.normalised(event, &o)
	o.end()
	return s, o.fault.err
}

// normalised makes an attached number or address what look-ups compare, as in subjects.
func (r *events) normalised(e domain.Event, o *object) domain.Event {
	attached, ok := e.(domain.IdentifierAttached)
	value, clear := attached.Value.Reveal()
	if !ok || !clear {
		return e
	}
	var i ledger.Identifier
	var err error
	switch attached.Type {
	case domain.Phone:
		i, err = r.numbers.read(value, attached.Country).strict(attached.Country)
	case domain.Email:
		i, err = ParseEmail(value)
	default:
		return e
	}
	if err != nil {
		o.fail("data.value", "%s", err)
		return e
	}
	attached.Value, attached.Country = domain.Clear(i.Value), cmp.Or(attached.Country, i.Country)
	return attached
}

// tenantOf reads the tenant: its id, or the word operator for the reserved one.
func tenantOf(o object) domain.ID {
	if o.members["tenant"] == "operator" {
		o.take("tenant")
		return domain.Operator
	}
	id := o.id("tenant")
	if id.IsZero() {
		o.fail("tenant", `missing: expected the tenant's id, or "operator"`)
	}
	return id
}

// identify reads what makes the event the same at every import.
func identify(o object, s *ledger.Submission) {
	s.ID, s.SourceID = o.id("id"), o.text("sourceId", 256)
	switch {
	case s.ID.IsZero() && s.SourceID == "":
		o.fail("id", "missing: give id (32 hex digits), or sourceId (the record's id in its system)")
	case !s.ID.IsZero() && s.SourceID != "":
		o.fail("id", "give id or sourceId, not both")
	}
	v, ok := o.take("ordinal")
	if !ok {
		return
	}
	n, ok := v.(int64)
	if !ok || n < 0 || n > math.MaxUint32 {
		o.fail("ordinal", "expected a number from 0 to 2^32-1")
	} else if !s.ID.IsZero() {
		o.fail("ordinal", "has a meaning only beside sourceId")
	}
	s.Ordinal = uint32(n)
}

// streamOf reads which thing the event is about, where that does not follow from tenant or subject.
func streamOf(o object, s *ledger.Submission) {
	if name := o.text("stream", 100); name != "" {
		var err error
		if s.Stream.Name, err = domain.ParseStream(name); err != nil {
			o.fail("stream", "expected a stream name such as interaction-<32 hex digits>")
		}
	}
	of, ok := o.object("of")
	if !ok {
		return
	}
	if !s.Stream.Name.IsZero() {
		o.fail("of", "give of or stream, not both")
	}
	s.Stream.ID, s.Stream.Source = of.text("id", 256), of.text("source", 32)
	if s.Stream.Source != "" && !domain.ValidSource(s.Stream.Source) {
		of.fail("source", "expected the name of the system whose id it is: 1 to 32 of a-z, 0-9, . and -")
	}
	if s.Stream.ID == "" {
		of.fail("id", "missing: its id in your system")
	}
	s.Stream.At = of.moment("at", "its own time, the same in every event about it").At
	of.end()
}

func authOf(o object) (auth []domain.Auth) {
	for i, v := range o.list("auth") {
		a, _ := v.(string)
		if !slices.Contains(domain.Auth("").Values(), a) {
			o.fail("auth."+strconv.Itoa(i), "expected one of PASSWORD, SECOND_FACTOR, PIN, API_KEY, LINK, CODE")
		}
		auth = append(auth, domain.Auth(a))
	}
	slices.Sort(auth) // an envelope has them sorted, each once
	return slices.Compact(auth)
}
