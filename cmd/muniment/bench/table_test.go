package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// table has a row for each thing measured, in the order of [rows], and a column for each size.
type table struct{ columns []*column }

// column gathers the figures of one size: several of one thing when it was measured again.
type column struct {
	size    int
	figures map[string][]float64
}

func newTable() *table { return &table{} }

func (t *table) column(size int) *column {
	c := &column{size, map[string][]float64{}}
	t.columns = append(t.columns, c)
	return c
}

func (c *column) add(what string, figure float64) {
	if !slices.ContainsFunc(rows, func(r row) bool { return r.what == what }) {
		panic("bench: there is no row " + what)
	}
	c.figures[what] = append(c.figures[what], figure)
}

// median is of what was measured; ok is false when it wasn't.
func (c *column) median(what string) (float64, bool) {
	all := slices.Sorted(slices.Values(c.figures[what]))
	if len(all) == 0 {
		return 0, false
	}
	return all[len(all)/2], true
}

// ratio is to what stands beside the row.
func (c *column) ratio(r row) (float64, bool) {
	a, ok := c.median(r.what)
	b, beside := c.median(r.beside)
	return a / b, ok && beside && b > 0
}

func (c *column) cell(r row) string {
	v, ok := c.median(r.what)
	if !ok {
		return "not measured"
	}
	text := number(v)
	if ratio, ok := c.ratio(r); ok {
		text += fmt.Sprintf(" (%.2f ×)", ratio)
	}
	return text
}

func number(v float64) string {
	switch {
	case v >= 100:
		return grouped(int64(v + 0.5))
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// grouped is 1,234,567.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// verdict compares the largest size with the goal.
func (t *table) verdict(r row) string {
	if r.goal == "" {
		return ""
	}
	c := t.columns[len(t.columns)-1]
	v, ok := c.median(r.what)
	if r.ofRatio {
		v, ok = c.ratio(r)
	}
	switch {
	case !ok:
		return "not measured"
	case r.atMost && v <= r.limit || !r.atMost && v >= r.limit:
		return "reached"
	}
	return "**not reached**"
}

func (t *table) markdown(machine, before, after string) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nWritten by `make bench`; only what is under Notes is written by hand. " + machine + "\n\n")
	fmt.Fprintf(&b, "Load average before the run %s, after it %s; the run itself adds about 2. Figures of a shared machine wobble: read the ratios, "+
		"each to the row named beside it, measured in the same run. What is cheap was measured several times, in turn; the median counts.\n\n", before, after)
	b.WriteString("| what | unit | beside |")
	for _, c := range t.columns {
		b.WriteString(" " + grouped(int64(c.size)) + " events |")
	}
	b.WriteString(" goal | at the largest |\n|---|---|---|" + strings.Repeat("--:|", len(t.columns)) + "---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |", r.what, r.unit, r.beside)
		for _, c := range t.columns {
			b.WriteString(" " + c.cell(r) + " |")
		}
		fmt.Fprintf(&b, " %s | %s |\n", r.goal, t.verdict(r))
	}
	return b.String()
}

// notesOf keeps what people wrote into the file.
func notesOf(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "\n## Notes\n", nil
	}
	if err != nil {
		return "", err
	}
	if _, notes, ok := strings.Cut(string(text), "\n## Notes\n"); ok {
		return "\n## Notes\n" + notes, nil
	}
	return "", fmt.Errorf("%s has no Notes to keep: move it away first", path)
}
