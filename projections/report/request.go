package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muniment/domain"
)

// Kind names a report as users type it: muniment report subprocessors.
type Kind string

// The reports there are.
const (
	Subprocessors Kind = "subprocessors"
	Accesses      Kind = "accesses"
	Erasure       Kind = "erasure"
)

// View is for whom an access log is written.
type View string

// The views. The zero view is the DPO's.
const (
	ForDPO     View = "dpo"
	ForSubject View = "subject"
)

// Request asks for one report as one file.
type Request struct {
	Kind    Kind
	Tenant  domain.ID // of an access log; zero: wherever the person is, within the scope
	Subject domain.ID // of an access log: whose
	// AsOf is the day asked about. Zero: KnownAt when that is given, else now.
	AsOf domain.Time
	// KnownAt limits what the ledger knew then. Zero: all it knows.
	KnownAt domain.Time
	// Size, when not zero, is the number of events to look at, instead of KnownAt: with it and AsOf a
	// kept generation (its seq + 1) can be made again exactly.
	Size int64
	// From is the earlier day: the register is compared with it; an access log begins there.
	From        domain.Time
	View        View           // of an access log
	LedgerReads bool           // of an access log: also reads of this ledger
	Renames     domain.Renames // of the register: companies that only changed their names
	Format      Format
	Table       string // of a CSV file, which holds one table; "" for the report's main one
}

// Info describes one report.
type Info struct {
	Kind  Kind
	Word  string // in audit.report_generated
	Title string
	About string // one sentence for help texts

	check    func(Request) *domain.Refusal
	generate func(context.Context, *maker) error
}

// Kinds lists the reports.
func Kinds() []Info {
	return []Info{
		{Subprocessors, "SUBPROCESSORS", "Sub-processor register", "Which companies had, or could have had, access to customers' data on a day, and what changed since an earlier one.", checkRegister, makeRegister},
		{Accesses, "ACCESSES", "Access log of one person", "Who looked at, listened to, downloaded or changed one person's data, when and why.", checkAccesses, makeAccesses},
		{Erasure, "ERASURE", "Certificate of erasure", "Which keys of one person, or of an account that left, were destroyed, when, and what stays.", checkErasure, makeErasure},
	}
}

// Lookup finds a report by its name; the refusal lists the names.
func Lookup(k Kind) (Info, error) {
	all := Kinds()
	if i := slices.IndexFunc(all, func(x Info) bool { return x.Kind == k }); i >= 0 {
		return all[i], nil
	}
	names := make([]string, len(all))
	for i, x := range all {
		names[i] = string(x.Kind)
	}
	return Info{}, domain.Malformed("kind", "no such report in this build: expected one of %s", strings.Join(names, ", "))
}

// Days reads the days of a request as people write them: a time (RFC 3339), or a day in UTC. "As of"
// a day means its end, so that all of it counts. The register is compared with the end of its from
// day too; an access log begins with the start of it. An empty text is the zero time.
func (k Kind) Days(asOf, from string) (at, since domain.Time, err error) {
	if at, err = moment("asOf", asOf, true); err != nil {
		return 0, 0, err
	}
	since, err = moment("from", from, k == Subprocessors)
	return at, since, err
}

func moment(field, text string, end bool) (domain.Time, error) {
	if text == "" {
		return 0, nil
	}
	m, err := domain.ParseMoment(text)
	if err != nil {
		return 0, domain.Malformed(field, "%s", err)
	}
	if m.Precision == domain.Day && end {
		return endOf(m.At), nil
	}
	return m.At, nil
}

// endOf is the last instant of a day that begins at t.
func endOf(t domain.Time) domain.Time {
	return t + domain.Time((24*time.Hour)/time.Microsecond) - 1
}

func checkRegister(q Request) *domain.Refusal {
	switch {
	case q.View != "":
		return domain.Malformed("view", "the register has one view: leave it out")
	case !q.Subject.IsZero():
		return domain.Malformed("subject", "the register is about companies: leave it out")
	case !q.Tenant.IsZero() && q.Tenant != domain.Operator:
		return domain.Malformed("tenant", "the register is one for all tenants: leave it out")
	}
	return nil
}

func checkAccesses(q Request) *domain.Refusal {
	switch {
	case q.Subject.IsZero():
		return domain.Malformed("subject", "missing: say whose access log, by the person's id")
	case q.View != "" && q.View != ForDPO && q.View != ForSubject:
		return domain.Malformed("view", "expected %s or %s", ForDPO, ForSubject)
	}
	return nil
}

// check reports what is wrong with the request.
func (q Request) check() (Info, error) {
	info, err := Lookup(q.Kind)
	if err != nil {
		return info, err
	}
	if no := info.check(q); no != nil {
		return info, no
	}
	if q.Size != 0 && q.KnownAt != 0 {
		return info, domain.Malformed("size", "give knownAt or size, not both")
	}
	if q.Size < 0 {
		return info, domain.Malformed("size", "expected a number of events")
	}
	return info, nil
}

// fileName is made of the question and the viewpoint, so that copies can be told apart in a folder.
func (d *Document) fileName(f Format, table string) string {
	parts := []string{string(d.Kind)}
	if len(d.Subjects) > 0 {
		parts = append(parts, d.Subjects[0].ID.String()[:8])
	}
	if d.View == ForSubject {
		parts = append(parts, "subject-view")
	}
	if table != "" {
		parts = append(parts, table)
	}
	day := strings.ReplaceAll(d.Viewpoint.AsOf.Std().Format(time.DateOnly), "-", "")
	return fmt.Sprintf("%s_asof-%s_size-%d.%s", strings.Join(parts, "_"), day, d.Viewpoint.Size(), strings.ToLower(string(f)))
}
