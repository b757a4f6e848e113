package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"muniment/domain"
)

// TestClosedFormatter: whatever a line is given, nothing that looks like a person comes out, and
// keys that nobody allowed are dropped.
func TestClosedFormatter(t *testing.T) {
	var out bytes.Buffer
	l := newLogger(&out, false, false)
	id := domain.NewID()
	l.WithField("caller", "Example Caller").WithField("error", errors.New("RCPT TO:<person@example.com> refused")).
		WithField("reason", map[string]string{"to": "+12025550143"}).WithField("notice", id).WithField("address", "127.0.0.1:8080").
		WithField("event", domain.Clear("Example Person")).
		Warnf("dialled %s from 203.0.113.7 for %v", "+46 8 465 004 01", domain.Clear("Example Caller"))
	line := out.String()
	for _, leak := range []string{"Example", "person@", "2025550143", "465 004", "203.0.113"} {
		if strings.Contains(line, leak) {
			t.Errorf("%q stands in the log: %s", leak, line)
		}
	}
	for _, kept := range []string{id.String(), "127.0.0.1:8080", "dropped=1", "WARN"} {
		if !strings.Contains(line, kept) {
			t.Errorf("%q is missing: %s", kept, line)
		}
	}
	if strings.Count(line, "\n") != 1 {
		t.Errorf("one entry, one line: %q", line)
	}
	if s := fmt.Sprintf("%v %+v %s", domain.Clear("x"), domain.Clear("x"), domain.Clear("x")); strings.Contains(s, "x") {
		t.Error(s)
	}
}
