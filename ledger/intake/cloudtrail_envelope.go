package intake

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"

	"muniment/domain"
	"muniment/domain/canon"
)

// maxUnpackedLog bounds what one packed batch of log events may unpack to.
const maxUnpackedLog = 16 << 20

// maxWrapped bounds how deeply records may be wrapped in one another.
const maxWrapped = 4

// unwrapped are the records that a text holds: itself, or those that an event bus, a queue or a log
// service sent it around with. It is the store's audit records that count, however they came.
func unwrapped(o object, depth int) (records []object, no *domain.Refusal) {
	if o.members["eventID"] != nil || o.members["eventName"] != nil {
		return []object{o}, nil
	}
	if depth > maxWrapped {
		return nil, unreadable("wrapped more than %d times: send the records themselves", maxWrapped)
	}
	if o.members["messageType"] == "CONTROL_MESSAGE" {
		return nil, nil
	}
	if logs, ok := o.members["awslogs"].(map[string]any); ok {
		tree, err := unpacked(logs["data"])
		if err != nil {
			return nil, domain.Malformed("awslogs.data", "%s", err)
		}
		return inside(tree, depth)
	}
	for _, name := range []string{"detail", "logEvents", "Records", "records", "Sns", "message", "Message", "body"} {
		switch v := o.members[name].(type) {
		case map[string]any, []any:
			return inside(v, depth)
		case string:
			tree, err := canon.ParseLenient([]byte(v))
			if err != nil {
				return nil, domain.Malformed(name, "expected an audit record as JSON")
			}
			return inside(tree, depth)
		}
	}
	return []object{o}, nil // no record, and refused as one
}

func inside(tree any, depth int) (records []object, no *domain.Refusal) {
	list, ok := tree.([]any)
	if !ok {
		list = []any{tree}
	}
	for _, v := range list {
		members, ok := v.(map[string]any)
		if !ok {
			return nil, unreadable("expected an audit record, or a list of them, inside")
		}
		more, no := unwrapped(object{members: members, fault: &fault{}}, depth+1)
		if no != nil {
			return nil, no
		}
		records = append(records, more...)
	}
	return records, nil
}

// unpacked reads a batch of log events as a log service sends it on: gzip in base64.
func unpacked(data any) (any, error) {
	s, _ := data.(string)
	packed, err := base64.StdEncoding.DecodeString(s)
	if err != nil || s == "" {
		return nil, errors.New("expected gzip in base64")
	}
	in, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, errors.New("expected gzip in base64")
	}
	text, err := io.ReadAll(io.LimitReader(in, maxUnpackedLog+1))
	if err != nil {
		return nil, errors.New("the gzip is cut short or corrupt")
	}
	if len(text) > maxUnpackedLog {
		return nil, errors.New("unpacks to more than 16 MiB: send it in parts")
	}
	tree, err := canon.ParseLenient(text)
	if err != nil {
		return nil, errors.New("expected JSON in it")
	}
	return tree, nil
}
