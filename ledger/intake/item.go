package intake

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// Item is what one line of the input became, or one object of a list.
type Item struct {
	Line   int   // the line; in a list of objects, the number of the object; from 1
	Offset int64 // bytes of the input read when the item was complete
	Sub    []*ledger.Submission
	Err    *domain.Refusal // why the line is refused; then Sub is empty
	Pass   string          // why it is passed over: it is in order, and nothing for this ledger
}

// Reader gives the items of an input, in order, then io.EOF. It holds one item at a time, whatever
// the size of the input. Any other error means that the rest can't be read.
type Reader interface {
	Next() (Item, error)
}

// dropper is a Reader that leaves foreign fields out and counts them by name.
type dropper interface {
	Dropped() map[string]int
}

// noter is a Reader that has something to tell about many lines at once: what, and how often.
type noter interface {
	Notes() map[string]int
}

// ruleText marks the refusal of a text that is no JSON, as against one with a wrong field.
const ruleText = "input.text"

func unreadable(format string, args ...any) *domain.Refusal {
	return &domain.Refusal{Code: domain.Invalid, Rule: ruleText, Message: fmt.Sprintf(format, args...)}
}

// refusal makes the answer for a line out of what its reading ended with. prefix is the member that
// the error's path begins in, with its dot.
func refusal(prefix string, err error) *domain.Refusal {
	var field *domain.FieldError
	if errors.As(err, &field) {
		return domain.Malformed(safePath(prefix+field.Path), "%s", field.Msg)
	}
	var no *domain.Refusal
	if errors.As(err, &no) {
		return no
	}
	return domain.Malformed(strings.TrimSuffix(prefix, "."), "%s", err)
}

var safeName = regexp.MustCompile(`^[A-Za-z0-9_]{1,40}$`)

// safePath replaces the parts of a dotted path that look unlike the name of a field: a sender who
// mistakes values for names must not find them in a log.
func safePath(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		if !safeName.MatchString(p) || len(p) > 4 && strings.Trim(p, "0123456789") == "" {
			parts[i] = "?"
		}
	}
	return strings.Join(parts, ".")
}
