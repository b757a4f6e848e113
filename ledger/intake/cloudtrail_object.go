package intake

import (
	"net/url"
	"slices"
	"strings"

	"muniment/domain/canon"
)

// stored names an object in a store.
type stored struct{ bucket, key string }

// whose answers whether an object was read in one of the buckets that recordings lie in.
type whose int

const (
	anothers whose = iota // certainly elsewhere
	ours
	untold // it may be ours, so it must not be passed over
)

// wasRead finds the object that was read; of a copy, the one it was made of. A record names it by its
// request, or, where the request went through an access point, only among its resources.
func (r *cloudTrail) wasRead(o object, operation string) (stored, whose) {
	request := parametersOf(o.members["requestParameters"])
	asked, into := stored{textOf(request["bucketName"]), textOf(request["key"])}, stored{}
	_, hasBucket := request["bucketName"]
	if operation == "CopyObject" || operation == "UploadPartCopy" {
		into = asked
		asked = copySource(textOf(request["x-amz-copy-source"]))
		_, hasBucket = request["x-amz-copy-source"]
	}
	asked.bucket = strings.TrimPrefix(asked.bucket, "arn:aws:s3:::")
	into.bucket = strings.TrimPrefix(into.bucket, "arn:aws:s3:::")
	if r.isOurs(asked.bucket) && asked.key != "" {
		return asked, ours
	}
	elsewhere := false
	for _, named := range resourcesOf(o.members["resources"]) {
		switch {
		case named == into || into.bucket == named.bucket && named.key == "":
		case !r.isOurs(named.bucket):
			elsewhere = elsewhere || named.key != ""
		case named.key != "":
			return named, ours
		case asked.key != "":
			return stored{named.bucket, asked.key}, ours
		default:
			return stored{}, untold
		}
	}
	if elsewhere || hasBucket && isBucketName(asked.bucket) && !r.isOurs(asked.bucket) {
		return stored{}, anothers
	}
	return stored{}, untold
}

func (r *cloudTrail) isOurs(bucket string) bool { return slices.Contains(r.o.Buckets, bucket) }

// parametersOf reads what was requested: an object, or its text.
func parametersOf(v any) map[string]any {
	if s, ok := v.(string); ok {
		v, _ = canon.ParseLenient([]byte(s))
	}
	m, _ := v.(map[string]any)
	return m
}

// textOf reads a parameter; some are lists of one.
func textOf(v any) string {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	s, _ := v.(string)
	return s
}

// copySource reads bucket/key, or an access point's ARN with the object behind it.
func copySource(s string) stored {
	s = strings.TrimPrefix(s, "/")
	s, _, _ = strings.Cut(s, "?versionId=")
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain
	}
	if strings.HasPrefix(s, "arn:") && !strings.HasPrefix(s, "arn:aws:s3:::") {
		point, key, _ := strings.Cut(s, "/object/")
		return stored{point, key}
	}
	s = strings.TrimPrefix(s, "arn:aws:s3:::")
	bucket, key, _ := strings.Cut(s, "/")
	return stored{bucket, key}
}

// resourcesOf lists the buckets and objects that a record names as touched.
func resourcesOf(v any) (all []stored) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, v := range list {
		m, _ := v.(map[string]any)
		for _, name := range []string{"ARN", "arn", "ARNPrefix"} {
			arn := textOf(m[name])
			partition, rest, ok := strings.Cut(arn, ":s3:::")
			if !ok || !strings.HasPrefix(partition, "arn:aws") {
				continue
			}
			bucket, key, _ := strings.Cut(rest, "/")
			if name == "ARNPrefix" { // of many objects
				key = ""
			}
			all = append(all, stored{bucket, key})
		}
	}
	return all
}

// isBucketName reports whether a name is a bucket's own: an access point has an ARN, or an alias that
// looks like a name but for its ending.
func isBucketName(s string) bool {
	return s != "" && !strings.ContainsAny(s, ":/") && !strings.HasSuffix(s, "-s3alias") && !strings.HasSuffix(s, "--ol-s3") && !strings.HasSuffix(s, ".mrap") &&
		!strings.HasSuffix(s, "--op-s3")
}
