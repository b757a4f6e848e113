package intake

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
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
	texts *texts
	o     CloudTrailOptions
	drops drops
	notes notes
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
	return &cloudTrail{t, o, drops{}, notes{}}, nil
}

// Dropped counts the fields that were left out, by name.
func (r *cloudTrail) Dropped() map[string]int { return r.drops }

// Notes tells what was passed over, and which accesses lead to no call.
func (r *cloudTrail) Notes() map[string]int { return r.notes }

func (r *cloudTrail) Next() (Item, error) {
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
	s, why, err := r.read(o)
	if err != nil {
		return item, err
	}
	switch {
	case o.fault.err != nil:
		item.Err = o.fault.err
	case s == nil:
		item.Pass = r.notes.pass(why)
	default:
		item.Sub = []*ledger.Submission{s}
	}
	return item, nil
}

// accesses are the operations that give somebody an object's content. HeadObject does not.
var accesses = strings.Fields("GetObject CopyObject UploadPartCopy SelectObjectContent GetObjectTorrent")

// read makes a submission of one record; none, and why, when it is nothing for this ledger.
func (r *cloudTrail) read(o object) (*ledger.Submission, string, error) {
	c := call{object: o}
	id, operation, service := c.required("eventID"), c.required("eventName"), c.required("eventSource")
	at := c.time("eventTime")
	if at.At == 0 {
		c.fail("eventTime", "missing")
	}
	if len(id) > 128 {
		c.fail("eventID", "expected at most 128 bytes")
	}
	if o.fault.err != nil {
		return nil, "", nil
	}
	if service != "s3.amazonaws.com" || !slices.Contains(accesses, operation) {
		return nil, "not ours: no read or copy of an object", nil
	}
	bucket, key := r.object(call{object: o.member("requestParameters")}, operation)
	switch {
	case o.fault.err != nil:
		return nil, "", nil
	case !slices.Contains(r.o.Buckets, bucket):
		return nil, "not ours: another bucket", nil
	case c.has("errorCode"):
		return nil, "not ours: the store did not let it happen", nil
	}
	r.drops.count(o.member("requestParameters"), o.member("userIdentity"))
	if c.has("sourceIPAddress") {
		r.drops.add("", "sourceIPAddress")
	}
	s := &ledger.Submission{Source: trailSource, SourceID: id, Occurred: at, KeepFirst: true,
		Event: domain.InteractionDownloaded{Field: fieldOf(key)}, Actor: trailActor(call{object: o.member("userIdentity")})}
	s.Auth = trailAuth(o)
	return s, "", r.attribute(o, s, bucket, key)
}

// object names the object that was read; of a copy, the one it was made of.
func (r *cloudTrail) object(c call, operation string) (bucket, key string) {
	if operation != "CopyObject" && operation != "UploadPartCopy" {
		return c.first("bucketName"), c.first("key")
	}
	source := strings.TrimPrefix(c.first("x-amz-copy-source"), "/")
	source, _, _ = strings.Cut(source, "?versionId=")
	if plain, err := url.PathUnescape(source); err == nil {
		source = plain
	}
	bucket, key, _ = strings.Cut(source, "/")
	return bucket, key
}

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
	r.notes["kept as accesses to a recording of no known call: take calls in first, and tell by a pattern where keys hold their ids"]++
	s.Stream.Name = domain.Stream{Noun: "interaction", ID: domain.KeyedID(naming, "object", bucket+"/"+key, "stream/interaction", 0)}
	return nil
}
