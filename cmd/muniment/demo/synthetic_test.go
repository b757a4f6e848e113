package demo

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	numberLike  = regexp.MustCompile(`\+\d[\d ()-]{5,}\d`)
	reserved    = regexp.MustCompile(`^(\+120255501\d\d|\+468465004\d\d)$`)
	hostLike    = regexp.MustCompile(`(?i)(?:@|://)([\p{L}\d.-]+)|([\p{L}\d-]+\.(?:com|net|org|io|se|de|eu|uk|ie|fi))\b`)
	exampleHost = regexp.MustCompile(`(^|\.)example\.(com|net|org)$`)
	addressLike = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
)

// synthetic: whatever the demo sends has no number, domain or network address that could be somebody's.
func synthetic(t *testing.T, w World, s *story, commands string) {
	all := []string{commands}
	for _, in := range append(s.inputs(), input{"last", events(s.last())}) {
		text, _, err := in.open(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	text := strings.Join(all, "\n")
	people := 0
	for _, n := range numberLike.FindAllString(text, -1) {
		if people++; !reserved.MatchString(n) {
			t.Errorf("number %s", n)
		}
	}
	hosts := 0
	for _, m := range hostLike.FindAllStringSubmatch(text, -1) {
		if hosts++; !exampleHost.MatchString(m[1] + m[2]) {
			t.Errorf("host %s", m[0])
		}
	}
	for _, a := range addressLike.FindAllString(text, -1) {
		ip := netip.MustParseAddr(a)
		if !slices.ContainsFunc([]string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}, func(p string) bool { return netip.MustParsePrefix(p).Contains(ip) }) {
			t.Errorf("network address %s", a)
		}
	}
	if people < 5000 || hosts < 3000 || !strings.Contains(commands, "raiseObjection") {
		t.Errorf("only %d numbers and %d hosts were looked at", people, hosts)
	}
}
