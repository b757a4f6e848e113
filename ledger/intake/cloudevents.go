package intake

import (
	"cmp"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"mime"
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
)

// CloudEventsOptions of [CloudEvents].
type CloudEventsOptions struct {
	Source        string    // of native events that name none; "cloudevents" when empty
	Tenant        domain.ID // of events that name none; zero: they must
	DefaultRegion string    // ISO 3166-1 country of numbers without +; "" for none
}

// cloudSource is where native events come from that came as CloudEvents.
const cloudSource = "cloudevents"

type cloudEvents struct {
	texts *texts
	o     CloudEventsOptions
	ours  *events // reads events of our own kinds
	drops drops
	notes notes
}

// CloudEvents reads CloudEvents 1.0 in their JSON form: one, a batch, or one a line. Taken are native
// events (type muniment.KIND, data as [Events] reads it) and a telephony provider's.
func CloudEvents(r io.Reader, o CloudEventsOptions) (Reader, error) {
	return newCloudEvents(newTexts(r, anyShape), o)
}

func newCloudEvents(t *texts, o CloudEventsOptions) (*cloudEvents, error) {
	if o.DefaultRegion != "" && !isCountry(o.DefaultRegion) {
		return nil, domain.Malformed("region", "expected %s", domain.Reasons["country"].Expect)
	}
	return &cloudEvents{t, o, newEvents(t, EventOptions{Source: cmp.Or(o.Source, cloudSource)}), drops{}, notes{}}, nil
}

// Dropped counts the fields that were left out, by name.
func (r *cloudEvents) Dropped() map[string]int { return r.drops }

// Notes tells what was passed over or mended.
func (r *cloudEvents) Notes() map[string]int { return r.notes }

func (r *cloudEvents) Next() (Item, error) {
	x, err := r.texts.next()
	if err != nil {
		return Item{}, err
	}
	item := Item{Line: x.line, Err: x.err, Offset: r.texts.offset}
	if x.err != nil {
		return item, nil
	}
	o, no := parse(x.raw)
	if no != nil {
		item.Err = no
		return item, nil
	}
	r.read(&item, o)
	return item, nil
}

// attributes are what of an event's context is used.
type attributes struct {
	id, source, kind string
	at               domain.Moment // zero when it has no time
	tenant           domain.ID
}

// read makes an item of one event.
func (r *cloudEvents) read(item *Item, o object) {
	a := r.attributes(o)
	if o.fault.err == nil {
		switch {
		case strings.HasPrefix(a.kind, nativePrefix):
			r.native(item, a, o)
		case strings.HasPrefix(a.kind, twilioPrefix):
			r.twilio(item, a, o)
		default:
			o.fail("type", "unknown type: taken are %sKIND and the events of %smessaging and %svoice.insights that docs/intake.md names", nativePrefix, twilioPrefix, twilioPrefix)
		}
	}
	if o.fault.err != nil {
		item.Sub, item.Pass, item.Err = nil, "", o.fault.err
	}
}

// attributes reads leniently what senders are known to get wrong, and lets the specification's own
// library judge the rest.
func (r *cloudEvents) attributes(o object) (a attributes) {
	if o.members["specversion"] != event.CloudEventsVersionV1 {
		o.fail("specversion", "expected a CloudEvent with specversion 1.0")
		return a
	}
	text := func(name string) string {
		s, ok := o.members[name].(string)
		if v := o.members[name]; v != nil && !ok {
			o.fail(name, "expected a string")
		}
		return s
	}
	e := event.New(event.CloudEventsVersionV1)
	a.id, a.source, a.kind = text("id"), text("source"), text("type")
	e.SetID(a.id)
	e.SetSource(a.source)
	e.SetType(a.kind)
	if s := text("time"); s != "" {
		m, err := domain.ParseMoment(s)
		switch {
		case err != nil || m.Precision == domain.Day:
			o.fail("time", "expected a time such as 2026-10-01T08:17:00Z (RFC 3339)")
		case m.At == 0:
			o.fail("time", "%s", domain.ErrZeroTime)
		}
		a.at = m
		e.SetTime(m.At.Std())
	}
	if s := text("dataschema"); s != "" {
		e.SetDataSchema(s)
	}
	if s := text("datacontenttype"); s != "" {
		r.contentType(o, &e, s)
	}
	var wrong event.ValidationError
	if errors.As(e.Validate(), &wrong) {
		first := slices.Min(slices.Collect(maps.Keys(wrong)))
		o.fail(first, "missing, or not what CloudEvents 1.0 wants there")
	}
	a.tenant = r.o.Tenant
	if s := text("tenant"); s != "" { // an extension attribute
		id, err := domain.ParseID(s)
		if err != nil || id.IsZero() || !r.o.Tenant.IsZero() && id != r.o.Tenant {
			o.fail("tenant", "expected the tenant's id, 32 hex digits, and no other than the import is for")
		}
		a.tenant = id
	}
	return a
}

// contentType mends a type that is none: the telephony provider's own examples have some, and the
// data shows what it is.
func (r *cloudEvents) contentType(o object, e *event.Event, s string) {
	media, _, err := mime.ParseMediaType(s)
	switch {
	case err != nil || !strings.Contains(media, "/"):
		r.notes["datacontenttype is no media type: read as JSON"]++
	case media == "application/json" || strings.HasSuffix(media, "+json") || media == "text/json":
		e.SetDataContentType(s)
	default:
		o.fail("datacontenttype", "expected JSON data")
	}
}

// data is the event's own object: as JSON, as a text that holds JSON, or in base64.
func (o object) data() (object, bool) {
	v, name := o.members["data"], "data"
	if packed := o.members["data_base64"]; packed != nil {
		if v != nil {
			o.fail("data_base64", "give data or data_base64, not both")
			return object{}, false
		}
		name = "data_base64"
		text, _ := packed.(string)
		plain, err := base64.StdEncoding.DecodeString(text)
		if err != nil || text == "" {
			o.fail(name, "expected JSON in base64")
			return object{}, false
		}
		v = string(plain)
	}
	if v == nil {
		o.fail("data", "missing")
		return object{}, false
	}
	if text, ok := v.(string); ok {
		tree, err := canon.ParseLenient([]byte(text))
		if err != nil {
			o.fail(name, "expected an object, or JSON that holds one")
			return object{}, false
		}
		v = tree
	}
	return o.nested("data", v)
}

const nativePrefix = "muniment."

// native makes a submission of an event of our own kinds. What the context says needs no repeating
// in the data.
func (r *cloudEvents) native(item *Item, a attributes, o object) {
	data, ok := o.data()
	if !ok {
		return
	}
	m := data.members
	if _, said := m["kind"]; said {
		o.fail("data.kind", "the event's type says which kind it is")
	}
	m["kind"] = strings.TrimPrefix(a.kind, nativePrefix)
	if m["id"] == nil && m["sourceId"] == nil {
		m["sourceId"] = a.source + " " + a.id // unique together, says the specification
	}
	if m["occurred"] == nil && a.at.At != 0 {
		m["occurred"] = o.members["time"]
	}
	if m["tenant"] == nil && !a.tenant.IsZero() {
		m["tenant"] = a.tenant.String()
	}
	s, _ := r.ours.of(data)
	item.Sub = []*ledger.Submission{s}
}
