package domain

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	ruleInCode  = regexp.MustCompile(`(?:\b(?:Refuse|tooMuch)\(|\bRule:\s*)"([^"]+)"`)
	ruleInTable = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\|([^|]*)\\| ([^|]+) \\| ([A-Z, ]+) \\|$")
	ruleName    = regexp.MustCompile(`^[a-z]+\.[a-z][A-Za-z]*$`)
	saysLaw     = regexp.MustCompile(`(?i)\blaw\b|§`)
)

// rulesInCode finds the rules of all rooms and the files they stand in.
func rulesInCode(t *testing.T) map[string][]string {
	t.Helper()
	code := map[string][]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "node_modules" || name == "dist" || name == "testdata" || len(name) > 2 && name[0] == '.') {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range ruleInCode.FindAllSubmatch(text, -1) {
			rule, place := string(m[1]), filepath.ToSlash(path[len("../"):])
			if !ruleName.MatchString(rule) {
				t.Errorf("%s: rule %q: expected noun.word", place, rule)
			}
			if !slices.Contains(code[rule], place) {
				code[rule] = append(code[rule], place)
			}
		}
		return err
	})
	if err != nil || len(code) == 0 {
		t.Fatal("no rules to read", err)
	}
	return code
}

// docs/rules.md and the refusals of all rooms tell the same rules, and the table says of each where it
// comes from.
func TestRulesAreWrittenDown(t *testing.T) {
	code := rulesInCode(t)
	table, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	last := ""
	for _, m := range ruleInTable.FindAllStringSubmatch(string(table), -1) {
		rule, says, article, places := m[1], m[2], strings.TrimSpace(m[3]), strings.Split(m[4], ", ")
		if rule <= last {
			t.Errorf("docs/rules.md: %s stands after %s: expected sorted, one row each", rule, last)
		}
		last, rows[rule] = rule, true
		for _, place := range places {
			if !slices.Contains(code[rule], place) {
				t.Errorf("docs/rules.md: %s is not in %s", rule, place)
			}
		}
		for _, place := range code[rule] {
			if strings.HasPrefix(place, "domain/") && !slices.Contains(places, place) {
				t.Errorf("docs/rules.md: %s is in %s too", rule, place)
			}
		}
		origins := strings.Split(m[5], ", ")
		for _, origin := range origins {
			if !slices.Contains([]string{"LAW", "CONTRACT", "HOUSE RULE", "CONVENTION"}, origin) {
				t.Errorf("docs/rules.md: %s: origin %q is none", rule, origin)
			}
		}
		law := slices.Contains(origins, "LAW")
		if law && article == "" {
			t.Errorf("docs/rules.md: %s is said to be law, and names no article", rule)
		}
		if !law && saysLaw.MatchString(says) {
			t.Errorf("docs/rules.md: %s is no law, and is worded as one: %s", rule, says)
		}
	}
	for rule, places := range code {
		if !rows[rule] {
			t.Errorf("docs/rules.md: no row for %s of %s", rule, places[0])
		}
	}
}

// A table that reads no rows would be content with anything.
func TestRuleTableIsRead(t *testing.T) {
	table, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(string(table), "\n| `")
	if rows := len(ruleInTable.FindAllString(string(table), -1)); rows != lines || rows == 0 {
		t.Errorf("%d rows start like one, %d are read", lines, rows)
	}
}
