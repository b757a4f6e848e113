package intake

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// CloudTrailOptions of [CloudTrail].
type CloudTrailOptions struct {
	Buckets []string  // where recordings lie
	Keys    *Keys     // what the keys of objects tell; nil: nothing
	Tenant  domain.ID // whose objects they are when the key doesn't tell; zero: it must
	Calls   string    // the source under which calls were taken in; "ctm" when empty

	// NamingKey is a tenant's; [ledger.ErrUnknownTenant] when there is no such tenant.
	NamingKey func(tenant domain.ID) ([]byte, error)
	// Interaction finds a kept interaction by its [ledger.NameTail]; nil: none is ever found.
	Interaction func(tenant domain.ID, tail []byte) (id domain.ID, found bool, err error)
}

type cloudTrail struct {
	texts   *texts
	o       CloudTrailOptions
	drops   drops
	notes   notes
	line    Item     // the one being read
	waiting []object // records of it that are not answered yet
}

// trailSource names the source in every record: the ids depend on it.
const trailSource = "cloudtrail"

// CloudTrail reads an object store's audit records as AWS CloudTrail writes them: a log file
// {"Records": […]}, a list, one record or one a line. Reads and copies of recordings are kept as
// accesses, by actors of the system aws; every other record is passed over and counted.
func CloudTrail(r io.Reader, o CloudTrailOptions) (Reader, error) {
	return newCloudTrail(newTexts(r, anyShape), o)
}

func newCloudTrail(t *texts, o CloudTrailOptions) (*cloudTrail, error) {
	if len(o.Buckets) == 0 {
		return nil, domain.Malformed("recordings", "missing: name the bucket that the recordings lie in; reads elsewhere are not looked at")
	}
	if o.Calls == "" {
		o.Calls = ctmSource
	}
	if o.Tenant.IsZero() && !o.Keys.names("tenant") {
		return nil, domain.Malformed("tenant", "missing: say whose recordings they are, or give a pattern of keys with {tenant} in it")
	}
	t.pages = []string{"Records"}
	return &cloudTrail{texts: t, o: o, drops: drops{}, notes: notes{}}, nil
}

// Dropped counts the fields that were left out, by name.
func (r *cloudTrail) Dropped() map[string]int { return r.drops }

// Notes tells what was passed over, and which accesses lead to no call.
func (r *cloudTrail) Notes() map[string]int { return r.notes }

func (r *cloudTrail) Next() (Item, error) {
	for {
		if len(r.waiting) > 0 {
			o := r.waiting[0]
			r.waiting = r.waiting[1:]
			return r.item(o)
		}
		x, err := r.texts.next()
		if err != nil {
			return Item{}, err
		}
		r.line = Item{Line: x.line, Err: x.err, Offset: r.texts.offset}
		if x.err != nil {
			return r.line, nil
		}
		o, no := parse(x.raw)
		if no == nil {
			r.waiting, no = unwrapped(o, 0)
		}
		if r.line.Err = no; no != nil {
			return r.line, nil
		}
		if len(r.waiting) == 0 {
			r.line.Pass = r.notes.pass("not ours: a message without records")
			return r.line, nil
		}
	}
}

// item is what became of one record of the line.
func (r *cloudTrail) item(o object) (Item, error) {
	item := r.line
	s, why, err := r.read(o)
	switch {
	case err != nil:
		return item, err
	case o.fault.err != nil:
		item.Err = o.fault.err
	case s == nil:
		item.Pass = r.notes.pass(why)
	default:
		item.Sub = []*ledger.Submission{s}
	}
	return item, nil
}

// services are the object store's own.
var services = strings.Fields("s3.amazonaws.com s3express.amazonaws.com s3-outposts.amazonaws.com s3-object-lambda.amazonaws.com")

// accesses are the operations that give somebody an object's content. HeadObject does not.
var accesses = strings.Fields("GetObject CopyObject UploadPartCopy SelectObjectContent GetObjectTorrent")

// read makes a submission of one record; none, and why, when it is nothing for this ledger.
func (r *cloudTrail) read(o object) (*ledger.Submission, string, error) {
	c := r.call(o)
	id, operation, service := c.required("eventID"), c.required("eventName"), c.required("eventSource")
	at, ok := readTime(o.members["eventTime"])
	if !ok {
		c.fail("eventTime", "missing, or no time: expected one such as 2026-10-01T08:17:00Z")
	}
	at.Zone = ""
	if len(id) > 128 {
		c.fail("eventID", "expected at most 128 bytes")
	}
	if o.fault.err != nil {
		return nil, "", nil
	}
	if !slices.Contains(services, service) || !slices.Contains(accesses, operation) {
		return nil, "not ours: no read or copy of an object", nil
	}
	object, answer := r.wasRead(o, operation)
	switch {
	case answer == anothers:
		return nil, "not ours: another bucket", nil
	case c.has("errorCode"):
		return nil, "not ours: the store did not let it happen", nil
	case answer == untold:
		c.fail("requestParameters", "it can't be told in which bucket the object lies, so it may be a recording: send records whose resources name the object")
		return nil, "", nil
	}
	r.drops.count(o.member("requestParameters"), o.member("userIdentity"))
	if c.has("sourceIPAddress") {
		r.drops.add("", "sourceIPAddress")
	}
	s := &ledger.Submission{Source: trailSource, SourceID: id, Occurred: at, Observed: true,
		Event: domain.InteractionDownloaded{Field: fieldOf(object.key)}, Actor: trailActor(r.call(c.part("userIdentity")))}
	s.Auth = trailAuth(r.call(o.member("userIdentity")))
	return s, "", r.attribute(o, s, object.bucket, object.key)
}

func (r *cloudTrail) call(o object) call { return call{object: o, drops: r.drops, notes: r.notes} }

// fieldOf tells by an object's name what it holds. What is not known to be written is heard.
func fieldOf(key string) domain.DataField {
	switch strings.ToLower(path.Ext(key)) {
	case ".txt", ".json", ".vtt", ".srt":
		return "TRANSCRIPT"
	case ".jpg", ".jpeg", ".png", ".gif", ".pdf", ".mp4":
		return "MEDIA"
	}
	return "AUDIO"
}

// saysWho finds an e-mail address or an international number in a key.
var saysWho = regexp.MustCompile(`(?i)[^/\s@]+@[^/\s@]+\.[a-z]{2,}|\+[0-9][0-9 ().-]{6,}[0-9]`)

func unescapedKey(key string) string {
	if plain, err := url.PathUnescape(key); err == nil {
		return plain
	}
	return key
}

// attribute says whose object it is, and which interaction it belongs to. An object that leads to no
// known call is an interaction of its own, the same at every access, so that no access is lost.
func (r *cloudTrail) attribute(o object, s *ledger.Submission, bucket, key string) error {
	found := r.o.Keys.match(key)
	s.Tenant = r.o.Tenant
	if named, err := domain.ParseID(found["tenant"]); err == nil {
		s.Tenant = named
	}
	if s.Tenant.IsZero() {
		o.fail("requestParameters.key", "this key does not fit the pattern, so it doesn't tell whose recording it is")
		return nil
	}
	naming, err := r.o.NamingKey(s.Tenant)
	if errors.Is(err, ledger.ErrUnknownTenant) {
		o.fault.set(ledger.UnknownTenant())
		return nil
	}
	if err != nil {
		return fmt.Errorf("tenant: %w", err)
	}
	if id := found["id"]; id != "" && r.o.Interaction != nil {
		call, known, err := r.o.Interaction(s.Tenant, ledger.NameTail(naming, r.o.Calls, id, "interaction"))
		if err != nil {
			return fmt.Errorf("find the call of a recording: %w", err)
		}
		if known {
			s.Stream.Name = domain.Stream{Noun: "interaction", ID: call}
			return nil
		}
	}
	if saysWho.MatchString(unescapedKey(key)) {
		o.fault.set(&domain.Refusal{Code: domain.Invalid, Rule: "intake.opaque", Article: "Art. 5(1)(c), 17 GDPR", Field: "requestParameters.key",
			Message: "this key holds a number or an e-mail address, and what the access would be kept under can't be erased: take the calls in first, and tell by a pattern where keys hold their ids"})
		return nil
	}
	r.notes["kept as accesses to a recording of no known call: take calls in first, and tell by a pattern where keys hold their ids"]++
	s.Stream.Name = domain.Stream{Noun: "interaction", ID: domain.KeyedID(naming, "object", bucket+"/"+key, "stream/interaction", 0)}
	return nil
}
