package intake

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// listLanguages are the languages whose country names and month names are known.
var listLanguages = []language.Tag{language.English, language.German, language.French, language.Spanish, language.Dutch, language.Swedish, language.Korean,
	language.Italian, language.Portuguese, language.Danish, language.Norwegian, language.Finnish, language.Polish, language.Japanese, language.Chinese}

// countries are the names and codes of states and unions of states, folded.
var countries = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for _, name := range strings.Split(`us, usa, u.s, u.s.a, the us, the usa, united states, the united states, united states of america, america, uk, u.k, the uk,
great britain, england, scotland, wales, northern ireland, eu, e.u, the eu, european union, eea, european economic area, europe, europa, asia, africa, apac, emea,
latin america, north america, south america, worldwide, global, international, russia, korea, south korea, republic of korea, czech republic, netherlands, the netherlands,
holland, republic of ireland, uae, hong kong, taiwan, vietnam, turkey, usa, ue, unión europea, union européenne, europese unie, vs, vereinigte staaten, estados unidos,
ee.uu, eeuu, états-unis, etats-unis, europäische union, verenigde staten, großbritannien, royaume-uni, reino unido, 미국, 대한민국, 한국, 영국, 일본`, ",") {
		known[placeFold(name)] = true
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string(a) + string(b))
			if err != nil || !region.IsCountry() && region.String() != "EU" {
				continue
			}
			known["code "+region.String()] = true
			for _, l := range listLanguages {
				if name := display.Regions(l).Name(region); name != "" {
					known[placeFold(name)] = true
				}
			}
		}
	}
	delete(known, "")
	return known
})

func placeFold(s string) string {
	return strings.Trim(strings.ReplaceAll(fold(s), " & ", " and "), " .")
}

func knownPlace(s string) bool {
	s = strings.TrimSpace(strings.Trim(s, " ."))
	return countries()[placeFold(s)] || len(s) == 2 && countries()["code "+s]
}

var (
	// states are the short forms of states of the USA that follow a town; several are countries' codes, too.
	states = strings.Fields(`AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA
WA WV WI WY DC D.C. D.C ON BC QC NSW VIC QLD`)
	// inverted are the parts of official names that stand behind a comma: "Korea, Republic of".
	inverted = regexp.MustCompile(`(?i)^(?:the )?(?:(?:\S+ ){0,3}(?:republic|states|state|province|kingdom|sultanate|emirate)(?: of(?: the| china)?)?|d\.? ?c\.?|sar(?: china)?|s\.a\.r\.(?: china)?)$`)
	cloud    = regexp.MustCompile(`^[a-z]{2,}(?:-[a-z]+)*-?[a-z]*-?\d[a-z]?$`)
	joined   = regexp.MustCompile(`(?i)\s+(?:and|und|et|y|e|en|och|og|or|oder|ou|o|of|eller)\s+|\s*&\s*|\s*/\s*|\s+\+\s+|\s+및\s+`)
	noPlace  = regexp.MustCompile(`(?i)^(?:n\.? ?/? ?a\.?|[-–—?.]+|none|not applicable|nicht zutreffend|entfällt|k\.? ?a\.?|sans objet|s/o|no aplica|n\.v\.t\.|unknown|tbd|tbc|t\.b\.d\.|` +
		`to be (?:named|determined|decided|confirmed|announced)|to verify|해당 ?없음|없음)$`)
	abbreviated = regexp.MustCompile(`\.[^.\s]+\.$|(?:^|\s)\pL\.$`)
)

// places splits a text that names several places. What stands in brackets belongs to the place before
// it. Parts between commas are one place until a country is reached: "Frankfurt, Germany" is one,
// "Ireland, Sweden" two.
func places(text string) (list []string) {
	for _, line := range outside(text, func(r rune) bool { return strings.ContainsRune(";\n·•|、", r) }) {
		line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "-–*"))
		if len([]rune(line)) > 1000 {
			list = append(list, line) // refused as too long
			continue
		}
		var parts []string
		for _, p := range outside(line, func(r rune) bool { return r == ',' || r == '，' }) {
			parts = append(parts, conjoined(clean(p))...)
		}
		list = append(list, grouped(parts)...)
	}
	kept := list[:0]
	for _, p := range list {
		if p = unstopped(clean(p)); p != "" && !noPlace.MatchString(p) && !slices.Contains(kept, p) {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// conjoined splits "Ireland and Sweden" and "US / EU", not "Bosnia and Herzegovina", nor a sentence.
func conjoined(part string) []string {
	part = strings.TrimSpace(part)
	for _, w := range []string{"and ", "und ", "et ", "y ", "en ", "och ", "& ", "or "} { // "A, B, and C"
		if rest, found := strings.CutPrefix(part, w); found {
			part = rest
		}
	}
	if knownPlace(part) || noPlace.MatchString(part) {
		return []string{part}
	}
	depth, from := 0, 0
	var pieces []string
	cuts := joined.FindAllStringIndex(part, 64)
	for i, r := range part {
		switch {
		case strings.ContainsRune("([{（", r):
			depth++
		case strings.ContainsRune(")]}）", r):
			depth = max(0, depth-1)
		}
		for _, cut := range cuts {
			if cut[0] == i && depth == 0 && i >= from {
				pieces, from = append(pieces, part[from:i]), cut[1]
			}
		}
	}
	pieces = append(pieces, part[from:])
	for _, p := range pieces {
		words := len(strings.Fields(p))
		if words == 0 || words > 3 && !knownPlace(withoutBrackets(p)) {
			return []string{part}
		}
	}
	return pieces
}

// grouped joins the parts between commas that are one place.
func grouped(parts []string) (list []string) {
	var open []string // parts before their country
	flush := func() {
		list = append(list, open...)
		open = nil
	}
	for _, p := range parts {
		p = strings.TrimSpace(p)
		switch {
		case p == "":
		case inverted.MatchString(p) && len(open) == 0 && len(list) > 0 && !knownPlace(p):
			list[len(list)-1] += ", " + p // Korea, Republic of
		case slices.Contains(states, p) && len(open) > 0, inverted.MatchString(p) && len(open) > 0 && !knownPlace(p):
			open[len(open)-1] += ", " + p
		case knownPlace(withoutBrackets(p)):
			var town []string
			for _, o := range open {
				if !cloud.MatchString(o) { // the country says it better
					town = append(town, o)
				}
			}
			list, open = append(list, strings.Join(append(town, p), ", ")), nil
		default:
			open = append(open, p)
		}
	}
	flush()
	return list
}

var bracketed = regexp.MustCompile(`\s*[(\[（][^()\[\]（）]*[)\]）]`)

func withoutBrackets(s string) string { return strings.TrimSpace(bracketed.ReplaceAllString(s, "")) }

// outside splits a text where no bracket is open.
func outside(s string, at func(rune) bool) (parts []string) {
	depth, from := 0, 0
	for i, r := range s {
		switch {
		case strings.ContainsRune("([{（", r):
			depth++
		case strings.ContainsRune(")]}）", r):
			depth = max(0, depth-1)
		case depth == 0 && at(r):
			parts, from = append(parts, s[from:i]), i+len(string(r))
		}
	}
	return append(parts, s[from:])
}

// unstopped takes the full stop from the end of a text, not from an abbreviation's.
func unstopped(s string) string {
	if strings.HasSuffix(s, ".") && !abbreviated.MatchString(s) {
		return strings.TrimSpace(strings.TrimSuffix(s, "."))
	}
	return s
}
