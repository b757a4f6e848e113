package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// MaxDocument is how long a published list may be. A list is one event, so it is read as a whole.
const MaxDocument = 4 << 20

// maxRows is more than an event of 64 KiB can hold.
const maxRows = 1000

// RegisterOptions of [Register].
type RegisterOptions struct {
	List      string         // which list it is a version of; "main" when empty
	Effective domain.Date    // from when it holds; what the document says when empty
	Today     domain.Date    // the day on which it is imported
	Renames   domain.Renames // old name → new name: they keep one key
	Encoding  string         // of the document, such as windows-1252; UTF-8 or what its first bytes say when empty
	Correct   bool           // it takes the place of the version of the same day
	// NamingKey is the operator's naming key, from which the keys of rows are derived.
	NamingKey func() ([]byte, error)
	// History is what was kept of a list; nil: nothing was.
	History func(list string) (domain.ListHistory, error)
}

// RegisterReader is the [Reader] of one published list.
type RegisterReader struct {
	items   []Item
	list    *domain.ListPublished
	history domain.ListHistory
	drops   drops
	notes   notes
	err     error
}

// Register reads one published sub-processor list, Markdown, HTML or CSV, as one event: a snapshot. A
// row that can't be read is refused and the list with it, because a snapshot without the row would
// say that the company is gone.
func Register(r io.Reader, o RegisterOptions) *RegisterReader {
	if o.List == "" {
		o.List = "main"
	}
	reg := &RegisterReader{drops: drops{}, notes: notes{}}
	reg.err = reg.read(r, o)
	return reg
}

// List is the list as it was read, and what was kept of it before; ok is false when it is refused.
func (r *RegisterReader) List() (list domain.ListPublished, history domain.ListHistory, ok bool) {
	if r.list == nil {
		return domain.ListPublished{}, r.history, false
	}
	return *r.list, r.history, true
}

// Notes tells what was passed over, and what deserves a second look.
func (r *RegisterReader) Notes() map[string]int { return r.notes }

// Dropped counts the cells of columns that were left out, by the column's name.
func (r *RegisterReader) Dropped() map[string]int { return r.drops }

func (r *RegisterReader) Next() (Item, error) {
	if r.err != nil {
		return Item{}, r.err
	}
	if len(r.items) == 0 {
		return Item{}, io.EOF
	}
	item := r.items[0]
	r.items = r.items[1:]
	return item, nil
}

func (r *RegisterReader) read(in io.Reader, o RegisterOptions) error {
	text, err := io.ReadAll(io.LimitReader(in, MaxDocument+1))
	if err != nil {
		return err
	}
	refuse := func(line int, no *domain.Refusal) {
		r.items = append(r.items, Item{Line: line, Err: no, Offset: int64(len(text))})
	}
	if len(text) > MaxDocument {
		refuse(1, &domain.Refusal{Code: domain.TooMuch, Rule: "input.size", Message: "longer than 4 MiB: no published list is"})
		return nil
	}
	doc, no := decoded(text, o.Encoding)
	if no != nil {
		refuse(1, no)
		return nil
	}
	effective, no := effectiveDay(doc, o)
	if no != nil {
		refuse(1, no)
		return nil
	}
	found := reading{effective: effective, drops: r.drops, notes: r.notes}
	if no := found.rowsOf(doc); no != nil {
		refuse(1, no)
		return nil
	}
	rows := found.rows
	if len(rows) > maxRows {
		refuse(rows[maxRows].line, &domain.Refusal{Code: domain.TooMuch, Rule: "input.size", Message: fmt.Sprintf("more than %d rows: a list is one event and has to fit in one", maxRows)})
		return nil
	}
	naming, err := o.NamingKey()
	if err != nil {
		return fmt.Errorf("naming key: %w", err)
	}
	list := domain.ListPublished{List: o.List, Effective: effective}
	if err := domain.Reasons["version"].Check(o.List); err != nil {
		refuse(1, domain.Malformed("list", "%s", err))
	}
	var lines []int
	served := severalServices(rows)
	for _, row := range rows {
		e, no := row.entry(naming, o, effective, served)
		if no == nil {
			no = r.merge(&list, &lines, e, row.line)
		}
		if no != nil {
			refuse(row.line, no)
		} else if mixed := domain.MixedScripts(e.Name); mixed != nil {
			r.notes[fmt.Sprintf("line %d: a word of the name mixes %s letters that look alike: is it the company it seems to be?", row.line, strings.Join(mixed, " and "))]++
		}
	}
	if len(r.items) > 0 {
		return nil
	}
	sum := sha256.Sum256(text)
	list.Digest = hex.EncodeToString(sum[:])
	if err := domain.Check(list); err != nil {
		refuse(1, refusal("", err))
		return nil
	}
	sub := &ledger.Submission{Source: "register", Tenant: domain.Operator, Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}}}
	if no, err := r.place(sub, list, o); err != nil || no != nil {
		if no != nil {
			refuse(1, no)
		}
		return err
	}
	r.items = []Item{{Line: 1, Offset: int64(len(text)), Sub: []*ledger.Submission{sub}}}
	return nil
}

// place compares a list with the versions kept before it. The version that stands for the same day, with
// the same rows in whatever words around them, is sent as it was kept: a duplicate. With other rows
// it is refused, unless it is said to correct it.
func (r *RegisterReader) place(sub *ledger.Submission, list domain.ListPublished, o RegisterOptions) (*domain.Refusal, error) {
	if o.History != nil {
		var err error
		if r.history, err = o.History(o.List); err != nil {
			return nil, fmt.Errorf("read the versions kept before: %w", err)
		}
	}
	sub.SourceID = o.List + "/" + string(list.Effective)
	sub.Occurred = domain.DayIn(list.Effective, "")
	if o.Today != "" && list.Effective > o.Today { // published ahead: it is known today, and holds later
		sub.Occurred.At = o.Today.Start()
	}
	if n := len(r.history.Of(list.Effective)); n > 0 {
		sub.SourceID = fmt.Sprintf("%s/%d", sub.SourceID, n+1)
	}
	if stands, found := r.history.OfDay(list.Effective); found {
		switch {
		case domain.SameRows(stands.Entries, list.Entries):
			sub.ID, sub.Occurred, list = stands.ID, stands.Occurred, stands.ListPublished
		case o.Correct:
			list.Corrects = stands.ID
		default:
			return &domain.Refusal{Code: domain.Conflict, Rule: "register.day", Article: "Art. 28(2) GDPR", Field: "data.entries",
				Message: "a version of this list with other rows is kept for the same day: --correct keeps this one in its place (both stay in the history), --effective gives it a day of its own"}, nil
		}
	} else if o.Correct {
		return &domain.Refusal{Code: domain.NotFound, Rule: "register.day", Article: "Art. 28(2) GDPR", Field: "effective",
			Message: "there is no version of this list for this day that it could correct: import it without --correct"}, nil
	}
	sub.Event, r.list = list, &list
	return nil, nil
}

// maxAhead is how many years ahead a list may be published; beyond that the year is a slip.
const maxAhead = 10

func effectiveDay(doc string, o RegisterOptions) (domain.Date, *domain.Refusal) {
	day, field := o.Effective, "effective"
	if day == "" {
		day = statedDate(strings.Split(comment.ReplaceAllString(doc, ""), "\n"))
	}
	switch _, err := domain.ParseDate(string(day)); {
	case day == "" || err != nil:
		return "", domain.Malformed(field, "missing: the document doesn't say from which day it holds; give --effective with a day such as 2026-10-01")
	case day.Start().Check() != nil || day <= "1970-01-01":
		return "", domain.Malformed(field, "lies before 1970: is the year right? Give --effective with a day such as 2026-10-01")
	case o.Today != "" && day.Start() > o.Today.Start()+maxAhead*366*24*60*60*1_000_000:
		return "", domain.Malformed(field, "lies more than ten years ahead: is the year right? Give --effective with a day such as 2026-10-01")
	}
	return day, nil
}

// merge adds a row. The same row twice is one; the same company and purpose with other details is
// refused, because nobody could say which holds.
func (r *RegisterReader) merge(list *domain.ListPublished, lines *[]int, e domain.Entry, line int) *domain.Refusal {
	i := slices.IndexFunc(list.Entries, func(x domain.Entry) bool { return x.Key == e.Key })
	if i < 0 {
		list.Entries, *lines = append(list.Entries, e), append(*lines, line)
		return nil
	}
	first := list.Entries[i]
	var differ []string
	for _, d := range []struct {
		name string
		same bool
	}{
		{"name", first.Name == e.Name}, {"purpose", first.Purpose == e.Purpose}, {"service", first.Service == e.Service}, {"locations", slices.Equal(first.Locations, e.Locations)},
		{"seat", first.Seat == e.Seat}, {"url", first.URL == e.URL}, {"status", first.Status == e.Status},
	} {
		if !d.same {
			differ = append(differ, d.name)
		}
	}
	if differ == nil {
		return nil
	}
	return &domain.Refusal{Code: domain.Conflict, Rule: "register.key", Article: "Art. 28(2) GDPR", Field: strings.Join(differ, ", "),
		Message: fmt.Sprintf("the rows in lines %d and %d have the same company and purpose but differ here: keep one, or tell their purposes apart", (*lines)[i], line)}
}

// row is one row of a list, with its line in the document.
type row struct {
	line                         int
	name, purpose, service, seat string
	locations                    []string
	url                          string
	standing                     string // what its status says
	status                       domain.EntryStatus
	no                           *domain.Refusal // why it can't be read
}

// severalServices are the keys of rows that only their service tells apart.
func severalServices(rows []row) map[string]bool {
	seen, several := map[string]string{}, map[string]bool{}
	for _, w := range rows {
		key := domain.NormalisedKey(w.name, w.purpose)
		if before, twice := seen[key]; twice && before != fold(w.service) {
			several[key] = true
		}
		seen[key] = fold(w.service)
	}
	return several
}

// entry checks the row as the catalogue will, and derives its key.
func (w row) entry(naming []byte, o RegisterOptions, effective domain.Date, served map[string]bool) (domain.Entry, *domain.Refusal) {
	if w.no != nil {
		return domain.Entry{}, w.no
	}
	e := domain.Entry{Name: w.name, Purpose: w.purpose, Service: w.service, Locations: w.locations, Seat: w.seat, URL: w.url, Status: w.status}
	if w.standing != "" && e.Status != domain.EntryEnded {
		status, known := standingOf(w.standing, effective)
		if !known {
			return e, domain.Malformed("status", "says neither that the company is in use nor that it is planned, suspended or removed: write one of these words")
		}
		e.Status = status
	}
	key := domain.NormalisedKey(first(o.Renames, e.Name), e.Purpose)
	if served[domain.NormalisedKey(w.name, w.purpose)] {
		key += "/" + strings.Join(strings.Fields(fold(w.service)), " ")
	}
	e.Key = domain.KeyedID(naming, "entry", o.List+"/"+key, "entry", 0)
	if err := domain.Check(domain.ListPublished{List: "one", Effective: "2026-01-01", Digest: strings.Repeat("0", 64), Entries: []domain.Entry{e}}); err != nil {
		var f *domain.FieldError
		if errors.As(err, &f) {
			err = &domain.FieldError{Path: strings.TrimPrefix(f.Path, "entries.0."), Msg: f.Msg}
		}
		return e, refusal("", err)
	}
	return e, nil
}
