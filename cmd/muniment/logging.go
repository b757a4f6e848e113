package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"muniment/domain"
)

// newLogger logs through the closed formatter: nothing but the keys below, nothing that looks like a
// person. quiet logs errors only; brief is for commands, where information is the command's output.
func newLogger(w io.Writer, quiet, brief bool) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(w)
	l.SetFormatter(closed{})
	switch {
	case quiet:
		l.SetLevel(logrus.ErrorLevel)
	case brief:
		l.SetLevel(logrus.WarnLevel)
	}
	return l
}

// closed is the last stop before the log, so it fails closed: a hook that fails lets a line through
// in the clear, a formatter that fails lets no line through.
type closed struct{}

// allowed are the keys a line may have. Values of others are dropped and counted.
var allowed = []string{"error", "reference", "address", "path", "method", "status", "duration", "seq", "event", "notice", "tenant", "stream", "kind", "rule", "final", "outbox", "message", "attempt",
	"reason", "level", "count", "topic", "handler", "subscriber_name", "consumer_group", "message_uuid", "room", "version", "format", "channel", "code", "links"}

// people are patterns of what must not be in a log: addresses, numbers, network addresses.
var people = regexp.MustCompile(`[^\s"'<>()\[\],;:=]+@[^\s"'<>()\[\],;:=]+|\+?\d[\d ()./-]{7,}\d|\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?`)

// Format is logrus' hook.
func (closed) Format(e *logrus.Entry) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %-5s %s", e.Time.UTC().Format(time.RFC3339), strings.ToUpper(e.Level.String()), scrub(e.Message))
	keys := make([]string, 0, len(e.Data))
	dropped := 0
	for k := range e.Data {
		if slices.Contains(allowed, k) {
			keys = append(keys, k)
		} else {
			dropped++
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, " %s=%q", k, scalar(k, e.Data[k]))
	}
	if dropped > 0 {
		fmt.Fprintf(&b, " dropped=%d", dropped)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// scalar renders a value. Our own addresses are numbers and dots by nature and may stay.
func scalar(key string, v any) string {
	switch v := v.(type) {
	case int, int64, int32, bool, time.Duration:
		return fmt.Sprint(v)
	case string:
		if key == "address" || key == "seq" || key == "duration" {
			return v
		}
		return scrub(v)
	case domain.ID, domain.Stream: // random, and never a person's by themselves
		return fmt.Sprint(v)
	case error:
		return scrub(v.Error())
	}
	return fmt.Sprintf("(%T)", v)
}

func scrub(s string) string { return people.ReplaceAllString(s, "[personal]") }
