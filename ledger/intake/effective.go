package intake

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"muniment/domain"
)

// months are the names of months, folded, in the languages whose lists are read. A short form is read
// when all names that begin with it are of one month.
var months = func() map[string]time.Month {
	all := map[string]time.Month{}
	for _, year := range []string{
		"january february march april may june july august september october november december",
		"januar februar marz april mai juni juli august september oktober november dezember",
		"janner feber maerz april mai juni juli august september oktober november dezember",
		"janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
		"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"januari februari maart april mei juni juli augustus september oktober november december",
		"januari februari mars april maj juni juli augusti september oktober november december",
		"gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		"janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
		"januar februar marts april maj juni juli august september oktober november desember",
	} {
		for i, name := range strings.Fields(year) {
			all[name] = time.Month(i + 1)
		}
	}
	return all
}()

func monthOf(word string) (found time.Month) {
	if m, ok := months[word]; ok {
		return m
	}
	if len(word) < 3 {
		return 0
	}
	for name, m := range months {
		if strings.HasPrefix(name, word) {
			if found != 0 && found != m {
				return 0
			}
			found = m
		}
	}
	return found
}

// The ways to write a day, in folded text. 6/8/2023 is June in one country and August in another, so it
// is a day only where one of the two can be no month.
var (
	yearFirst  = `(?P<y>\d{4})(?:[-/.]\s?|\s?[년年]\s?)(?P<m>\d{1,2})(?:[-/.]\s?|\s?[월月]\s?)(?P<d>\d{1,2})(?:\s?[일日]|\.)?`
	dayFirst   = `(?P<d>\d{1,2})(?:st|nd|rd|th|er|ere|[.ºª])?[\s-]*(?:of\s+|de\s+|den\s+)?(?P<w>\pL{3,})\.?,?[\s-]*(?:of\s+|de\s+|del\s+)?(?P<y>\d{4})`
	monthFirst = `(?P<w>\pL{3,})\.?,?\s+(?:the\s+)?(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})`
	dots       = `(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})`
	slashes    = `(?P<a>\d{1,2})[/-](?P<b>\d{1,2})[/-](?P<y>\d{4})`
	timeOfDay  = `(?:[t\s,]+(?:at\s+)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:z|[ap]m|utc|gmt|[a-z]{3,4}|[+-]\d{2}:?\d{2})?)?`
	writings   = func() (all []*regexp.Regexp) {
		for _, w := range []string{yearFirst, dayFirst, monthFirst, dots, slashes} {
			all = append(all, regexp.MustCompile(`^(?:`+w+`)`+timeOfDay))
		}
		return all
	}()
	digits = regexp.MustCompile(`\d{1,4}|\pL{3,}`)
)

// dayAt reads a day that a folded text begins with, and how long it is.
func dayAt(s string) (domain.Date, int) {
	for _, w := range writings {
		m := w.FindStringSubmatch(s)
		if m == nil || len(m[0]) < len(s) && s[len(m[0])] >= '0' && s[len(m[0])] <= '9' {
			continue
		}
		part := map[string]int{}
		for i, name := range w.SubexpNames() {
			switch {
			case name == "w":
				part["m"] = int(monthOf(m[i]))
			case name != "":
				part[name], _ = strconv.Atoi(m[i])
			}
		}
		switch a, b := part["a"], part["b"]; {
		case a == 0:
		case a > 12:
			part["d"], part["m"] = a, b
		case b > 12 || a == b:
			part["m"], part["d"] = a, b
		}
		day := time.Date(part["y"], time.Month(part["m"]), part["d"], 0, 0, 0, 0, time.UTC)
		if part["m"] < 1 || part["d"] < 1 || day.Day() != part["d"] || int(day.Month()) != part["m"] {
			continue
		}
		return domain.Date(day.Format(time.DateOnly)), len(m[0])
	}
	return "", 0
}

// dayIn is the first day that a text names; "" when it names none.
func dayIn(text string) domain.Date {
	text = fold(text)
	for _, at := range digits.FindAllStringIndex(text, 64) {
		if day, _ := dayAt(text[at[0]:]); day != "" {
			return day
		}
	}
	return ""
}

// statements are the words with which documents say from when they hold, best first. before is what
// may stand before them in the sentence.
var statements = []struct {
	words  *regexp.Regexp
	change bool // the same words tell of other changes, too: what follows the day decides
}{
	{said(`effective(?: date)?(?: as of| as at| from| since| on| starting)?`, `valid (?:from|since|as of)`, `in (?:force|effect) (?:from|since|as of)`, `applicable (?:from|as of)`, `gultig (?:ab|seit|vom)`, `in kraft (?:seit|ab)`,
		`en vigueur (?:depuis|a (?:partir|compter) d[eu]|des|le)`, `date d'effet`, `vigente (?:desde|a partir de)?`, `en vigor desde`, `fecha de (?:vigencia|entrada en vigor)`, `geldig (?:vanaf|per)`, `van kracht (?:vanaf|sinds)`,
		`galler (?:fran|fr\.?o\.?m\.?)(?: och med)?`, `giltig fran(?: och med)?`, `시행일(?:자)?`, `적용일(?:자)?`), true},
	{said(`(?:last[ _-]*|latest[ _-]*|most recent(?:ly)?[ _-]*)?(?:updated?|modified|revised|revision|reviewed|review|changed|amended|edited|published|update)(?:[ _-](?:at|on|date|as of))?(?:[ _-]date)?`,
		`last[ _-](?:change|modification)(?:[ _-]date)?`, `date of (?:the )?(?:last |latest )?(?:update|revision|change|publication|modification)`, `version \d+(?:\.\d+)*`, `publication date`, `date`, `as (?:of|at)`, `stand(?: vom| per)?`, `(?:zuletzt|letzte) (?:aktualisiert|aktualisierung|geandert|anderung)(?: am| vom)?`, `aktualisiert(?: am)?`,
		`(?:derniere )?mise a jour(?: le| du)?`, `mis a jour(?: le)?`, `derniere (?:modification|revision)(?: le)?`, `(?:ultima )?(?:actualizacion|modificacion|revision)`, `(?:ultima vez )?actualizad[oa](?: el)?`,
		`laatst(?:e)? (?:bijgewerkt|gewijzigd|update|wijziging)(?: op)?`, `bijgewerkt(?: op)?`, `senast (?:uppdaterad|andrad|reviderad)(?: den)?`, `uppdaterad(?: den)?`, `fecha`, `datum`, `version (?:of|vom|du|del)`,
		`최종 ?(?:업데이트|수정일?|개정일?|변경일?)(?:자)?`, `(?:마지막|최근) ?(?:업데이트|수정일?)`, `업데이트`, `개정일(?:자)?`, `기준일(?:자)?`), false},
}

// said finds the words, and what stands before them in their sentence.
func said(words ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[.;(|]\s|[^\pL])(` + strings.Join(words, "|") + `)(?:[\s:*_(–—"',;\t-]|\bon\b|\bthe\b|\bof\b|\bel\b|\ble\b|\bden\b|\bam\b|\bop\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:mon|diens|donners|frei|sams|sonn)tag\b|\bmittwoch\b)*`)
}

var (
	itself   = regexp.MustCompile(`(?:^|[^\pL])(?:list|page|document|version|register|overview|annex|appendix|schedule|addendum|exhibit|notice|policy|this|liste|seite|dokument|verzeichnis|anlage|fassung|annexe|lista|pagina|documento|anexo|lijst|bijlage|sida|bilaga|목록|문서)(?:[^\pL]|$)`)
	another  = regexp.MustCompile(`(?:^|[^\pL])(?:previous|prior|old|former|earlier|next|change|changes|vorherige|precedente|anterior|vorige|foregaende)(?:[^\pL]|$)`)
	changing = regexp.MustCompile(`(?:^|[^\pL])(?:will|shall|no longer|we|add|adds|added|adding|remov\w*|replac\w*|werden|wird|wir|nicht mehr|nous|ajout\w*|vamos|anad\w*|wij|vi kommer)(?:[^\pL]|$)`)
	ahead    = regexp.MustCompile(`(?:^|[^\pL])(?:will|shall|no longer|werden|wird|nicht mehr|vamos|zullen|kommer att)(?:[^\pL]|$)`)
	ofItself = regexp.MustCompile(`^(?:this|the|diese|cette|esta|deze|denna) (?:list|page|document|version|register|liste|lista|lijst)(?:[^\pL]|$)`)
	tags     = regexp.MustCompile(`<[^<>]*>`)
	markup   = strings.NewReplacer("*", " ", "_", "_", "`", "", ">", " ", "#", " ", "\ufeff", "", "\u00a0", " ")
)

// statedDate is the day from which a document says it holds, or "". A sentence about another change
// ("Effective May 1, we will add …") doesn't date the list, and neither does a row of a table.
func statedDate(lines []string) domain.Date {
	for _, s := range statements {
		for _, line := range lines {
			if strings.HasPrefix(strings.TrimSpace(line), "|") || len(line) > 4096 {
				continue
			}
			line = fold(strings.Join(strings.Fields(markup.Replace(html.UnescapeString(tags.ReplaceAllString(line, " ")))), " "))
			for _, at := range s.words.FindAllStringSubmatchIndex(line, 8) {
				day, n := dayAt(line[at[1]:])
				if day == "" {
					continue
				}
				if dates(line[:at[2]], line[at[1]+n:], s.change) {
					return day
				}
			}
		}
	}
	return ""
}

// dates reports whether a day dates the list: what stands before it in the sentence is nothing or the
// list itself, and the sentence ends with the day.
func dates(before, after string, change bool) bool {
	if i := strings.LastIndexAny(before, ".;!?|("); i >= 0 && !strings.HasSuffix(strings.TrimSpace(before[:i]), "v") && !isDigitAt(before, i+1) {
		before = before[i+1:]
	}
	before = strings.Trim(before, " -–—:,_\"'()*")
	if another.MatchString(before) || before != "" && !itself.MatchString(before) {
		return false
	}
	after = strings.TrimSpace(strings.TrimLeft(after, "_*\"'"))
	rest := strings.TrimLeft(after, ",; \t|")
	sentence, _, _ := strings.Cut(rest, ".")
	switch {
	case !change:
		return !ahead.MatchString(sentence)
	case change && ofItself.MatchString(rest):
		return true
	case rest == "" || rest[0] == ')' || rest[0] == ']':
		return !changing.MatchString(rest)
	case changing.MatchString(strings.SplitN(rest, "(", 2)[0]):
		return false
	case rest != after && strings.HasPrefix(after, ","): // "…, we will …"
		return false
	}
	return strings.IndexByte(".(_*-|[", rest[0]) >= 0 || strings.HasPrefix(rest, "–") || strings.HasPrefix(rest, "—") || strings.HasPrefix(rest, "·") || strings.HasPrefix(rest, "기준")
}

func isDigitAt(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
