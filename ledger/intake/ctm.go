package intake

import (
	"cmp"
	"io"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// CTMOptions of [CTM].
type CTMOptions struct {
	Tenant        domain.ID        // whose account it is
	DefaultRegion string           // ISO 3166-1 country of the account, for numbers without +; "" for none
	Now           func() time.Time // when a redaction is observed; time.Now when nil
}

type ctm struct {
	texts   *texts
	o       CTMOptions
	drops   drops
	notes   notes
	numbers numbers
}

// ctmSource names the source in every record: the ids depend on it.
const ctmSource = "ctm"

// CTM reads calls, texts and forms as a call tracker's API and webhooks give them: one object, a
// list, one object a line, or the API's page {"calls": […]}.
//
// A tracker shows the present state of a call under the same id: what a later state adds is kept as an
// update. A call that is still under way is refused: its state says nothing yet.
func CTM(r io.Reader, o CTMOptions) (Reader, error) { return newCTM(newTexts(r, anyShape), o) }

func newCTM(t *texts, o CTMOptions) (Reader, error) {
	if o.Tenant.IsZero() {
		return nil, domain.Malformed("tenant", "missing: a tracker's records don't say whose they are, so say which tenant's account it is")
	}
	if o.DefaultRegion != "" && !isCountry(o.DefaultRegion) {
		return nil, domain.Malformed("region", "expected %s", domain.Reasons["country"].Expect)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	t.pages = []string{"calls"}
	return &ctm{texts: t, o: o, drops: drops{}, notes: notes{}, numbers: numbers{}}, nil
}

// Dropped counts the fields that were left out, by name.
func (r *ctm) Dropped() map[string]int { return r.drops }

// Notes tells why fields were left out.
func (r *ctm) Notes() map[string]int { return r.notes }

func (r *ctm) Next() (Item, error) {
	x, err := r.texts.next()
	if err != nil {
		return Item{}, err
	}
	item := Item{Line: x.line, Err: x.err, Offset: r.texts.offset}
	if x.err != nil {
		return item, nil
	}
	item.Sub, item.Err = r.read(x.raw)
	return item, nil
}

// read makes the submissions of one call, text or form.
func (r *ctm) read(raw []byte) ([]*ledger.Submission, *domain.Refusal) {
	o, no := parse(raw)
	if no != nil {
		return nil, no
	}
	c := call{object: o, drops: r.drops, notes: r.notes}
	c.form, c.agent = c.part("form"), c.part("agent")
	r.drops.count(c.object, c.form, c.agent)
	e := domain.InteractionRecorded{Status: c.status(), Seconds: c.seconds("duration"), Recorded: c.there("audio")}
	e.Medium, e.Direction = c.medium()
	e.Modified = c.modified()
	s := c.submission(r.o, c.instant(), c.actor(e.Medium))
	e.TrackingNumber = r.ownNumber(c)
	if e.Seconds > 0 {
		e.Ended = s.Occurred.At + domain.Time(e.Seconds)*domain.Time(time.Second/time.Microsecond)
	}
	redacted, said := flag(c.members["redacted"])
	if redacted {
		return r.redacted(c, s, e)
	}
	if !said { // perhaps it was: then nothing about the person may be kept, and no more is known
		c.leave("redacted", "neither true nor false, so nothing about the person")
		s.Event = e
		return c.checked(s)
	}
	s.Subjects[0].Identifiers = c.person(r.numbers, r.o.DefaultRegion, &e)
	e.Name, e.City = domain.Clear(c.short(domain.MaxPersonal, "name", "form.name")), domain.Clear(c.short(domain.MaxPersonal, "city"))
	if written := c.first("visitor_ip"); written != "" {
		ip, ok := readIP(written)
		if !ok {
			c.leave("visitor_ip", "no network address")
		}
		e.IP = domain.Clear(ip)
	}
	s.Event = e
	return c.checked(s)
}

// ownNumber is the company's number. A short code or a name is not one to keep.
func (r *ctm) ownNumber(c call) string {
	written := c.first("tracking_number")
	if written == "" {
		return ""
	}
	read := r.numbers.read(written, r.o.DefaultRegion)
	if read.why != "" || read.more > 0 {
		c.leave("tracking_number", cmp.Or(read.why, "a second number"))
	}
	return read.number.Value
}

// person reads who called or was called: the identifiers, and what of them the event itself holds.
// An address that leads nowhere is sealed as it was typed.
func (c call) person(numbers numbers, region string, e *domain.InteractionRecorded) (identifiers []ledger.Identifier) {
	if number, found := c.callerNumber(numbers, region); found {
		identifiers = append(identifiers, number)
		e.Number, e.Country = domain.Clear(number.Value), number.Country
	}
	if country := strings.ToUpper(c.first("country")); country != "" && e.Country == "" {
		if isCountry(country) {
			e.Country = country
		} else {
			c.leave("country", "no code of a country")
		}
	}
	if email := c.short(domain.MaxPersonal, "email", "form.email"); email != "" {
		e.Email = domain.Clear(email)
		if i, err := ParseEmail(email); err == nil {
			identifiers = append(identifiers, i)
		}
	}
	return identifiers
}

// submission is what both events of a call have in common. A form's field "I agree to be contacted"
// makes no consent: consent needs the exact text that was shown (Art. 7(1)), and a field has a name
// and a value only, of no known version. Whoever knows the version sends a consent.granted.
func (c call) submission(o CTMOptions, at domain.Moment, actor ledger.ActorClaim) *ledger.Submission {
	id := c.id()
	return &ledger.Submission{
		Source: ctmSource, SourceID: id, Tenant: o.Tenant, Stream: ledger.StreamRef{ID: id, At: at.At}, Occurred: at, Actor: actor,
		Subjects: []ledger.SubjectClaim{{Capacity: domain.Processor}}, Retold: true,
	}
}

// checked gives the submissions, unless anything in the record was wrong.
func (c call) checked(list ...*ledger.Submission) ([]*ledger.Submission, *domain.Refusal) {
	for _, s := range list {
		if err := domain.Check(s.Event); err != nil {
			c.fault.set(refusal("", err))
		}
	}
	if c.fault.err != nil {
		return nil, c.fault.err
	}
	return list, nil
}
