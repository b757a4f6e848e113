package intake

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// The records are written for these tests, in the shape of an object store's audit log.
const (
	oneRead = `{"eventVersion":"1.09","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/example","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"example","sessionContext":{"attributes":{"mfaAuthenticated":"true"}}},"eventTime":"2026-10-02T09:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9","requestParameters":{"bucketName":"example-recordings","key":"calls/c0ffee00000000000000000000000001/2026/CA42.mp3","Host":"example-recordings.s3.eu-west-1.amazonaws.com"},"eventID":"11111111-2222-4333-8444-555555555555","eventCategory":"Data"}`
	oneCopy = `{"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:backup","arn":"arn:aws:sts::111122223333:assumed-role/Backup/backup","invokedBy":"backup.amazonaws.com"},"eventTime":"2026-10-02T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"CopyObject","requestParameters":{"bucketName":"example-backup","key":"x.txt","x-amz-copy-source":"/example-recordings/calls/c0ffee00000000000000000000000001/2026/CA%2042.txt?versionId=1"},"eventID":"22222222-2222-4333-8444-555555555555"}`
)

func trailOptions(pattern string) CloudTrailOptions {
	o := CloudTrailOptions{Buckets: []string{"example-recordings"}, Tenant: shop, NamingKey: func(domain.ID) ([]byte, error) { return make([]byte, 32), nil }}
	if pattern != "" {
		var err error
		if o.Keys, err = ParseKeys(pattern); err != nil {
			panic(err)
		}
	}
	return o
}

func trailItems(t *testing.T, in string, o CloudTrailOptions) ([]Item, *cloudTrail) {
	t.Helper()
	r, err := newCloudTrail(newTexts(strings.NewReader(in), anyShape), o)
	if err != nil {
		t.Fatal(err)
	}
	return all(t, r), r
}

func TestRecordingRead(t *testing.T) {
	items, r := trailItems(t, `{"Records":[`+oneRead+`,`+oneCopy+`]}`, trailOptions(""))
	if len(items) != 2 || items[0].Err != nil || items[1].Err != nil {
		t.Fatal(told(items))
	}
	read, copied := items[0].Sub[0], items[1].Sub[0]
	if read.Event != (domain.InteractionDownloaded{Field: "AUDIO"}) || copied.Event != (domain.InteractionDownloaded{Field: "TRANSCRIPT"}) {
		t.Error(read.Event, copied.Event)
	}
	a := read.Actor
	if a.System != "aws" || a.Login != "arn:aws:iam::111122223333:user/example" || a.Kind != domain.Person || !slices.Equal(read.Auth, []domain.Auth{"API_KEY", "SECOND_FACTOR"}) {
		t.Errorf("%+v %v", a, read.Auth)
	}
	if a := copied.Actor; a.Kind != domain.Service || a.System != "aws" || len(copied.Auth) != 0 {
		t.Errorf("%+v", a)
	}
	if read.SourceID != "11111111-2222-4333-8444-555555555555" || read.Occurred.At.String() != "2026-10-02T09:00:00.000000Z" || read.Tenant != shop {
		t.Errorf("%+v", read)
	}
	if read.Stream.Name.IsZero() || read.Stream.Name == copied.Stream.Name {
		t.Error("two objects are one")
	}
	if r.drops["sourceIPAddress"] != 1 || r.drops["userIdentity.userName"] != 1 || len(r.notes) != 1 {
		t.Errorf("%v %v", r.drops, r.notes)
	}
}

func TestPassedRecords(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"another service":    {set(oneRead, "eventSource", `"iam.amazonaws.com"`), "not ours: no read or copy"},
		"a look at the head": {set(oneRead, "eventName", `"HeadObject"`), "not ours: no read or copy"},
		"a write":            {set(oneRead, "eventName", `"PutObject"`), "not ours: no read or copy"},
		"another bucket":     {set(oneRead, "requestParameters", `{"bucketName":"example-logs","key":"x"}`), "not ours: another bucket"},
		"a copy into ours":   {set(oneCopy, "requestParameters", `{"bucketName":"example-recordings","key":"x","x-amz-copy-source":"other/x"}`), "not ours: another bucket"},
		"denied":             {set(oneRead, "errorCode", `"AccessDenied"`), "not ours: the store did not let it happen"},
		"another's object":   {set(set(oneRead, "requestParameters", `{"bucketName":"x-s3alias","key":"x"}`), "resources", `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::example-logs/x"}]`), "not ours: another bucket"},
	} {
		items, r := trailItems(t, c.in, trailOptions(""))
		if len(items) != 1 || items[0].Err != nil || !strings.HasPrefix(items[0].Pass, c.want) || r.notes[items[0].Pass] != 1 {
			t.Errorf("%s: %+v", name, items[0])
		}
	}
}

func TestRefusedRecords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{}`, "eventID: missing"},
		{set(oneRead, "eventID", `null`), "eventID: missing"},
		{set(oneRead, "eventID", `"`+strings.Repeat("a", 129)+`"`), "eventID: expected at most 128 bytes"},
		{set(oneRead, "eventName", `""`), "eventName: missing"},
		{set(oneRead, "eventSource", `["x"]`), "eventSource: expected text"},
		{set(oneRead, "eventTime", `"yesterday"`), "eventTime: missing, or no time"},
		{set(oneRead, "eventTime", `null`), "eventTime: missing"},
		{set(oneRead, "requestParameters", `{"bucketName":["x","y"],"key":"x"}`), untoldBucket},
		{set(oneRead, "requestParameters", `{"bucketName":"arn:aws:s3:us-east-1:111122223333:accesspoint/example-ap","key":"x"}`), untoldBucket},
		{set(oneRead, "requestParameters", `{"bucketName":"example-ap-abc-s3alias","key":"x"}`), untoldBucket},
		{set(oneRead, "requestParameters", `null`), untoldBucket},
		{set(oneRead, "requestParameters", `"bucketName"`), untoldBucket},
		{set(oneCopy, "requestParameters", `{}`), untoldBucket},
		{set(oneCopy, "requestParameters", `{"bucketName":"example-out","key":"x","x-amz-copy-source":"arn:aws:s3:us-east-1:111122223333:accesspoint/example-ap/object/x"}`), untoldBucket},
		{`{"awslogs":{"data":"e30="}}`, "awslogs.data: expected gzip in base64"},
		{`{"awslogs":{"data":7}}`, "awslogs.data: expected gzip in base64"},
		{`{"message":"START RequestId"}`, "message: expected an audit record"},
		{`{"detail":[7]}`, "expected an audit record, or a list"},
		{`{"detail":{}}`, "eventID: missing"},
		{`{"detail":{"detail":{"detail":{"detail":{"detail":{"detail":{}}}}}}}`, "wrapped more than"},
		{`{"Records":[{"a":1,"a":2}]}`, "duplicate name"},
		{`{"Records":[7]}`, "expected an object in the list"},
		{`[` + oneRead, "truncated JSON"},
	} {
		items, _ := trailItems(t, c.in, trailOptions(""))
		last := items[len(items)-1]
		if last.Err == nil || !strings.Contains(last.Err.Error(), c.want) {
			t.Errorf("got %s, want %s", told(items), c.want)
		}
	}
	for name, o := range map[string]CloudTrailOptions{"no bucket": {Tenant: shop}, "nobody's": {Buckets: []string{"b"}}} {
		if _, err := CloudTrail(strings.NewReader(""), o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

const untoldBucket = "requestParameters: it can't be told in which bucket the object lies"

// TestReadOf: an access to a recording is kept however the record names the object, and whatever carried
// the record here.
func TestReadOf(t *testing.T) {
	object := `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::example-recordings/calls/CA1.mp3"},{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::example-recordings"}]`
	bucket := `[{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::example-recordings"}]`
	point := `"arn:aws:s3:us-east-1:111122223333:accesspoint/example-ap`
	read := func(parameters, resources string) string {
		return set(set(oneRead, "requestParameters", parameters), "resources", resources)
	}
	plain := read(`{"bucketName":"example-recordings","key":"calls/CA1.mp3"}`, `null`)
	for name, in := range map[string]string{
		"plain":                   plain,
		"the bucket's ARN":        read(`{"bucketName":"arn:aws:s3:::example-recordings","key":"calls/CA1.mp3"}`, `null`),
		"an access point":         read(`{"bucketName":`+point+`","key":"calls/CA1.mp3"}`, object),
		"an access point, bucket": read(`{"bucketName":`+point+`","key":"calls/CA1.mp3"}`, bucket),
		"an alias":                read(`{"bucketName":"example-ap-abc-s3alias","key":"calls/CA1.mp3"}`, object),
		"nothing asked":           read(`null`, object),
		"asked as text":           read(`"{\"bucketName\":\"example-recordings\",\"key\":\"calls/CA1.mp3\"}"`, `null`),
		"asked as other text":     read(`"bucketName=…"`, object),
		"lists of one":            read(`{"bucketName":["example-recordings"],"key":["calls/CA1.mp3"]}`, `null`),
		"one resource":            read(`{}`, `{"type":"AWS::S3::Object","arn":"arn:aws:s3:::example-recordings/calls/CA1.mp3"}`),
		"a copy by an access point": set(set(oneCopy, "requestParameters", `{"bucketName":"example-out","key":"x","x-amz-copy-source":`+point+`/object/calls/CA1.mp3"}`), "resources",
			`[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::example-out/x"},{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::example-recordings/calls/CA1.mp3"}]`),
		"odd people":        set(set(plain, "userIdentity", `{"type":{"a":1},"arn":"`+strings.Repeat("a", 257)+`"}`), "sourceIPAddress", `7`),
		"nobody":            set(plain, "userIdentity", `"root"`),
		"by an event bus":   `{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","detail":` + plain + `}`,
		"as a message":      `{"id":"1","timestamp":1,"message":` + strconv.Quote(plain) + `}`,
		"as log events":     `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":` + strconv.Quote(plain) + `}]}`,
		"packed log events": packedLog(t, `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":`+strconv.Quote(plain)+`}]}`),
		"by a topic":        `{"Type":"Notification","Message":` + strconv.Quote(`{"Records":[`+plain+`]}`) + `}`,
	} {
		items, r := trailItems(t, in, trailOptions(""))
		if len(items) != 1 || items[0].Err != nil || len(items[0].Sub) != 1 {
			t.Errorf("%s: %s %v", name, told(items), r.notes)
			continue
		}
		want := domain.KeyedID(make([]byte, 32), "object", "example-recordings/calls/CA1.mp3", "stream/interaction", 0)
		if got := items[0].Sub[0].Stream.Name.ID; got != want {
			t.Errorf("%s: another object", name)
		}
	}
	items, _ := trailItems(t, packedLog(t, `{"messageType":"DATA_MESSAGE","logEvents":[{"message":`+strconv.Quote(plain)+`},{"message":`+strconv.Quote(set(plain, "eventName", `"PutObject"`))+`}]}`)+
		"\n"+packedLog(t, `{"messageType":"CONTROL_MESSAGE"}`), trailOptions(""))
	if len(items) != 3 || len(items[0].Sub) != 1 || items[1].Pass == "" || items[1].Line != 1 || items[2].Pass != "not ours: a message without records" {
		t.Errorf("%+v", items)
	}
}

func packedLog(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return `{"awslogs":{"data":"` + base64.StdEncoding.EncodeToString(out.Bytes()) + `"}}`
}

// TestWhoseRecording: by the key's pattern an access belongs to its tenant and its call.
func TestWhoseRecording(t *testing.T) {
	l := newShop(t)
	calls, err := CTM(strings.NewReader(flat(oneCall)), CTMOptions{Tenant: shop, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	imported(t, l, calls, "kept 1, duplicate 0, refused 0")
	var call domain.Stream
	for _, k := range history(t, l) {
		if k.Stream.Noun == "interaction" {
			call = k.Stream
		}
	}
	o := CloudTrailOptions{Buckets: []string{"example-recordings"}, NamingKey: func(tenant domain.ID) ([]byte, error) { return l.Vault.NamingKey(t.Context(), tenant) },
		Interaction: func(_ domain.ID, tail []byte) (domain.ID, bool, error) {
			return call.ID, bytes.Equal(call.ID[domain.TimePrefix:], tail), nil
		}}
	if o.Keys, err = ParseKeys("calls/{tenant}/*/{id}.mp3"); err != nil {
		t.Fatal(err)
	}
	read := func(in string) Reader {
		r, err := CloudTrail(strings.NewReader(in), o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	at := func(key, id string) string {
		return set(set(oneRead, "requestParameters", `{"bucketName":"example-recordings","key":"`+key+`"}`), "eventID", `"`+id+`"`)
	}
	own := "calls/" + shop.String() + "/2026/"
	imported(t, l, read(oneRead+"\n"+at(own+"CA43.mp3", "b")+"\n"+at(own+"CA43.mp3", "c")), "kept 3, duplicate 0, refused 0")
	imported(t, l, read(oneRead+"\n"+at(own+"CA43.mp3", "b")), "kept 0, duplicate 2, refused 0")
	var at42, at43 []domain.Stream
	for _, k := range history(t, l) {
		switch {
		case k.Event != domain.Event(domain.InteractionDownloaded{Field: "AUDIO"}):
		case k.Stream == call:
			at42 = append(at42, k.Stream)
		default:
			at43 = append(at43, k.Stream)
		}
	}
	if len(at42) != 1 || len(at43) != 2 || at43[0] != at43[1] {
		t.Errorf("%v %v", at42, at43)
	}
	for key, want := range map[string]string{
		"elsewhere/CA42.mp3": "requestParameters.key: this key does not fit the pattern",
		"calls/" + strings.Repeat("a", 32) + "/2026/CA42.mp3": "tenant: unknown tenant",
	} {
		if out := imported(t, l, read(at(key, "d")), "kept 0, duplicate 0, refused 1"); !strings.Contains(out, want) {
			t.Errorf("%s: %s", key, out)
		}
	}
	failing := o
	failing.Interaction = func(domain.ID, []byte) (domain.ID, bool, error) {
		return domain.ID{}, false, fmt.Errorf("the views are gone")
	}
	r, err := CloudTrail(strings.NewReader(oneRead), failing)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), l, r, RunOptions{By: machine}); err == nil || !strings.Contains(err.Error(), "the views are gone") {
		t.Error(err)
	}
}

func TestKeyPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, key, id string }{
		{"{id}.mp3", "CA42.mp3", "CA42"},
		{"{id}.mp3", "CA42.wav", ""},
		{"{id}.mp3", "x/CA42.mp3", ""},
		{"**/{id}.*", "a/b/CA42.mp3", "CA42"},
		{"*/{id}", "a/b/CA42", ""},
		{"a.b/{id}", "aXb/CA42", ""},
		{"{id}", "no spaces", ""},
	} {
		k, err := ParseKeys(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.match(c.key)["id"]; got != c.id {
			t.Errorf("%s of %s: %q, expected %q", c.pattern, c.key, got, c.id)
		}
	}
	for _, bad := range []string{"", "calls/*.mp3", "{id}/{id}", "{date}/{id}", "{id", strings.Repeat("x", 1025)} {
		if _, err := ParseKeys(bad); err == nil {
			t.Errorf("%.20q is taken", bad)
		}
	}
}

// TestNameTail: the tail of a name is the same at every time, and another for another thing.
func TestNameTail(t *testing.T) {
	naming := make([]byte, 32)
	tail := ledger.NameTail(naming, "ctm", "CA42", "interaction")
	id := domain.DeriveID(naming, clock(), "ctm", "CA42", "stream/interaction", 0)
	if !bytes.Equal(id[domain.TimePrefix:], tail) {
		t.Error("a name can't be found again")
	}
	if bytes.Equal(ledger.NameTail(naming, "ctm", "CA43", "interaction"), tail) {
		t.Error("two calls are one")
	}
}
