package report

import (
	"strconv"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger/bundle"
)

// Bundle is a bundle as a page for people: what was asked, what is in it, what it shows and how to check it. Whoever
// verifies a bundle makes the page, of nothing but what was checked: none comes with a bundle, so none has to be believed.
func Bundle(m *bundle.Manifest, events []*bundle.Event) ([]byte, error) {
	p := &page{}
	title := askedWords(m.Question)
	p.head(title)
	p.raw(`<body>
<header>
<p class="kind">Evidence from a Muniment ledger</p>
<h1>`).text(title).raw("</h1>\n<p class=\"lead\">").text(periodWords(m.Question)).raw("</p>\n<dl class=\"facts\">\n")
	for _, f := range bundleFacts(m, len(events)) {
		p.raw("<dt>").text(f[0]).raw("</dt><dd>").text(f[1]).raw("</dd>\n")
	}
	p.raw("</dl>\n</header>\n<main>\n<section aria-labelledby=\"check\">\n<h2 id=\"check\">How to check this</h2>\n<ul>\n")
	for _, l := range checking {
		p.raw("<li>").text(l).raw("</li>\n")
	}
	p.raw("</ul>\n</section>\n<section aria-labelledby=\"limits\">\n<h2 id=\"limits\">What this does not show</h2>\n<ul>\n")
	for _, l := range m.Limits {
		p.raw("<li>").text(l).raw("</li>\n")
	}
	p.raw("</ul>\n</section>\n")
	p.table(bundleTable(events))
	p.raw("</main>\n<footer><p>").text(NotAdvice).raw("</p></footer>\n</body>\n</html>\n")
	return p.Bytes(), nil
}

// checking is what the reader is to do; this page alone shows nothing.
var checking = []string{
	"This page shows nothing by itself: it was made by whoever verified the bundle, of what held. Make your own, without asking anybody: muniment verify BUNDLE.zip --policy pinned.txt --report page.html.",
	"The policy holds the log’s public key. Get it from the operator by another way than this bundle, before you need it.",
	"The verdict has four lines: whether what is here is unchanged, whether something is missing and on whose word, how fresh it is, and whether others saw the same log.",
	"docs/bundle.md of Muniment describes every byte, so that anybody can write another program that checks it.",
}

func askedWords(q bundle.Question) string {
	switch q.Of {
	case bundle.OfTenant:
		return "What the ledger holds of " + severalOf(q, "account")
	case bundle.OfSubject:
		return "What the ledger holds of " + severalOf(q, "person")
	case bundle.OfStream:
		return "What the ledger holds of one " + q.Stream.Noun
	}
	return "What the whole ledger holds"
}

func severalOf(q bundle.Question, what string) string {
	switch n := len(q.Also) + 1; {
	case n == 1:
		return "one " + what
	case q.Of == bundle.OfSubject:
		return "those behind " + strconv.Itoa(n) + " ids of persons"
	default:
		return strconv.Itoa(n) + " " + what + "s"
	}
}

func periodWords(q bundle.Question) string {
	if q.Axis == bundle.Whole {
		return "All of it, from the first event on."
	}
	words := map[bundle.Axis]string{bundle.Recorded: "What was recorded", bundle.Occurred: "What happened"}[q.Axis]
	if q.From != 0 {
		words += " from " + dayAndTime(q.From)
	}
	if q.To != 0 {
		words += " until before " + clock(q.To) + " UTC"
	}
	return words + "."
}

func bundleFacts(m *bundle.Manifest, answers int) (facts [][2]string) {
	add := func(title, value string) { facts = append(facts, [2]string{title, value}) }
	add("Log", m.Origin)
	add("Ledger", m.Ledger.String())
	if m.Question.Tenant != (domain.ID{}) {
		add("Account", m.Question.Tenant.String())
	}
	if m.Question.Subject != (domain.ID{}) {
		add("Person", m.Question.Subject.String())
	}
	for _, id := range m.Question.Also {
		add("And", id.String())
	}
	if m.Question.Stream != (domain.Stream{}) {
		add("Stream", m.Question.Stream.String())
	}
	add("As of", grouped(m.Size)+" events in the whole ledger")
	add("Made", clock(m.Made)+" UTC")
	beside := ""
	if n := int(m.Counts.Events) - answers; n > 0 {
		beside = " and " + counted(n, "more", "more") + " that they rest on"
	}
	add("In this bundle", counted(answers, "event", "events")+beside+"; "+counted(int(m.Counts.Opened), "personal value", "personal values")+" opened, "+
		counted(int(m.Counts.Erased), "box erased", "boxes erased")+", "+counted(int(m.Counts.Struck), "payload struck", "payloads struck"))
	return facts
}

// bundleTable lists the events with what is shown of each.
func bundleTable(events []*bundle.Event) *Table {
	t := &Table{Name: "events", Title: "Events", Order: "In the order in which they were kept.", Empty: "Nothing was kept.", Columns: []Column{
		{Name: "seq", Title: "Number", Group: "Number"}, {Name: "kind", Title: "What", Group: "What"}, {Name: "occurred", Title: "Happened", Group: "When"},
		{Name: "recorded", Title: "Recorded", Group: "When"}, {Name: "plain", Title: "Kept in the clear", Group: "Content"}, {Name: "personal", Title: "Personal", Group: "Content"},
	}}
	for _, e := range events {
		fields := map[string]string{}
		var plain, personal []string
		for _, f := range e.Env {
			fields[f.Name] = shownText(f.Value)
		}
		for _, f := range e.Pay {
			if name, ok := strings.CutPrefix(f.Name, "plain/"); ok {
				plain = append(plain, name+" "+shownText(f.Value))
			}
		}
		for _, o := range e.Open {
			personal = append(personal, strings.TrimPrefix(o.Path, "/")+" "+o.Value)
		}
		for range e.Erased {
			personal = append(personal, "(erased)")
		}
		if e.Struck >= 0 {
			plain = []string{"(struck, as event " + strconv.FormatInt(e.Struck, 10) + " says)"}
		}
		row := []Cell{Number(e.Seq), Text(fields["kind"]), shownTime(fields["occurred"]), shownTime(fields["recorded"]), nil, nil}
		if len(plain) > 0 {
			row[4] = List(plain)
		}
		if len(personal) > 0 {
			row[5] = List(personal)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// shownTime is a field's value as a time, where it is one.
func shownTime(text string) Cell {
	if t, _, err := domain.ParseTime(text); err == nil {
		return Instant(t)
	}
	return Text(text)
}

// shownText is a field's value as people read it.
func shownText(value []byte) string {
	tree, err := canon.Parse(value)
	if s, ok := tree.(string); ok && err == nil {
		return s
	}
	return string(value)
}
