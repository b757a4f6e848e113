package domain

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// legalForms are the endings that say what kind of company it is, and their usual short forms. Only
// whole words at the end of a name count.
var legalForms = func() map[string]string {
	forms := map[string]string{"corporation": "corp", "incorporated": "inc", "limited": "ltd"}
	for _, f := range strings.Fields(`ab ag aps as asa bv co corp gmbh inc kg llc llp lp ltd nv oy oyj pbc plc pty sa sarl sas se
		sl spa srl`) {
		forms[f] = f
	}
	return forms
}()

// NormalisedName is a company name reduced to what two spellings of it share: lower case, words of
// letters and digits, no punctuation, no legal form at the end. Words stay words, so "AWS Amazon" and
// "Amazon Web Services" differ: that one became the other is for [Renames] to say.
func NormalisedName(name string) string {
	name, _ = splitName(name)
	return name
}

// splitName separates the normalised name from the legal form.
func splitName(s string) (name, form string) {
	words := normalisedWords(s)
	for len(words) > 1 {
		short, ok := legalForms[words[len(words)-1]]
		if !ok {
			break
		}
		form = strings.TrimSpace(short + " " + form)
		words = words[:len(words)-1]
	}
	return strings.Join(words, " "), form
}

// normalisedWords splits a text into words. Single letters in a row are one word, so that S.A. and SA
// are the same.
func normalisedWords(s string) []string {
	var words []string
	letters := false // the last word is made of single letters
	s = strings.ReplaceAll(strings.ToLower(Unmarked(s)), "ß", "ss")
	for _, w := range strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}) {
		single := len([]rune(w)) == 1 && unicode.IsLetter([]rune(w)[0])
		if single && letters {
			words[len(words)-1] += w
		} else {
			words = append(words, w)
		}
		letters = single
	}
	return words
}

// NormalisedKey is the key of a register row within its list, from which its id is derived: one
// vendor may stand twice, for two purposes (domain.md, 3.2 rule 8).
func NormalisedKey(name, purpose string) string {
	return NormalisedName(name) + "/" + strings.Join(normalisedWords(purpose), " ")
}

func (e Entry) key() string { return NormalisedKey(e.Name, e.Purpose) }

// full is the key with the service, by which rows of one list differ that have the same key.
func (e Entry) full() string { return e.key() + "/" + strings.Join(normalisedWords(e.Service), " ") }

// MergeEntries returns the rows of one list with repetitions merged. The same name and purpose twice
// with other details is refused: nobody could say which row holds.
func MergeEntries(rows []Entry) ([]Entry, *Refusal) {
	first := map[string]int{}
	var merged []Entry
	for i, row := range rows {
		j, twice := first[row.full()]
		switch {
		case !twice:
			first[row.full()] = i
			merged = append(merged, row)
		case !sameEntry(rows[j], row):
			return nil, &Refusal{Code: Conflict, Rule: "register.key", Article: "Art. 28(2) GDPR", Field: fmt.Sprintf("entries.%d", i),
				Message: fmt.Sprintf("row %d (%s) and row %d (%s) have the same name and purpose but differ otherwise; keep one, or tell their purposes apart",
					j+1, rows[j].Name, i+1, row.Name)}
		}
	}
	return merged, nil
}

func sameEntry(a, b Entry) bool {
	return a.Key == b.Key && a.Name == b.Name && a.Seat == b.Seat && a.URL == b.URL && a.Status == b.Status && slices.Equal(a.Locations, b.Locations)
}

// AnnexedTo reports whether terms authorise a register row at their signature, by the list's history: see
// [AuthorisedAtSignature]. Pending are the rows of later versions that were published by then.
func (h ListHistory) AnnexedTo(t AgreedTerms, key ID) bool {
	annexed, found := h.OfDay(t.ListEffective)
	if !found {
		return false
	}
	var pending []Entry
	for _, v := range h.Standing() {
		if v.Effective > t.ListEffective && v.Kept <= t.Agreed {
			pending = append(pending, v.Entries...)
		}
	}
	return AuthorisedAtSignature(t.AgreementSigned, annexed.ListPublished, pending, key)
}

// Pending reports whether a change that brings this company in was announced by a time and stands, so that
// whoever signed an agreement then knew of it.
func (s Subprocessor) Pending(signed Time) bool {
	return slices.ContainsFunc(s.Changes, func(c AnnouncedChange) bool {
		return c.Type.Engages() && c.Announced <= signed && c.Withdrawn == 0
	})
}

// AuthorisedAtSignature reports whether the agreement itself authorises a register row: the row is on
// the very list version that the agreement annexes, or was pending, that is announced before the
// signature, so that whoever signed knew of it (domain.md, 3.2 rule 0). An agreement that names no
// version proves nothing.
func AuthorisedAtSignature(terms AgreementSigned, annexed ListPublished, pending []Entry, key ID) bool {
	if terms.ListEffective == "" || terms.List != annexed.List || terms.ListEffective != annexed.Effective {
		return false
	}
	is := func(e Entry) bool { return e.Key == key }
	return slices.ContainsFunc(annexed.Entries, is) || slices.ContainsFunc(pending, is)
}
