package explorer

import (
	"slices"
	"strings"
	"testing"
)

func TestQueriesAreComplete(t *testing.T) {
	list := Queries()
	if len(list) < 10 {
		t.Fatalf("%d ready queries, want at least ten", len(list))
	}
	if !slices.IsSortedFunc(list, func(a, b Query) int { return strings.Compare(a.File, b.File) }) {
		t.Error("the queries are not in the order of their files")
	}
	for _, q := range list {
		// The page reads the same two lines, in this order, and shows the title in a list.
		if !strings.HasPrefix(q.Text, "# Title: "+q.Title+"\n# Why: "+q.Why+"\n") || q.Title == "" || q.Why == "" {
			t.Errorf("%s does not start with its title and why", q.File)
		}
	}
}
