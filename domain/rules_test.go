package domain

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	ruleInCode  = regexp.MustCompile(`(?:\bRefuse\(|\bRule:\s*)"([^"]+)"`)
	ruleInTable = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\|([^|]*)\\| ([^|]+) \\|$")
	ruleName    = regexp.MustCompile(`^[a-z]+\.[a-z][A-Za-z]*$`)
)

// docs/rules.md and the refusals of this room tell the same rules. A row may name a file of another
// room; the rule must stand there.
func TestRulesAreWrittenDown(t *testing.T) {
	code := map[string][]string{} // rule → files of this room
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files to read", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ruleInCode.FindAllSubmatch(text, -1) {
			rule, path := string(m[1]), "domain/"+file
			if !ruleName.MatchString(rule) {
				t.Errorf("%s: rule %q: expected noun.word", path, rule)
			}
			if !slices.Contains(code[rule], path) {
				code[rule] = append(code[rule], path)
			}
		}
	}
	table, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	last := ""
	for _, m := range ruleInTable.FindAllStringSubmatch(string(table), -1) {
		rule, places := m[1], strings.Split(m[4], ", ")
		if rule <= last {
			t.Errorf("docs/rules.md: %s stands after %s: expected sorted, one row each", rule, last)
		}
		last, rows[rule] = rule, true
		for _, place := range places {
			text, err := os.ReadFile("../" + place)
			if err != nil || !strings.Contains(string(text), `"`+rule+`"`) {
				t.Errorf("docs/rules.md: %s is not in %s", rule, place)
			}
		}
		for _, place := range code[rule] {
			if !slices.Contains(places, place) {
				t.Errorf("docs/rules.md: %s is in %s too", rule, place)
			}
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
