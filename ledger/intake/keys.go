package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Keys is a pattern of object keys that tells where they name things: {id} the call's id in its
// system, {tenant} the tenant's id, * any part of a folder's or file's name, ** any folders too.
type Keys struct{ expr *regexp.Regexp }

var keyParts = regexp.MustCompile(`\{[^}]*\}|\*\*|\*|[^{*]+|\{`)

// ParseKeys reads a pattern such as calls/{tenant}/*/{id}.mp3.
func ParseKeys(pattern string) (*Keys, error) {
	if len(pattern) > 1024 {
		return nil, fmt.Errorf("expected at most 1024 characters")
	}
	var expr strings.Builder
	var named []string
	for _, part := range keyParts.FindAllString(pattern, -1) {
		name := strings.Trim(part, "{}")
		switch {
		case part == "*":
			expr.WriteString(`[^/]*`)
		case part == "**":
			expr.WriteString(`.*`)
		case part[0] != '{':
			expr.WriteString(regexp.QuoteMeta(part))
		case slices.Contains(named, name):
			return nil, fmt.Errorf("{%s} stands there twice", name)
		case name == "id":
			expr.WriteString(`(?P<id>[A-Za-z0-9_-]{1,128})`)
		case name == "tenant":
			expr.WriteString(`(?P<tenant>[0-9a-fA-F]{32})`)
		default:
			return nil, fmt.Errorf("expected {id}, {tenant}, * or **, as in calls/{tenant}/*/{id}.mp3")
		}
		if part[0] == '{' {
			named = append(named, name)
		}
	}
	if len(named) == 0 {
		return nil, fmt.Errorf("names nothing: expected {id} or {tenant} in it, as in calls/{tenant}/*/{id}.mp3")
	}
	compiled, err := regexp.Compile(`^(?s:` + expr.String() + `)$`)
	return &Keys{compiled}, err
}

// names reports whether the pattern tells something.
func (k *Keys) names(what string) bool {
	return k != nil && slices.Contains(k.expr.SubexpNames(), what)
}

// match is what a key tells; nothing when it doesn't fit.
func (k *Keys) match(key string) map[string]string {
	if k == nil {
		return nil
	}
	found := map[string]string{}
	for i, text := range k.expr.FindStringSubmatch(key) {
		found[k.expr.SubexpNames()[i]] = text
	}
	return found
}
