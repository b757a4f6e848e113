package domain

import (
	"fmt"
	"regexp"
	"unicode/utf8"
)

// Reason says why a string of the catalogue may be kept in the clear, and what it must look like.
// Plain is the exception: a string field is an enum, an id, a time, [Personal], or carries the tag
// plain:"NAME" with a name of this table. A test lists them all.
type Reason struct {
	Why     string         // why it isn't personal data
	Pattern *regexp.Regexp // nil: any text of at most Max characters
	Max     int            // characters
	Expect  string         // what an error tells the sender
}

func pattern(why, expr, expect string) Reason {
	return Reason{Why: why, Pattern: regexp.MustCompile(`^(?:` + expr + `)$`), Max: 256, Expect: expect}
}

// Reasons are all the reasons there are.
var Reasons = map[string]Reason{
	"country":    pattern("a state, not a person", `[A-Z]{2}`, "a country code of two capitals (ISO 3166-1), such as DE"),
	"region":     pattern("a part of a state", `[A-Z]{2}-[A-Z0-9]{1,3}`, "a region code (ISO 3166-2), such as DE-BY"),
	"zone":       pattern("a time zone", `[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2}`, "a time zone name, such as Europe/Stockholm"),
	"language":   pattern("a language", `[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*`, "a language tag (BCP 47), such as sv-SE"),
	"digest":     pattern("a SHA-256 of a document, not of a personal value", `[0-9a-f]{64}`, "a SHA-256 as 64 hex digits"),
	"publickey":  pattern("a key of the ledger's own that is meant to be known", `[0-9a-f]{64}`, "a public key as 64 hex digits"),
	"word":       pattern("a word of a closed vocabulary", `[A-Z][A-Z0-9_]{0,63}`, "a word in capitals, such as MARKETING"),
	"version":    pattern("a version label of a document", `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`, "a version label, such as 2026-10"),
	"reference":  pattern("a file reference of the organisation's own", `[A-Za-z0-9][A-Za-z0-9._/-]{0,63}`, "a reference such as DSR-2026-014"),
	"ownnumber":  pattern("a telephone number of the company, not of a person", `\+[1-9][0-9]{6,14}`, "a number in E.164, such as +46846500400"),
	"ownaddress": pattern("an e-mail address of the organisation, not of a person", `[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`, "an e-mail address of the organisation, such as privacy@company.example"),
	"company":    {Why: "the name of an organisation; a natural person's trading name is sealed instead", Max: 200, Expect: "the name of an organisation, 200 characters at most"},
	"processing": {Why: "describes a processing operation, no person", Max: 500, Expect: "a description of the processing, 500 characters at most"},
	"place":      {Why: "where a company processes data", Max: 120, Expect: "a place of processing, 120 characters at most"},
	"period":     pattern("a length of time", `P[1-9][0-9]{0,4}[DMY]`, "a period of days, months or years, such as P90D, P18M or P3Y"),
	"kind":       pattern("a kind of the catalogue", `[a-z]+\.[a-z]+(?:_[a-z]+)*`, "a kind of event, such as consent.granted"),
	"citation":   {Why: "cites a law", Max: 200, Expect: "a citation of the law, 200 characters at most"},
	"url":        pattern("an address of a company's public page", `https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[!-~]*)?`, "an https address of a public page"),
}

// Check reports why s is not acceptable under the reason.
func (r Reason) Check(s string) error {
	if n := utf8.RuneCountInString(s); n > r.Max {
		return fmt.Errorf("expected %s, got %d characters", r.Expect, n)
	}
	if r.Pattern != nil && !r.Pattern.MatchString(s) {
		return fmt.Errorf("expected %s", r.Expect)
	}
	for _, c := range s {
		if c < 0x20 || c == 0x7f {
			return fmt.Errorf("expected %s, got a control character", r.Expect)
		}
	}
	if hidden := Hidden(s); hidden != 0 {
		return fmt.Errorf("expected %s, got a character that can't be seen or turns others round (U+%04X)", r.Expect, hidden)
	}
	return nil
}
