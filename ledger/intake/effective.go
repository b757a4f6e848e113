package intake

import (
	"regexp"
	"strings"
	"time"

	"muniment/domain"
)

// statements are the ways in which documents say from when they hold, best first.
var statements = []*regexp.Regexp{
	regexp.MustCompile(`(?im)^[\s*_>#]*(?:effective(?: date| as of| from)?)\b(.{0,60})`),
	regexp.MustCompile(`(?im)^[\s*_>#]*(?:last )?(?:updated|modified|revised)\b(.{0,60})`),
}

var dated = regexp.MustCompile(`\d{4}-\d{2}-\d{2}|[A-Z][a-z]+\.? \d{1,2},? \d{4}|\d{1,2} [A-Z][a-z]+ \d{4}`)

// statedDate is the day from which a document says it holds, or "". Days written in figures alone
// are not read unless year first: 6/8/2023 is June in one country and August in another.
func statedDate(doc string) domain.Date {
	for _, s := range statements {
		for _, m := range s.FindAllStringSubmatch(doc, 8) {
			text := strings.NewReplacer(",", "", ".", "").Replace(dated.FindString(m[1]))
			for _, layout := range []string{time.DateOnly, "January 2 2006", "Jan 2 2006", "2 January 2006", "2 Jan 2006"} {
				if day, err := time.Parse(layout, text); err == nil {
					return domain.Date(day.Format(time.DateOnly))
				}
			}
		}
	}
	return ""
}
