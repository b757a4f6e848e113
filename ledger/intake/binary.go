package intake

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
)

// binary reads a CloudEvent in HTTP's binary mode: its context in headers, its data as the body.
type binary struct {
	*cloudEvents
	in     io.Reader
	header http.Header
	done   bool
}

const attributePrefix = "Ce-"

// isBinary reports whether a request's headers carry an event's context.
func isBinary(r *http.Request) bool { return r.Header.Get("Ce-Specversion") != "" }

func (b *binary) Next() (Item, error) {
	if b.done {
		return Item{}, io.EOF
	}
	b.done = true
	text, err := io.ReadAll(io.LimitReader(b.in, MaxText+1))
	if err != nil {
		return Item{}, err
	}
	item := Item{Line: 1, Offset: int64(len(text))}
	if len(text) > MaxText {
		item.Err = tooLong()
		return item, nil
	}
	members := map[string]any{}
	for name, values := range b.header {
		attribute, ok := strings.CutPrefix(name, attributePrefix)
		if !ok || len(values) == 0 {
			continue
		}
		plain, err := url.PathUnescape(values[0]) // the HTTP binding, 3.1.3.2
		if err != nil {
			return item, &unusable{http.StatusBadRequest, domain.Malformed("", "a ce- header is not percent-encoded rightly")}
		}
		members[strings.ToLower(attribute)] = plain
	}
	if s := b.header.Get("Content-Type"); s != "" {
		members["datacontenttype"] = s
	}
	if len(text) > 0 {
		if members["data"], err = canon.ParseLenient(text); err != nil {
			return item, &unusable{http.StatusBadRequest, unreadable("%s", err)}
		}
	}
	b.read(&item, object{members: members, fault: &fault{}})
	return item, nil
}
