package render

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"muniment/domain"
)

// Day writes a day: 1 December 2026.
func Day(d domain.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("2 January 2006")
}

// Instant writes an instant with its zone: 1 December 2026, 14:05 UTC.
func Instant(t domain.Time) string { return t.Std().Format("2 January 2006, 15:04 UTC") }

// End writes a midnight as the end of the day before, in the zone in which days are counted.
func End(t domain.Time, c domain.Counting) string {
	return fmt.Sprintf("the end of %s (24:00 %s)", Day(c.LastDay(t)), c.Name())
}

// Country writes a country's name.
func Country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return code
	}
	return display.English.Regions().Name(region)
}

// Word writes a word of a closed vocabulary as people do: CALL_RECORDINGS is call recordings.
func Word(w string) string {
	parts := strings.Split(w, "_")
	for i, p := range parts {
		switch p {
		case "IP", "ID", "SMS", "URL", "GPS":
		default:
			parts[i] = strings.ToLower(p)
		}
	}
	return strings.Join(parts, " ")
}

// Words joins such words.
func Words(list []string) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = Word(w)
	}
	return strings.Join(words, ", ")
}

// Mechanism writes what a transfer rests on.
func Mechanism(m domain.Mechanism) string {
	switch m {
	case "NONE_NEEDED":
		return "none needed: the data stays in the EU, the EEA or a country treated alike"
	case "ADEQUACY":
		return "adequacy decision of the European Commission (Art. 45 GDPR)"
	case "DPF":
		return "EU-U.S. Data Privacy Framework (Art. 45 GDPR)"
	case "PRIVACY_SHIELD":
		return "EU-U.S. Privacy Shield (no longer valid)"
	case "SCC_2021_914":
		return "standard contractual clauses, Decision (EU) 2021/914 (Art. 46(2)(c) GDPR)"
	case "SCC_2010_87":
		return "standard contractual clauses, Decision 2010/87/EU (repealed)"
	case "UK_IDTA":
		return "UK International Data Transfer Agreement"
	case "UK_ADDENDUM":
		return "UK Addendum to the standard contractual clauses"
	case "BCR":
		return "binding corporate rules (Art. 47 GDPR)"
	case "ART49":
		return "a derogation for specific situations (Art. 49 GDPR)"
	}
	return ""
}

// Kind writes the kind of a change.
func Kind(k domain.ChangeKind) string {
	switch k {
	case domain.AddSubprocessor:
		return "new"
	case domain.ReplaceBy:
		return "replacement"
	case domain.Relocate:
		return "other place"
	case domain.Repurpose:
		return "other purpose"
	case domain.Rename:
		return "other name"
	case domain.Remove:
		return "ends"
	}
	return Word(string(k))
}

func days(n int64) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
