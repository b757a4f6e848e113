package bundle

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger/seal"
)

// Manifest says what was asked and what is in the bundle. docs/bundle.md, section 2.
type Manifest struct {
	Ledger   domain.ID
	Origin   string
	Made     domain.Time
	Question Question
	Run      Span
	Size     int64 // of the checkpoint
	Counts   Counts
	Limits   []string // what this doesn't show
	Files    map[string]File
	Key      string // vkey of who signs it
}

// File is what a file must be.
type File struct {
	Size   int64
	SHA256 [32]byte
}

// FileOf describes a file.
func FileOf(text []byte) File { return File{int64(len(text)), sha256.Sum256(text)} }

// Span is the seqs from First to Last, both included; Last < First is none.
type Span struct{ First, Last int64 }

// None is no event at all.
var None = Span{0, -1}

// spanOf is from the first of some seqs to the last.
func spanOf(seqs []int64) Span {
	if len(seqs) == 0 {
		return None
	}
	return Span{seqs[0], seqs[len(seqs)-1]}
}

func (s Span) tree() map[string]any { return map[string]any{"first": s.First, "last": s.Last} }

// Counts are what a verifier counts again.
type Counts struct {
	Leaves   int64 // in the file
	Run      int64 // leaves of the run
	Events   int64 // lines of events
	Shown    int64 // fields
	Withheld int64 // fields
	Opened   int64 // personal values
	Erased   int64 // boxes whose key is gone
	Struck   int64 // payloads that were removed
}

// Counted is one of the counts.
type Counted struct {
	N    int64
	Name string // in the manifest
	What string
}

// Named lists the counts.
func (c Counts) Named() []Counted {
	return []Counted{{c.Leaves, "leaves", "leaves"}, {c.Run, "run", "leaves of the run"}, {c.Events, "events", "events"}, {c.Shown, "shown", "shown fields"},
		{c.Withheld, "withheld", "withheld fields"}, {c.Opened, "opened", "opened values"}, {c.Erased, "erased", "erased boxes"}, {c.Struck, "struck", "struck payloads"}}
}

// Of is what a question is about.
type Of string

// The things to ask about.
const (
	OfLedger  Of = "ledger"
	OfTenant  Of = "tenant"
	OfSubject Of = "subject"
	OfStream  Of = "stream"
)

// Axis is by which time a period is meant.
type Axis string

// The axes.
const (
	Whole    Axis = ""         // no period
	Recorded Axis = "recorded" // when it was kept: the log's time
	Occurred Axis = "occurred" // when it happened
)

// Question is what a bundle answers.
type Question struct {
	Of       Of
	Tenant   domain.ID // zero for the ledger
	Subject  domain.ID
	Also     []domain.ID // more tenants or subjects beside it, rising: a person's other ids, an agency's accounts
	Stream   domain.Stream
	Axis     Axis
	From, To domain.Time // whole seconds; 0: no such bound
}

// second is a second of [domain.Time].
const second = domain.Time(1_000_000)

// Check reports what no bundle can answer.
func (q Question) Check() error {
	switch {
	case q.Of != OfLedger && q.Of != OfTenant && q.Of != OfSubject && q.Of != OfStream:
		return errors.New("ask about a tenant, a subject, a stream or the whole ledger")
	case (q.Of == OfLedger) != (q.Tenant == domain.ID{}):
		return errors.New("name the tenant")
	case (q.Of == OfSubject) != (q.Subject != domain.ID{}), (q.Of == OfStream) != (q.Stream != domain.Stream{}):
		return errors.New("name what is asked about, and nothing else")
	case len(q.Also) > 0 && !q.headed():
		return errors.New("only tenants and subjects can be several")
	case len(q.Also) > MostAlso:
		return fmt.Errorf("at most %d more can be named beside the first", MostAlso)
	case slices.Contains(q.Also, domain.ID{}), slices.Contains(q.Also, q.ids()[0]), !slices.Equal(Rising(q.Also), q.Also):
		return errors.New("name each once, those beside the first in rising order")
	case q.Axis == Whole && (q.From != 0 || q.To != 0):
		return errors.New("say by which time the period is meant: recorded or occurred")
	case q.Axis != Whole && q.Of == OfStream:
		return errors.New("a stream is short and has no periods: ask for all of it")
	case q.Axis != Whole && q.From == 0 && q.To == 0:
		return errors.New("a period has a beginning or an end")
	case q.Axis != Whole && q.Axis != Recorded && q.Axis != Occurred:
		return errors.New("a period is meant by the time recorded or occurred")
	case q.From%second != 0 || q.To%second != 0:
		return errors.New("a period begins and ends with a whole second")
	case q.From != 0 && q.To != 0 && q.From >= q.To:
		return errors.New("a period ends after it begins")
	}
	return nil
}

// MostAlso is how many more tenants or subjects a question names beside its first.
const MostAlso = 255

// headed tells whether the question is answered by heads.
func (q Question) headed() bool { return q.Of == OfTenant || q.Of == OfSubject }

// Rising is the ids in their order, each once, as a question names those beside its first.
func Rising(ids []domain.ID) []domain.ID {
	return slices.Compact(slices.SortedFunc(slices.Values(ids), func(a, b domain.ID) int { return strings.Compare(a.Raw(), b.Raw()) }))
}

// ids are the tenants or subjects asked about; no others have heads.
func (q Question) ids() []domain.ID {
	if q.Of == OfSubject {
		return append([]domain.ID{q.Subject}, q.Also...)
	}
	return append([]domain.ID{q.Tenant}, q.Also...)
}

// Tenants are the accounts asked about; none is the whole ledger.
func (q Question) Tenants() []domain.ID {
	switch q.Of {
	case OfLedger:
		return nil
	case OfTenant:
		return q.ids()
	}
	return []domain.ID{q.Tenant}
}

// Asks tells whether a person is one of those asked about.
func (q Question) Asks(subject domain.ID) bool {
	return q.Of == OfSubject && slices.Contains(q.ids(), subject)
}

// Heads are the tags whose heads answer, in the order of the ids; none for a ledger or stream.
func (q Question) Heads() (tags []tlog.Hash) {
	if !q.headed() {
		return nil
	}
	for _, id := range q.ids() {
		tag := seal.Tag("tenant", id, id)
		if q.Of == OfSubject {
			tag = seal.Tag("subject", q.Tenant, id)
		}
		tags = append(tags, tlog.Hash(tag))
	}
	return tags
}

// Covers reports whether a time lies in the period.
func (q Question) Covers(t domain.Time) bool {
	return (q.From == 0 || t >= q.From) && (q.To == 0 || t < q.To)
}

// Text is the canonical form that is signed, with its newline.
func (m *Manifest) Text() string {
	files := map[string]any{}
	for name, f := range m.Files {
		files[name] = map[string]any{"sha256": hex.EncodeToString(f.SHA256[:]), "size": f.Size}
	}
	counts := map[string]any{}
	for _, c := range m.Counts.Named() {
		counts[c.Name] = c.N
	}
	object := map[string]any{
		"bundle": int64(1), "files": files, "key": m.Key, "ledger": m.Ledger.String(), "made": m.Made.String(), "origin": m.Origin, "question": m.Question.tree(), "size": m.Size, "counts": counts}
	limits := []any{}
	for _, l := range m.Limits {
		limits = append(limits, l)
	}
	object["limits"] = limits
	if m.Run.First <= m.Run.Last {
		object["run"] = m.Run.tree()
	}
	return string(canon.Append(nil, object)) + "\n"
}

func (q Question) tree() map[string]any {
	o := map[string]any{"of": string(q.Of)}
	if q.Tenant != (domain.ID{}) {
		o["tenant"] = q.Tenant.String()
	}
	if q.Subject != (domain.ID{}) {
		o["subject"] = q.Subject.String()
	}
	if len(q.Also) > 0 {
		also := make([]any, len(q.Also))
		for i, id := range q.Also {
			also[i] = id.String()
		}
		o["also"] = also
	}
	if q.Stream != (domain.Stream{}) {
		o["stream"] = q.Stream.String()
	}
	if q.Axis != Whole {
		o["axis"] = string(q.Axis)
	}
	if q.From != 0 {
		o["from"] = q.From.String()
	}
	if q.To != 0 {
		o["to"] = q.To.String()
	}
	return o
}

// KeyName is the name of the key that signs manifests of a log.
func KeyName(origin string) string { return origin + "/bundle" }

// Sign signs a manifest; signer is the one that its Key names.
func (m *Manifest) Sign(signer note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: m.Text()}, signer)
}

// OpenManifest reads a manifest that is signed first by the key it names. Others may have signed it after that, by
// whatever algorithm: their signatures are passed over. Whether the key is to be trusted only a policy can say.
func OpenManifest(text []byte) (*Manifest, error) {
	line, _, _ := strings.Cut(string(text), "\n")
	m, err := parseManifest(line)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(m.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if v.Name() != KeyName(m.Origin) {
		return nil, fmt.Errorf("key: it is called %q, and should be %q", v.Name(), KeyName(m.Origin))
	}
	n, err := note.Open(text, note.VerifierList(v))
	if err != nil {
		return nil, fmt.Errorf("its signature doesn't hold: %w", err)
	}
	if n.Text != line+"\n" || len(n.Sigs) != 1 {
		return nil, errors.New("it is not one line that its key signed")
	}
	again := n.Text + "\n"
	for i, sig := range signaturesOf(text) {
		// note.Open takes a signature in more than one spelling (the last bits of base64); the bundle has one.
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return nil, fmt.Errorf("a signature is not base64 as it should be: %w", err)
		}
		if first := sig == n.Sigs[0]; first != (i == 0) {
			return nil, errors.New("its key's signature isn't the first, or is there twice")
		}
		again += "— " + sig.Name + " " + sig.Base64 + "\n"
	}
	if again != string(text) {
		return nil, errors.New("it is written in another way than a signed note")
	}
	return m, nil
}

// signaturesOf are a note's signatures in their order, whoever they are of.
func signaturesOf(text []byte) (all []note.Signature) {
	_, lines, _ := strings.Cut(string(text), "\n\n")
	for line := range strings.Lines(lines) {
		if f := strings.Fields(line); len(f) == 3 {
			raw, _ := base64.StdEncoding.DecodeString(f[2])
			s := note.Signature{Name: f[1], Base64: f[2]}
			if len(raw) > 4 {
				s.Hash = binary.BigEndian.Uint32(raw)
			}
			all = append(all, s)
		}
	}
	return all
}
