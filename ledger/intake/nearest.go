package intake

import (
	"slices"
	"strings"

	"muniment/domain"
)

// nearest names the three known kinds that look most like an unknown one.
func nearest(name string) string {
	type near struct {
		kind string
		d    int
	}
	var all []near
	for _, t := range domain.Catalogue {
		all = append(all, near{t.Kind, distance(name, t.Kind)})
	}
	slices.SortStableFunc(all, func(a, b near) int { return a.d - b.d })
	var kinds []string
	for _, n := range all[:min(3, len(all))] {
		kinds = append(kinds, n.kind)
	}
	return strings.Join(kinds, ", ")
}

// distance is Levenshtein's, over bytes: wire names are ASCII.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			left, row[j+1] = row[j+1], min(left+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
