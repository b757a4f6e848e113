package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"muniment/domain"
)

var (
	located      = regexp.MustCompile(`(?i)\blocated in (?:the )?([^:.]+?)\s*:?\s*$`)
	companies    = regexp.MustCompile(`(?:sub ?-?processors?|subcontractors?|located in|unterauftrag\w*|subunternehmer\w*|sous-traitants?|subencargados?|subverwerkers?|underbitraden?|수탁|third part(?:y|ies)|vendors?|service providers?)`)
	obliging     = regexp.MustCompile(`\b(?:before|ensure|make sure|require[sd]?|must|obligations?|oblige[sd]?|agree|shall|commit|following (?:for|from|of) our|criteria|steps|measures|due diligence|notif(?:y|ied)|object|guarantees?|we check|checks?|conditions?|rights?|contract(?:s|ual)?)\b`)
	genericTitle = regexp.MustCompile(`^(?:our |list of |the |current )*(?:sub ?-?processors?|vendors|third part(?:y|ies)|service providers|subcontractors|unterauftragsverarbeiter|sous-traitants|subencargados|subverwerkers|underbitraden)(?: list)?:?$`)
	introduces   = regexp.MustCompile(`\b(?:following|located in|list of|we use|uses?|engage[sd]?|current)\b`)
	labelled     = regexp.MustCompile(`^([^:：\n]{2,60}?)\s*[:：]\s*(.*)$`)
	seeLink      = regexp.MustCompile(`\s*[(\[](?:see\s+)?(https?://[^\s()\[\]]+)[)\]]`)
	shortForm    = regexp.MustCompile(`(?i)(?:^|[\s(])(?:st|dr|mr|mrs|ms|prof|mt|ft|no|nr|inc|ltd|co|corp|llc|pty|plc|bros|intl|dept|jr|sr|vs|e\.g|i\.e|ca|bzw|z\.b|\pL|\pL\.\pL|s\.a|b\.v|n\.v|s\.r\.l|s\.a\.r\.l|k\.k)\.$`)
)

// bullets reads a list below a sentence or heading that introduces companies.
func (r *reading) bullets(before []block, b block, tables bool) {
	intro := block{}
	for i := len(before) - 1; i >= 0 && intro.text == ""; i-- {
		if before[i].items != nil || before[i].table != nil {
			break
		}
		intro = before[i]
	}
	text := fold(oneLine(intro.text))
	if i := strings.LastIndexAny(strings.TrimRight(text, ":. "), ".!?"); i >= 0 && !strings.Contains(text, "located in") {
		text = text[i+1:] // the last sentence introduces
	}
	if told := len(b.items) > 0 && !slices.ContainsFunc(b.items, func(it item) bool { return !r.labels(it) }); told {
		for _, it := range b.items {
			r.add(r.bullet(it, r.where))
		}
		return
	}
	if !companies.MatchString(text) || intro.level == 0 && !strings.HasSuffix(text, ":") {
		return
	}
	if obliging.MatchString(text) || (tables || intro.level > 0 && !strings.HasSuffix(text, ":")) && !introduces.MatchString(text) && !r.all(b.items) {
		r.notes[fmt.Sprintf("the bullets in line %d are not introduced as a list of companies, and were passed over", b.line)]++
		return
	}
	where := r.where
	if at := located.FindStringSubmatch(oneLine(intro.text)); at != nil {
		where = at[1]
	}
	for _, it := range b.items {
		r.add(r.bullet(it, where))
	}
}

// labels reports whether the items below an item say what the company is used for: that needs no
// introduction.
func (r *reading) labels(it item) bool {
	quiet, w := reading{drops: drops{}, notes: notes{}}, row{}
	for _, sub := range it.sub {
		quiet.label(&w, sub.cell)
	}
	return w.purpose != ""
}

// all reports whether every item can be read as a company and its purpose.
func (r *reading) all(items []item) bool {
	quiet := reading{drops: drops{}, notes: notes{}, effective: r.effective}
	for _, it := range items {
		if w := quiet.bullet(it, ""); w.no != nil || strings.ToUpper(w.name[:1]) != w.name[:1] {
			return false
		}
	}
	return true
}

// bullet reads an item such as "[Name](https://example.com) - Purpose", with labelled items below it.
func (r *reading) bullet(it item, where string) row {
	w := row{line: it.line}
	name, purpose := it.parts()
	c := it.cell
	if m := seeLink.FindStringSubmatch(name); m != nil {
		name = strings.TrimSpace(seeLink.ReplaceAllString(name, ""))
		if c.url == "" {
			c.url = m[1]
		}
	}
	c.text = name
	w.read(roleName, c, r.drops)
	w.purpose = unstopped(oneLine(purpose))
	for _, sub := range it.sub {
		r.label(&w, sub.cell)
	}
	if c.struck {
		w.status = domain.EntryEnded
	}
	if len(w.locations) == 0 && where != "" {
		w.locations = places(where)
	}
	if w.name == "" || w.purpose == "" {
		w.no = domain.Malformed("row", "expected a company and its purpose, such as * [Name](https://example.com). Purpose")
	}
	return w
}

// parts takes an item's company and purpose apart: at the end of the link or bold text it begins with,
// else at the first colon or dash outside brackets, else at the end of a sentence.
func (it item) parts() (name, purpose string) {
	text := oneLine(it.text)
	if rest, found := strings.CutPrefix(text, it.lead); found && it.lead != "" {
		bare := strings.TrimRight(it.lead, " :–—-")
		// The lead may be the first part of a longer name: **Example** Cloud, Inc. - Hosting.
		if rest = strings.TrimSpace(rest); rest == "" || bare != it.lead || strings.ContainsAny(rest[:1], ":.-,") || strings.HasPrefix(rest, "–") || strings.HasPrefix(rest, "—") {
			return bare, strings.TrimLeft(rest, " :.,–—-")
		}
	}
	depth := 0
	for i, c := range text {
		switch {
		case strings.ContainsRune("([{", c):
			depth++
		case strings.ContainsRune(")]}", c):
			depth = max(0, depth-1)
		case depth > 0 || i == 0:
		case c == ':' && (i+1 == len(text) || text[i+1] == ' '), strings.ContainsRune("–—", c), c == '-' && text[i-1] == ' ' && strings.HasPrefix(text[i:], "- "):
			return strings.TrimSpace(text[:i]), strings.TrimLeft(text[i:], " :–—-")
		}
	}
	depth = 0
	for i, c := range text {
		switch {
		case strings.ContainsRune("([{", c):
			depth++
		case strings.ContainsRune(")]}", c):
			depth = max(0, depth-1)
		case depth == 0 && c == '.' && strings.HasPrefix(text[i:], ". ") && !shortForm.MatchString(text[max(0, i-24):i+1]):
			return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:])
		}
	}
	return text, ""
}

// label reads "Location: Ireland" into a row; what it labels otherwise is counted.
func (r *reading) label(w *row, c cell) (known bool) {
	m := labelled.FindStringSubmatch(c.text)
	if m == nil {
		return false
	}
	scores, _ := scoresOf(m[1])
	best, most := roleOther, scores[roleOther]
	for role := rolePurpose; role < roles; role++ {
		if scores[role] > most {
			best, most = role, scores[role]
		}
	}
	if most < 5 {
		return false
	}
	if best == roleOther || best == roleStatus && m[2] == "" {
		r.drops.add("", strings.ReplaceAll(oneLine(m[1]), " ", "_"))
		return true
	}
	c.text = m[2]
	if best == rolePurpose {
		c.text = unstopped(oneLine(c.text))
		if w.purpose != "" {
			c.text = w.purpose + "; " + c.text
		}
	}
	w.read(best, c, r.drops)
	return true
}

// company reads a heading that names a company, with labelled lines below it. It returns how many
// blocks after the heading were read.
func (r *reading) company(blocks []block) int {
	w := row{line: blocks[0].line}
	labels, n, purposed := 0, 0, false
	scratch := reading{drops: drops{}, notes: r.notes, effective: r.effective}
	for _, b := range blocks[1:] {
		if b.level > 0 || b.table != nil {
			break
		}
		n++
		var lines []cell
		for _, it := range b.items {
			lines = append(lines, it.cell)
		}
		if b.items == nil {
			for _, l := range strings.Split(b.text, "\n") {
				lines = append(lines, cell{text: l, url: b.url})
			}
		}
		for _, l := range lines {
			if scratch.label(&w, l) {
				labels++
			}
		}
		purposed = purposed || w.purpose != ""
	}
	title := oneLine(blocks[0].text)
	if labels == 0 || !purposed && len(w.locations) == 0 && w.seat == "" || genericTitle.MatchString(fold(title)) {
		return 0
	}
	head := blocks[0].cell
	head.text = title
	status, standing, url := w.status, w.standing, w.url
	w.read(roleName, head, scratch.drops)
	if w.status == "" {
		w.status = status
	}
	if url != "" {
		w.url = url
	}
	if head.struck {
		w.status = domain.EntryEnded
	}
	w.standing = standing
	for name, count := range scratch.drops {
		for range count {
			r.drops.add("", name)
		}
	}
	if w.status == "" && w.standing == "" {
		for _, s := range r.sections[:max(0, len(r.sections)-1)] { // not the company's own heading
			if s.status != "" {
				w.status = s.status
				break
			}
		}
	}
	if w.purpose == "" {
		w.no = domain.Malformed("row", "purpose: must not be empty: a line such as \"Purpose: Hosting\" is missing below this heading")
	}
	r.rows = append(r.rows, w)
	return n
}
