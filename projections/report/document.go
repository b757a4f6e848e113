package report

import (
	"context"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/projections"
)

// Version is the version of the documents' content, words and field names. Raise it with any change
// that gives other bytes for the same viewpoint.
const Version = 1

// Document is a report before it is a file.
type Document struct {
	Kind      Kind
	View      View
	Title     string
	Question  string // the question it answers, in one sentence
	For       string // for whom it is written
	Viewpoint Viewpoint
	Ledger    domain.ID
	Facts     []Fact  // what the reader must know before the tables
	Tables    []Table // the first is the main one
	Notes     []Note  // what it shows, what it doesn't
	Proofs    []Proof // that the events it cites are sealed; of a certificate

	// Tenant and Subjects are whom the report is about, for the event that keeps its making.
	Tenant   domain.ID
	Subjects []domain.SubjectRef

	word string // the report's name in events
}

// Evidence is what documents say about their proof: none of their own.
const Evidence = "no proof in this document itself: the events it was made from are sealed in the ledger’s signed tree, which muniment verify checks"

// NotAdvice stands on every report.
const NotAdvice = "This report is not legal advice."

// Fact is one line of the head.
type Fact struct {
	Name  string // in JSON
	Title string
	Value Cell
	Mark  Mark
	// Absent is what a page says for an absent value; "none kept" when it says nothing.
	Absent string
}

// Note is one paragraph about the report itself.
type Note struct {
	Heading string
	Lines   []string
}

// Mark says what a column's values rest on.
type Mark string

// The marks.
const (
	Declared Mark = "declared" // somebody stated it
	Observed Mark = "observed" // events show it
	Reported Mark = "reported" // an event shows it, and who did it is another system's word
	Computed Mark = "computed" // worked out here from the other two
)

// Column is one column of a table. Columns with the same Group share one column on a page, the
// first of them as its heading.
type Column struct {
	Name   string // in JSON and CSV
	Title  string
	Group  string
	Mark   Mark
	Absent string // what a page says for an absent value, if anything
}

// Table is rows in a stated order. A nil cell is an absent value.
type Table struct {
	Name    string // in JSON, and of a CSV file
	Title   string
	Order   string // said in the caption
	Empty   string // said instead of rows
	Columns []Column
	Rows    [][]Cell
}

// Source is where a report comes from.
type Source struct {
	Ledger *ledger.Ledger
	Views  *projections.Views
	Scope  projections.Scope
	// Reveal opens personal values, in the order asked; it has recorded, or is about to record, why
	// ([domain.LedgerQueried]) before it returns. Nil: purpose and case were not stated, so every
	// value is withheld.
	Reveal func(context.Context, []ledger.Ref) ([]ledger.Value, error)
	// Prove shows that an event is in the signed tree; [seal.ErrNotSealed] while it isn't. Nil: documents
	// carry no proof.
	Prove func(ctx context.Context, seq int64) (seal.Proof, error)
}

// damaged refuses a report that would rest on an event that isn't the one that was signed.
func damaged(r ledger.Record) error {
	return &domain.Refusal{Code: domain.Unavailable, Rule: "evidence.damaged", Message: ledger.Forged{Seq: r.Seq}.Shown()}
}

// events reads events by their positions, in the order asked.
func (s Source) events(ctx context.Context, seqs []int64) (all []domain.Kept, err error) {
	for chunk := range slices.Chunk(seqs, projections.MaxPage) {
		records, err := s.Ledger.Shown(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if r.Forged {
				return nil, damaged(r)
			}
			k, err := ledger.Decode(r)
			if err != nil {
				return nil, err
			}
			all = append(all, k)
		}
	}
	return all, nil
}

// maker is one document on its way.
type maker struct {
	src    Source
	q      Request
	doc    *Document
	reader projections.Reader
	at     domain.Viewpoint
}

// Generate makes the document of a request. A *[domain.Refusal] says what is wrong with the request.
func Generate(ctx context.Context, s Source, q Request) (*Document, error) {
	info, err := q.check()
	if err != nil {
		return nil, err
	}
	v, err := s.resolve(ctx, q)
	if err != nil {
		return nil, err
	}
	m := &maker{src: s, q: q, reader: s.Views.In(s.Scope), at: v.Viewpoint,
		doc: &Document{Kind: info.Kind, Title: info.Title, Viewpoint: v, Ledger: s.Ledger.ID, word: info.Word}}
	if err := info.generate(ctx, m); err != nil {
		return nil, err
	}
	if s.Views.Seen() <= v.Known { // emptied for a rebuild meanwhile: rows may be missing
		return nil, behind()
	}
	return m.doc, nil
}

func (d *Document) fact(name, title string, value Cell, mark Mark) {
	d.Facts = append(d.Facts, Fact{Name: name, Title: title, Value: value, Mark: mark})
}

// pending is a fact that comes about later; absent says when.
func (d *Document) pending(name, title string, value Cell, absent string) {
	d.Facts = append(d.Facts, Fact{name, title, value, Observed, absent})
}

func (d *Document) note(heading string, lines ...string) {
	d.Notes = append(d.Notes, Note{heading, lines})
}

func (d *Document) table(t Table) {
	d.Tables = append(d.Tables, t)
}
