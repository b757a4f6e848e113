package domain

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A personal value prints as [personal], whatever is done with it short of Reveal.
func TestPersonalPrintsMasked(t *testing.T) {
	const secret = "+46846500405"
	p := Clear(secret)
	inside := struct {
		P    Personal
		Many []Personal
		Map  map[string]*Personal
		Any  any
	}{p, []Personal{p}, map[string]*Personal{"a": &p}, p}
	for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %o %b %c %U %e %f %g %t %T %40v %-40s %.3s %z") {
		for _, v := range []any{p, &p, inside, []any{inside}, errors.Join(errors.New("wrapped"), fmt.Errorf("%v", p))} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, secret) || strings.Contains(got, secret[:6]) || strings.Contains(got, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s of %T tells the value: %s", verb, v, got)
			}
		}
	}
	if got := fmt.Sprintf("%v %s %d %+v", p, p, p, p); got != "[personal] [personal] [personal] [personal]" {
		t.Errorf("got %s", got)
	}
	for name, encode := range map[string]func(any) ([]byte, error){"json": json.Marshal, "xml": xml.Marshal} {
		if got, err := encode(ContactDesignated{Name: p, Email: p}); err != nil || strings.Contains(string(got), secret) || !strings.Contains(string(got), masked) {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
	if text, ok := p.Reveal(); !ok || text != secret {
		t.Error("Reveal gives the clear value")
	}
	if _, ok := Sealed().Reveal(); ok || !Sealed().Present() || Clear("").Present() {
		t.Error("a sealed value is there and not revealed; an empty one is absent")
	}
}

// fmt goes round the Formatter where a verb doesn't fit any value (%p, %w) and inside unexported
// fields; there only the value's own representation protects it.
func TestPersonalBehindFormatter(t *testing.T) {
	const secret = "+46846500405"
	hidden := struct{ p Personal }{Clear(secret)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%p", "%w"} {
		for _, v := range []any{hidden.p, hidden} {
			if got := fmt.Errorf(verb, v).Error(); strings.Contains(got, secret) {
				t.Errorf("%s of %T tells the value", verb, v)
			}
		}
	}
}
