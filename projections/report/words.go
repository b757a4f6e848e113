package report

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

// said are the codes whose words don't follow from their letters.
var said = map[string]string{
	"VIEWED":               "Viewed the data",
	"LISTENED":             "Listened to the recording",
	"DOWNLOADED":           "Downloaded a copy",
	"EDITED":               "Changed the data",
	projections.LedgerRead: "Read personal values in this ledger",

	projections.Listed: "On the published list",
	"PROPOSED":         "Proposed, not used",
	"ANNOUNCED":        "Announced, not used yet",
	"ACTIVE":           "In use",
	"SUSPENDED":        "Suspended",
	"ENDED":            "Ended",

	"ADD":          "Added",
	"REMOVE":       "Removed",
	"REPLACE":      "Replaces another",
	"RELOCATE":     "Moved",
	"REPURPOSE":    "New purpose",
	"RENAME":       "Renamed",
	otherMechanism: "Transfer mechanism changed",
	otherStatus:    "Status changed",

	"NONE_NEEDED":    "None needed",
	"ADEQUACY":       "Adequacy decision (Art. 45)",
	"PRIVACY_SHIELD": "Privacy Shield",
	"DPF":            "EU-US Data Privacy Framework",
	"SCC_2010_87":    "Standard contractual clauses 2010/87/EU",
	"SCC_2021_914":   "Standard contractual clauses (EU) 2021/914",
	"UK_IDTA":        "UK International Data Transfer Agreement",
	"UK_ADDENDUM":    "UK Addendum",
	"BCR":            "Binding corporate rules (Art. 47)",
	"ART49":          "Derogation (Art. 49)",

	"DPO":        "Data protection officer",
	"PIN":        "PIN",
	"API_KEY":    "API key",
	"IP_ADDRESS": "IP address",
	"CALLER_ID":  "Caller ID",
	"UNKNOWN":    "Not known",
}

// wordsOf says a code in words: CALL_REVIEW is "Call review".
func wordsOf(code string) string {
	if w, ok := said[code]; ok {
		return w
	}
	w := []rune(strings.ToLower(strings.ReplaceAll(code, "_", " ")))
	if len(w) > 0 {
		w[0] = unicode.ToUpper(w[0])
	}
	return string(w)
}

var stateWords = map[ledger.State]string{
	ledger.StateErased:      "erased",
	ledger.StateRedacted:    "redacted",
	ledger.StateStruck:      "removed from the record",
	ledger.StateWithheld:    "withheld: state a purpose and a case",
	ledger.StateUnavailable: "cannot be opened now",
	ledger.StateDamaged:     "the record is damaged: it isn't the one that was signed",
}

// clock is a time in UTC, without its zone, to the second unless it says more.
func clock(t domain.Time) string {
	return strings.TrimSuffix(t.Std().Format("2006-01-02 15:04:05.000000"), ".000000")
}

// dayAndTime is a viewpoint's time in words. The end of a day is said as such.
func dayAndTime(t domain.Time) string {
	day := t.Std().Format("2 January 2006")
	if endsDay(t) {
		return "the end of " + day + " (UTC)"
	}
	return day + ", " + strings.TrimSuffix(t.Std().Format("15:04:05.000000"), ".000000") + " UTC"
}

// at is the same with its preposition.
func at(t domain.Time) string {
	if endsDay(t) {
		return "at " + dayAndTime(t)
	}
	return "on " + dayAndTime(t)
}

func endsDay(t domain.Time) bool {
	return t == endOf(domain.TimeOf(t.Std().Truncate(24*time.Hour)))
}

// grouped writes a number with commas: 12,345.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted is a number with its noun: "1 row", "2 rows".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(int64(n)) + " " + many
}
