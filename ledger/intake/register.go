package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

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
	Renames   domain.Renames // old name → new name: they keep one key
	// NamingKey is the operator's naming key, from which the keys of rows are derived.
	NamingKey func() ([]byte, error)
}

type register struct {
	items []Item
	drops drops
	err   error
}

// Register reads one published sub-processor list, Markdown or CSV, as one event: a snapshot. A row
// that can't be read is refused and the list with it, because a snapshot without the row would say
// that the company is gone.
func Register(r io.Reader, o RegisterOptions) Reader {
	if o.List == "" {
		o.List = "main"
	}
	reg := &register{drops: drops{}}
	reg.err = reg.read(r, o)
	return reg
}

// Dropped counts the cells of columns that were left out, by the column's name.
func (r *register) Dropped() map[string]int { return r.drops }

func (r *register) Next() (Item, error) {
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

func (r *register) read(in io.Reader, o RegisterOptions) error {
	text, err := io.ReadAll(io.LimitReader(in, MaxDocument+1))
	if err != nil {
		return err
	}
	refuse := func(line int, no *domain.Refusal) {
		r.items = append(r.items, Item{Line: line, Err: no, Offset: int64(len(text))})
	}
	switch {
	case len(text) > MaxDocument:
		refuse(1, &domain.Refusal{Code: domain.TooMuch, Rule: "input.size", Message: "longer than 4 MiB: no published list is"})
		return nil
	case !utf8.Valid(text):
		refuse(1, unreadable("invalid UTF-8: save the list as UTF-8"))
		return nil
	}
	doc := string(text)
	effective := o.Effective
	if effective == "" {
		effective = statedDate(doc)
	}
	if _, err := domain.ParseDate(string(effective)); err != nil {
		refuse(1, domain.Malformed("effective", "missing: the document doesn't say from when it holds; give --effective with a day such as 2026-10-01"))
		return nil
	}
	rows, no := rowsOf(doc, r.drops)
	if no != nil {
		refuse(1, no)
		return nil
	}
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
	for _, row := range rows {
		e, no := row.entry(naming, o)
		if no == nil {
			no = r.merge(&list, &lines, e, row.line)
		}
		if no != nil {
			refuse(row.line, no)
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
	r.items = []Item{{Line: 1, Offset: int64(len(text)), Sub: []*ledger.Submission{{
		Source: "register", SourceID: o.List + "/" + string(effective), Tenant: domain.Operator, Event: list,
		Occurred: domain.DayIn(effective, ""),
		Actor:    ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}},
	}}}}
	return nil
}

// merge adds a row. The same row twice is one; the same company and purpose with other details is
// refused, because nobody could say which holds.
func (r *register) merge(list *domain.ListPublished, lines *[]int, e domain.Entry, line int) *domain.Refusal {
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
		{"name", first.Name == e.Name}, {"purpose", first.Purpose == e.Purpose}, {"locations", slices.Equal(first.Locations, e.Locations)},
		{"seat", first.Seat == e.Seat}, {"url", first.URL == e.URL},
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
	line                int
	name, purpose, seat string
	locations           []string
	url                 string
	no                  *domain.Refusal // why it can't be read
}

// entry checks the row as the catalogue will, and derives its key.
func (w row) entry(naming []byte, o RegisterOptions) (domain.Entry, *domain.Refusal) {
	if w.no != nil {
		return domain.Entry{}, w.no
	}
	e := domain.Entry{Name: w.name, Purpose: w.purpose, Locations: w.locations, Seat: w.seat, URL: w.url}
	key := domain.NormalisedKey(first(o.Renames, e.Name), e.Purpose)
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
