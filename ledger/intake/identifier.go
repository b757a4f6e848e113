package intake

import (
	"errors"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"

	"muniment/domain"
	"muniment/ledger"
)

var (
	errNumber = errors.New("no telephone number that can be dialled: expected it with its country code, such as +46846500400")
	errRegion = errors.New("no telephone number of its country: without a + it needs the country it belongs to")
	errEmail  = errors.New("no e-mail address: expected name@domain")
)

// ParseNumber reads a telephone number as people and systems write it. region is the country (ISO
// 3166-1) that numbers without + belong to, "" for none. The same person is found again only by the
// same digits, so what can't be made E.164 is an error and never guessed at.
func ParseNumber(s, region string) (ledger.Identifier, error) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "tel:")
	for _, c := range s {
		if !unicode.IsDigit(c) && !strings.ContainsRune("+ ()-./\u00a0\u2010\u2011\u2013", c) {
			return ledger.Identifier{}, errNumber
		}
	}
	international := strings.HasPrefix(s, "+")
	if !international && region == "" {
		return ledger.Identifier{}, errNumber
	}
	n, err := phonenumbers.Parse(s, region)
	// A number with its country code may lie in a range that is newer than our tables; one without
	// is made up of two halves that must fit each other.
	switch {
	case err != nil || international && !phonenumbers.IsPossibleNumber(n):
		return ledger.Identifier{}, errNumber
	case !international && !phonenumbers.IsValidNumber(n):
		return ledger.Identifier{}, errRegion
	}
	country := phonenumbers.GetRegionCodeForNumber(n)
	if !isCountry(country) { // 001: the number is of no country
		country = ""
	}
	return ledger.Identifier{Type: domain.Phone, Value: phonenumbers.Format(n, phonenumbers.E164), Country: country}, nil
}

// numbers remembers the numbers of one input: the same are written again and again, and reading one
// takes 15 µs. What can't be read is not remembered.
type numbers map[writtenNumber]ledger.Identifier

type writtenNumber struct{ text, region string }

// mostNumbers bounds what is remembered; then it begins anew.
const mostNumbers = 4096

func (n numbers) parse(s, region string) (ledger.Identifier, error) {
	if i, ok := n[writtenNumber{s, region}]; ok {
		return i, nil
	}
	i, err := ParseNumber(s, region)
	if err == nil {
		if len(n) >= mostNumbers {
			clear(n)
		}
		n[writtenNumber{s, region}] = i
	}
	return i, err
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
