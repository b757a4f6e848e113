package intake

import (
	"errors"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"muniment/domain"
	"muniment/ledger"
)

var (
	errNumber = errors.New("no telephone number that can be dialled: expected it with its country code, such as +46846500400")
	errRegion = errors.New("no telephone number of its country: without a + it needs the country it belongs to")
	errEmail  = errors.New("no e-mail address: expected name@domain")
)

// ParseNumber reads one telephone number as people and systems write it, strictly: whatever else stands
// in the text but an extension is an error. region is the country (ISO 3166-1) that numbers without +
// belong to, "" for none.
func ParseNumber(s, region string) (ledger.Identifier, error) {
	return readCaller(s, region).strict(region)
}

// strict is the number, or why the field must be one and isn't.
func (c caller) strict(region string) (ledger.Identifier, error) {
	switch {
	case c.number.Value != "" && c.more == 0 && !c.label:
		return c.number, nil
	case region != "" && c.why == oddNumber:
		return ledger.Identifier{}, errRegion
	}
	return ledger.Identifier{}, errNumber
}

// numbers remembers the numbers of one input: the same are written again and again, and reading one
// takes 15 µs.
type numbers map[writtenNumber]caller

type writtenNumber struct{ text, region string }

// mostNumbers bounds what is remembered; then it begins anew.
const mostNumbers = 4096

func (n numbers) read(s, region string) caller {
	c, known := n[writtenNumber{s, region}]
	if !known {
		c = readCaller(s, region)
		if len(n) >= mostNumbers {
			clear(n)
		}
		n[writtenNumber{s, region}] = c
	}
	return c
}

// ParseEmail reads one bare address. Its domain is lower-cased; what stands before the @ is for its own
// host alone to read, and stays as it was typed (RFC 5321, 2.4).
func ParseEmail(s string) (ledger.Identifier, error) {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return ledger.Identifier{}, errEmail
	}
	local := s[:at]
	if strings.ContainsFunc(local, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`@<>()[],;:\"`, r)
	}) {
		return ledger.Identifier{}, errEmail
	}
	host, err := idna.Lookup.ToASCII(s[at+1:])
	if err != nil || !strings.Contains(host, ".") || strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") {
		return ledger.Identifier{}, errEmail
	}
	// A letter that is none becomes a name that is none: written out it would not be found again.
	if again, err := idna.Lookup.ToASCII(host); err != nil || again != host {
		return ledger.Identifier{}, errEmail
	}
	return ledger.Identifier{Type: domain.Email, Value: local + "@" + strings.ToLower(host)}, nil
}

func isCountry(s string) bool { return domain.Reasons["country"].Check(s) == nil }
