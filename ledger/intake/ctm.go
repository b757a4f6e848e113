package intake

import (
	"io"
	"net/netip"
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
	numbers numbers
}

// ctmSource names the source in every record: the ids depend on it.
const ctmSource = "ctm"

// CTM reads calls, texts and forms as a call tracker's API and webhooks give them: one object, a
// list, one object a line, or the API's page {"calls": […]}.
//
// A tracker shows the present state of a call under the same id, so the first state kept stands
// (KeepFirst), and a call that is still under way is refused: its first state says nothing.
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
	return &ctm{texts: t, o: o, drops: drops{}, numbers: numbers{}}, nil
}

// Dropped counts the fields that were left out, by name.
func (r *ctm) Dropped() map[string]int { return r.drops }

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
	c := call{object: o, form: o.member("form"), agent: o.member("agent")}
	r.drops.count(c.object, c.form, c.agent)
	e := domain.InteractionRecorded{
		Status: c.status(), Seconds: c.number("duration"), Recorded: c.has("audio"),
	}
	e.Medium, e.Direction = c.medium()
	s := c.submission(r.o, c.instant(), c.actor())
	e.TrackingNumber = r.ownNumber(c)
	if e.Seconds > 0 {
		e.Ended = s.Occurred.At + domain.Time(e.Seconds)*domain.Time(time.Second/time.Microsecond)
	}
	if c.members["redacted"] == true {
		return r.redacted(c, s, e)
	}
	s.Subjects[0].Identifiers = c.person(r.numbers, r.o.DefaultRegion, &e)
	e.Name, e.City = domain.Clear(c.first("name", "form.name")), domain.Clear(c.first("city"))
	if ip := c.first("visitor_ip"); ip != "" {
		if _, err := netip.ParseAddr(ip); err != nil {
			c.fail("visitor_ip", "no IP address")
		}
		e.IP = domain.Clear(ip)
	}
	s.Event = e
	return c.checked(s)
}

func (r *ctm) ownNumber(c call) string {
	written := c.first("tracking_number")
	if written == "" {
		return ""
	}
	i, err := r.numbers.parse(written, r.o.DefaultRegion)
	if err != nil {
		c.fail("tracking_number", "%s", err)
		return ""
	}
	return i.Value
}

// person reads who called or was called: the identifiers, and what of them the event itself holds.
// An address that leads nowhere is sealed as it was typed; a number that can't be dialled is refused
// unless the tracker says that there was none.
func (c call) person(numbers numbers, region string, e *domain.InteractionRecorded) (identifiers []ledger.Identifier) {
	number, found, field := c.callerNumber(numbers, region)
	if field != "" {
		c.fail(field, "%s", errNumber)
	}
	if found {
		identifiers = append(identifiers, number)
		e.Number, e.Country = domain.Clear(number.Value), number.Country
	}
	if country := c.first("country"); e.Country == "" && isCountry(country) {
		e.Country = country
	}
	if email := c.first("email", "form.email"); email != "" {
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
		Subjects: []ledger.SubjectClaim{{Capacity: domain.Processor}}, KeepFirst: true,
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
