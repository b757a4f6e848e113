package domain

import "fmt"

// Personal is a value about a person. In an event that is about to be kept it holds the clear
// value; in one that was kept it is only known to be there, sealed in a box. It prints as
// [personal] everywhere, so that it can't slip into a log, an error or a page.
//
// In an event struct it carries two tags: class:"CONTACT" names the key class; owner:"1" the index
// in the envelope's subjects whose key seals it (0 when absent). A value in an element of a list belongs to
// the subject whose index stands in the element's own field that is tagged owner:"this". What is of a
// class [Class.OfThing] belongs to no subject.
type Personal struct {
	text   *string // a pointer: fmt prints unexported fields without asking, and then shows an address
	sealed bool
}

// Clear is a personal value in the clear, to be sealed. An empty text is an absent value.
func Clear(text string) Personal {
	if text == "" {
		return Personal{}
	}
	return Personal{text: &text}
}

// Sealed stands for a value that is kept in a box.
func Sealed() Personal { return Personal{sealed: true} }

// Present reports whether there is a value, clear or sealed.
func (p Personal) Present() bool { return p.sealed || p.text != nil }

// Reveal returns the clear value; ok is false when it is absent or sealed.
func (p Personal) Reveal() (text string, ok bool) {
	if p.text == nil {
		return "", false
	}
	return *p.text, true
}

const masked = "[personal]"

func (p Personal) String() string { return masked }

// Format prints [personal] for every verb.
func (p Personal) Format(f fmt.State, _ rune) { f.Write([]byte(masked)) }

// MarshalText prints [personal] in JSON and text encodings.
func (p Personal) MarshalText() ([]byte, error) { return []byte(masked), nil }
