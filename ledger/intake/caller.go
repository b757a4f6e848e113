package intake

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"muniment/domain"
	"muniment/ledger"
)

// caller is what a field for a telephone number holds. Exactly one of number, nobody and why is set.
type caller struct {
	number ledger.Identifier // with a Value: the first number that stands there
	nobody bool              // the field says that there is none: withheld, or a placeholder
	why    string            // why nothing in it is a number that can be dialled
	more   int               // further numbers behind the first
	label  bool              // words stand beside the number
}

// Why a field gives no number. They are told in the summary of an import.
const (
	shortNumber  = "a short code or extension"
	otherAddress = "a name, or an address of another network"
	oddNumber    = "no number that can be dialled (one without + needs the country: --region, or region in the request)"
)

// readCaller reads a field as people, telephones and exchanges write it. region is the country (ISO
// 3166-1) that numbers without + belong to, "" for none. A person is found again only by the same
// digits, so what can't be made E.164 is never guessed at.
func readCaller(written, region string) caller {
	s := plainCharacters(written)
	s, network := bareAddress(s)
	switch {
	case saysWithheld(s) || !strings.ContainsFunc(s, isLetterOrDigit):
		return caller{nobody: true}
	case network || !strings.ContainsAny(s, "0123456789"):
		return caller{why: otherAddress}
	}
	var found caller
	for _, part := range numbersIn(s) {
		c := oneNumber(part, region)
		switch {
		case c.number.Value == "" && found == (caller{}):
			found = c // the last word, unless a number follows
		case c.number.Value == "":
		case found.number.Value == "":
			c.more = found.more
			found = c
		case c.number != found.number:
			found.more++
		}
	}
	if found == (caller{}) { // digits, but in no place where a number may stand
		found.why = oddNumber
	}
	return found
}

// plainCharacters takes off what changes nothing but how a text looks: marks of direction, characters
// without width, other scripts' digits, wide forms and the many dashes and spaces.
func plainCharacters(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 0x80 && unicode.Is(unicode.Nd, r):
			return '0' + digitValue(r)
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) && r >= 0xfe00 && r <= 0xfe0f:
			return -1
		case unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("[]{}", r):
			return ' '
		case unicode.Is(unicode.Pd, r) || r == '\u2212':
			return '-'
		}
		return r
	}, norm.NFKC.String(s))
	return strings.Trim(s, " '\"`´‘’“”=")
}

// digitValue counts from the zero of a script: the digits of each stand in tens.
func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

var scheme = regexp.MustCompile(`^(?i)([a-z][a-z0-9.+-]*) ?: ?(?://)?`)

// phoneSchemes are the words before a colon that a telephone number follows.
var phoneSchemes = strings.Fields("tel sip sips callto sms smsto whatsapp phone telephone mobile cell fax call number from caller")

// bareAddress takes off what stands around an address: a displayed name and angle brackets, a scheme,
// a host and parameters. network is true for an address of another network than the telephone's.
func bareAddress(s string) (bare string, network bool) {
	if open := strings.IndexByte(s, '<'); open >= 0 {
		if inside, _, closed := strings.Cut(s[open+1:], ">"); closed && strings.TrimSpace(inside) != "" {
			s = strings.TrimSpace(inside)
		}
	}
	if found := scheme.FindStringSubmatch(s); found != nil {
		known := false
		for _, p := range phoneSchemes {
			known = known || strings.EqualFold(p, found[1])
		}
		if !known {
			return s[len(found[0]):], !saysWithheld(s[len(found[0]):])
		}
		s = s[len(found[0]):]
		if plain, err := url.PathUnescape(s); err == nil {
			s = plain
		}
	}
	user, host, hasHost := strings.Cut(s, "@")
	user, parameters, _ := strings.Cut(user, ";")
	if hasHost {
		user, _, _ = strings.Cut(user, ":") // a password
		if saysWithheld(host) {
			return "", false
		}
	}
	if context, ok := strings.CutPrefix(strings.ToLower(parameters), "phone-context=+"); ok {
		return "+" + context + user, false
	}
	if parameters != "" && !hasHost && !strings.Contains(parameters, "=") { // no parameter: what else stands there
		user += ";" + parameters
	}
	return user, false
}

// between is what may stand between two numbers in one field.
var between = regexp.MustCompile(`(?i)\s*(?:[;,|&\n]|\s/\s|\s(?:or|and|oder|und|ou|et|eller|och|y|o)\s)\s*|([0-9)])\s*/?\s*\+`)

// numbersIn cuts a field at what stands between numbers. A pause and the keys pressed behind it, as in
// +12025550143,,22#, are no number of their own.
func numbersIn(s string) (parts []string) {
	for {
		at := between.FindStringSubmatchIndex(s)
		if at == nil {
			return append(parts, s)
		}
		end, next := at[0], at[1]
		if at[2] >= 0 { // a digit, then a +
			end, next = at[3], at[1]-1
		}
		if strings.ContainsFunc(s[:end], unicode.IsDigit) {
			parts = append(parts, s[:end])
		}
		s = s[next:]
		if len(parts) > 0 && (s == "" || s[0] == ',' || pressedKeys.MatchString(s)) {
			return parts
		}
	}
}

var (
	pressedKeys = regexp.MustCompile(`^[,;pw ]*[0-9*]{0,6}#?$`)
	// extension is what may follow a number: a line behind an exchange, or a word about the number.
	extension = regexp.MustCompile(`(?i)^[\s.,;:/(-]*(?:(?:x|#|ext|extn|extension|extensión|poste|int|interno|anexo|ramal|durchwahl|dw|app|apparat|nst|ankn|anknytning|lokal|toestel|doel|доб)[\s.:=]*[0-9]{1,7}[#)]?|[(\[]?[\p{L}][\p{L} .]*[)\]]?)$`)
	// written is a number as it is written: its digits and what stands between them.
	writtenNumberForm = regexp.MustCompile(`^(?:[\p{L} .:(\[]*?)(\(?\+?\s*\(?[0-9][0-9 ().\-/\[\]*]*)`)
)

// oneNumber reads what should be one number, perhaps with an extension.
func oneNumber(s, region string) caller {
	s = strings.TrimSpace(s)
	found := writtenNumberForm.FindStringSubmatchIndex(s)
	if found == nil {
		return caller{why: oddNumber}
	}
	head, rest := s[found[2]:found[3]], s[found[3]:]
	if found[2] > 0 && !strings.HasSuffix(s[:found[2]], " ") && !strings.HasSuffix(s[:found[2]], ":") && !strings.HasSuffix(s[:found[2]], ".") {
		return caller{why: otherAddress} // agent1
	}
	if rest != "" && !extension.MatchString(rest) && !pressedKeys.MatchString(rest) {
		return caller{why: oddNumber}
	}
	digits := onlyDigits(head)
	if isPlaceholder(digits) {
		return caller{nobody: true}
	}
	c := dialled(head, digits, region)
	c.label = found[2] > 0 || rest != "" && !strings.ContainsFunc(rest, unicode.IsDigit)
	return c
}

// dialled makes a number E.164.
func dialled(head, digits, region string) caller {
	if plus := strings.IndexByte(head, '+'); plus >= 0 {
		return international(head[plus:])
	}
	if region != "" {
		n, err := phonenumbers.Parse(strings.Trim(head, " .-/"), region)
		// One without its country code is made up of two halves that must fit each other.
		if err == nil && phonenumbers.IsValidNumber(n) {
			return numbered(n)
		}
	}
	if rest, ok := strings.CutPrefix(digits, "00"); ok && !strings.HasPrefix(rest, "0") {
		return international("+" + rest)
	}
	if len(digits) <= 6 {
		return caller{why: shortNumber}
	}
	return caller{why: oddNumber}
}

// international reads a number with its country code. It may lie in a range that is newer than our tables.
func international(s string) caller {
	n, err := phonenumbers.Parse(s, "")
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return caller{why: oddNumber}
	}
	return numbered(n)
}

func numbered(n *phonenumbers.PhoneNumber) caller {
	if national := phonenumbers.GetNationalSignificantNumber(n); isPlaceholder(national) {
		return caller{nobody: true}
	}
	// Written out, a number must be read as itself again, or whoever is asked for by it is not found: of some that
	// can't be dialled each reading takes another digit off.
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	if again, err := phonenumbers.Parse(e164, ""); err != nil || phonenumbers.Format(again, phonenumbers.E164) != e164 {
		return caller{why: oddNumber}
	}
	country := phonenumbers.GetRegionCodeForNumber(n)
	if !isCountry(country) { // 001: the number is of no country
		country = ""
	}
	return caller{number: ledger.Identifier{Type: domain.Phone, Value: e164, Country: country}}
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
