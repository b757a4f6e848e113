package intake

import (
	"slices"
	"strings"

	"muniment/domain"
)

// columns says which column of a table holds what; -1 where none does.
type columns struct {
	at    [roles]int
	heads []string
	score float64
}

// enough is what a heading has to weigh before a table is taken for a register that can't be read.
const enough = 7

// columnsOf gives each column the role that fits all the headings together best: a table with
// "Company" and "Sub-processor" has its names in the second, one with "Service" and "Purpose" its
// purposes there. ok is false when the table is no register: one needs a name and a purpose. like is
// true when it looks like one nevertheless.
func columnsOf(cells []string) (c columns, ok, like bool) {
	c.heads = cells
	for r := range c.at {
		c.at[r] = -1
	}
	if len(cells) > maxColumns || len(cells) < 2 {
		return c, false, false
	}
	scores := make([][roles + 1]float64, len(cells))
	spoken, by := map[string]float64{}, make([]map[string]float64, len(cells))
	for i, cell := range cells {
		if strings.Contains(fold(cell), "cookie") {
			return c, false, false // a table about cookies has names and purposes and is none
		}
		scores[i], by[i] = scoresOf(cell)
		for l, w := range by[i] {
			spoken[l] += w
		}
	}
	most := 0.0
	for _, w := range spoken {
		most = max(most, w)
	}
	for i := range scores {
		for r := range scores[i] {
			if scores[i][r] == 0 {
				continue
			}
			for l := range by[i] {
				if spoken[l] == most { // of two that fit, the one in the language of the others
					scores[i][r] += 0.25
					break
				}
			}
			scores[i][r] -= float64(i) / 1000 // and then the first
		}
		for r := range roles { // what is known to be something else is not taken for this
			if scores[i][roleOther] > scores[i][r] {
				scores[i][r] = 0
			}
		}
	}
	c.assign(scores)
	name, purpose := c.at[roleName], c.at[rolePurpose]
	ok = name >= 0 && purpose >= 0
	named := slices.ContainsFunc(scores, func(s [roles + 1]float64) bool { return s[roleName] >= enough+5 })
	somewhere := c.at[rolePlace] >= 0 || c.at[roleSeat] >= 0
	return c, ok, !ok && (named || somewhere && name >= 0 && scores[name][roleName] >= enough)
}

// assign finds the assignment of roles to columns with the greatest sum. Of each role only its best
// columns are tried.
func (c *columns) assign(scores [][roles + 1]float64) {
	const tried = 3
	var best [roles][]int
	for r := range roles {
		for i := range scores {
			if scores[i][r] > 0 {
				best[r] = append(best[r], i)
			}
		}
		slices.SortStableFunc(best[r], func(a, b int) int {
			switch x, y := scores[a][r], scores[b][r]; {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		best[r] = best[r][:min(tried, len(best[r]))]
	}
	var now [roles]int
	for r := range now {
		now[r] = -1
	}
	var try func(r role, sum float64)
	try = func(r role, sum float64) {
		if r == roles {
			// Without a name and a purpose nothing is read, so these two come first.
			for _, needed := range []role{roleName, rolePurpose} {
				if now[needed] >= 0 {
					sum += 100
				}
			}
			if sum > c.score {
				c.at, c.score = now, sum
			}
			return
		}
		try(r+1, sum)
		for _, i := range best[r] {
			if !slices.Contains(now[:r], i) {
				now[r] = i
				try(r+1, sum+scores[i][r])
				now[r] = -1
			}
		}
	}
	try(0, 0)
}

// row reads the cells of one row.
func (c columns) row(line int, cells []cell, d drops) row {
	w := row{line: line}
	for len(cells) > len(c.heads) && cells[len(cells)-1].text == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) > len(c.heads) {
		w.no = tooMany(len(c.heads), len(cells))
		return w
	}
	get := func(r role) cell {
		if i := c.at[r]; i >= 0 && i < len(cells) {
			return cells[i]
		}
		return cell{}
	}
	name := get(roleName)
	w.read(roleName, name, d)
	for _, r := range []role{rolePurpose, rolePlace, roleSeat, roleService, roleStatus, roleURL} {
		w.read(r, get(r), d)
	}
	if name.struck {
		w.status = domain.EntryEnded
	}
	for i, v := range cells {
		if !slices.Contains(c.at[:], i) && oneLine(v.text) != "" {
			d.add("", strings.ReplaceAll(c.heads[i], " ", "_"))
		}
	}
	return w
}

func tooMany(want, have int) *domain.Refusal {
	return domain.Malformed("row", "expected %d cells, got %d: write a | inside a cell as \\|, and a cell with a comma in quotes", want, have)
}

// read takes one value of a row.
func (w *row) read(r role, c cell, d drops) {
	text := oneLine(c.text)
	switch r {
	case roleName:
		if first, rest, several := strings.Cut(c.text, "\n"); several && strings.ContainsAny(rest, "0123456789") {
			text = clean(first) // its address stands below it
		}
		w.name, w.status = standing(text)
		w.link(c, d)
	case rolePurpose:
		w.purpose = text
	case roleService:
		w.service = text
	case rolePlace:
		w.locations = append(w.locations, places(c.text)...)
	case roleSeat:
		if !noPlace.MatchString(text) {
			w.seat = unstopped(text)
		}
	case roleStatus:
		w.standing = text
	case roleURL:
		if c.url == "" {
			c.url = text
		}
		w.link(c, d)
	}
}

// link takes the address of a company's page, if it is one that may be shown.
func (w *row) link(c cell, d drops) {
	url := strings.TrimSpace(c.url)
	switch {
	case url == "":
	case domain.Reasons["url"].Check(url) == nil:
		w.url = url
	default:
		d.add("", "url") // a plain http link, a script: the list is good without it
	}
}

func oneLine(s string) string { return clean(strings.ReplaceAll(s, "\n", " ")) }
