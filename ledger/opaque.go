package ledger

import (
	"net/url"
	"strings"

	"muniment/domain"
)

// Opaque refuses ids that say who somebody is. What an event's id and stream are made of can't be erased
// with the person: whoever holds the naming key could try numbers and addresses until one fits.
func (s *Submission) Opaque() error {
	for _, id := range []struct{ field, text string }{{"sourceId", s.SourceID}, {"of.id", s.Stream.ID}} {
		if id.text == "" {
			continue
		}
		plain := unescaped(id.text)
		for _, value := range s.identifiers() {
			if names(plain, value) {
				return &domain.Refusal{Code: domain.Invalid, Rule: "intake.opaque", Article: "Art. 5(1)(c), 17 GDPR", Field: id.field,
					Message: "this id holds the person's number or e-mail address, and ids can't be erased: send an id that says nothing about anybody"}
			}
		}
	}
	return nil
}

// identifiers are the numbers and addresses that a submission holds, of whomever.
func (s *Submission) identifiers() (all []string) {
	add := func(value string) {
		if strings.Contains(value, "@") || strings.HasPrefix(value, "+") {
			all = append(all, value)
		}
	}
	for _, c := range s.Subjects {
		for _, i := range c.Identifiers {
			value := i.Value
			if i.Type == domain.Login {
				_, value, _ = strings.Cut(value, "/")
			}
			add(value)
		}
	}
	add(s.Actor.Login)
	add(s.Actor.Email)
	_, personal := domain.Split(s.Event)
	for _, p := range personal {
		add(p.Value)
	}
	return all
}

// names reports whether a text holds a number or an address in a usual spelling.
func names(plain, value string) bool {
	if strings.Contains(value, "@") {
		return len(value) >= len("a@b.c") && strings.Contains(plain, strings.ToLower(value))
	}
	national := nationalDigits(value)
	return len(national) >= 7 && strings.Contains(bare(plain), national)
}

// unescaped is a text in small letters, without the escapes of URLs; twice, for those escaped twice.
func unescaped(s string) string {
	for range 2 {
		if plain, err := url.PathUnescape(s); err == nil {
			s = plain
		}
	}
	return strings.ToLower(s)
}

// bare leaves out what people write between the digits of a number.
func bare(s string) string {
	return strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "", "_", "", "\u00a0", "").Replace(s)
}

// twoDigitCodes are the countries' codes of two digits; those that begin with 1 or 7 have one, others three.
const twoDigitCodes = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "

// nationalDigits are the digits of an E.164 number behind the country's code: every spelling has them.
func nationalDigits(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	switch {
	case len(digits) < 4:
		return ""
	case digits[0] == '1' || digits[0] == '7':
		return digits[1:]
	case strings.Contains(twoDigitCodes, " "+digits[:2]+" "):
		return digits[2:]
	}
	return digits[3:]
}
