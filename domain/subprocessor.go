package domain

// Entry is one row of a published sub-processor list. Name and purpose together are its key, and
// the service where a list has several rows with the same two: one vendor may stand twice.
type Entry struct {
	Key       ID          `json:"key"` // derived from list, normalised name and purpose
	Name      string      `json:"name" plain:"company"`
	Purpose   string      `json:"purpose" plain:"processing"`
	Service   string      `json:"service,omitempty" plain:"processing"` // which of our services it is for
	Locations []string    `json:"locations,omitempty" plain:"place"`
	Seat      string      `json:"seat,omitempty" plain:"place"` // where the company sits
	URL       string      `json:"url,omitempty" plain:"url"`
	Status    EntryStatus `json:"status,omitempty"` // "": in use
}

// EntryStatus is what a published list says of a company that is not in use.
type EntryStatus string

// The states of a row besides in use.
const (
	EntryAnnounced EntryStatus = "ANNOUNCED" // planned, decided, not yet in use
	EntrySuspended EntryStatus = "SUSPENDED" // not in use for the time being
	EntryEnded     EntryStatus = "ENDED"     // removed, no longer in use
)

// Values lists the states.
func (EntryStatus) Values() []string { return []string{"ANNOUNCED", "SUSPENDED", "ENDED"} }

// RowsInUse are the rows of a list that are in use.
func RowsInUse(rows []Entry) (used []Entry) {
	for _, e := range rows {
		if e.Status == "" {
			used = append(used, e)
		}
	}
	return used
}

// ListPublished is one whole snapshot of a published list. It occurred when it was published, and
// holds from its effective date, which may lie ahead, until the next one's.
type ListPublished struct {
	List      string  `json:"list" plain:"version"`
	Effective Date    `json:"effective"`
	Digest    string  `json:"digest" plain:"digest"` // of the published document
	Corrects  ID      `json:"corrects,omitempty"`    // the event of the same day whose place it takes
	Entries   []Entry `json:"entries"`
}

// ListWithdrawn takes one version of a published list back: it should never have been kept. What it
// stood in the place of holds again.
type ListWithdrawn struct {
	List      string `json:"list" plain:"version"`
	Effective Date   `json:"effective"`
	Version   ID     `json:"version"` // the event that kept it
}

// Mechanism is what a transfer to a third country rests on (Art. 44-49).
type Mechanism string

// Values lists the mechanisms.
func (Mechanism) Values() []string {
	return []string{"NONE_NEEDED", "ADEQUACY", "PRIVACY_SHIELD", "DPF", "SCC_2010_87", "SCC_2021_914", "UK_IDTA", "UK_ADDENDUM", "BCR", "ART49"}
}

// SubprocessorProposed puts a company forward; it is not used yet.
type SubprocessorProposed struct {
	LegalName         string    `json:"legalName" plain:"company"`
	Country           string    `json:"country" plain:"country"`
	Service           string    `json:"service" plain:"processing"`
	Purposes          []string  `json:"purposes" plain:"processing"`
	Locations         []string  `json:"locations" plain:"place"`
	DataCategories    []string  `json:"dataCategories,omitempty" plain:"word"`
	SubjectCategories []string  `json:"subjectCategories,omitempty" plain:"word"`
	Mechanism         Mechanism `json:"mechanism"`
	Parent            ID        `json:"parent,omitempty"` // the sub-processor whose own sub-processor it is
}

// Outcome is the result of a due diligence.
type Outcome string

// Values lists the outcomes.
func (Outcome) Values() []string { return []string{"PASSED", "PASSED_WITH_CONDITIONS", "FAILED"} }

// DueDiligenceCompleted: the company was checked under three heads (Art. 28(1)).
type DueDiligenceCompleted struct {
	Security        Outcome `json:"security"`
	Privacy         Outcome `json:"privacy"`
	Confidentiality Outcome `json:"confidentiality"`
	Digest          string  `json:"digest" plain:"digest"`
	Expires         Date    `json:"expires"`
}

// FlowDownSigned: the same obligations bind it (Art. 28(4)).
type FlowDownSigned struct {
	Digest string `json:"digest" plain:"digest"`
}

// ChangeKind is what changes.
type ChangeKind string

// The kinds of change. All are told, removal too.
const (
	AddSubprocessor ChangeKind = "ADD"
	ReplaceBy       ChangeKind = "REPLACE"
	Relocate        ChangeKind = "RELOCATE"
	Repurpose       ChangeKind = "REPURPOSE"
	Rename          ChangeKind = "RENAME"
	Remove          ChangeKind = "REMOVE"
)

// Values lists the kinds.
func (ChangeKind) Values() []string {
	return []string{"ADD", "REPLACE", "RELOCATE", "REPURPOSE", "RENAME", "REMOVE"}
}

// ChangeAnnounced: what will change, from when, for which tenants (none named: all with an
// agreement in force). Each of them gets a notice of its own.
type ChangeAnnounced struct {
	Change         ID         `json:"change"`
	Type           ChangeKind `json:"type"`
	Effective      Date       `json:"effective"`
	Summary        string     `json:"summary" plain:"processing"`
	Services       []string   `json:"services,omitempty" plain:"processing"`
	DataCategories []string   `json:"dataCategories,omitempty" plain:"word"`
	Locations      []string   `json:"locations,omitempty" plain:"place"`
	Mechanism      Mechanism  `json:"mechanism,omitempty"`
	Replaces       ID         `json:"replaces,omitempty"`
	Tenants        []ID       `json:"tenants,omitempty"`
}

// ChangeWithdrawn: it will not happen; all who were told are told.
type ChangeWithdrawn struct {
	Change ID `json:"change"`
}

// SubprocessorSuspended: not used for the time being.
type SubprocessorSuspended struct {
	Reason string `json:"reason" plain:"word"`
}

// SubprocessorEnded: no longer used.
type SubprocessorEnded struct {
	Reason string `json:"reason" plain:"word"`
}

// DeletionConfirmed: it confirmed that it deleted the data (Art. 28(3)(g)).
type DeletionConfirmed struct {
	Digest string `json:"digest" plain:"digest"`
}

// Kind is the wire name.
func (ListPublished) Kind() string { return "subprocessor.list_published" }

// Kind is the wire name.
func (ListWithdrawn) Kind() string { return "subprocessor.list_withdrawn" }

// Kind is the wire name.
func (SubprocessorProposed) Kind() string { return "subprocessor.proposed" }

// Kind is the wire name.
func (DueDiligenceCompleted) Kind() string { return "subprocessor.due_diligence_completed" }

// Kind is the wire name.
func (FlowDownSigned) Kind() string { return "subprocessor.flow_down_signed" }

// Kind is the wire name.
func (ChangeAnnounced) Kind() string { return "subprocessor.change_announced" }

// Kind is the wire name.
func (ChangeWithdrawn) Kind() string { return "subprocessor.change_withdrawn" }

// Kind is the wire name.
func (SubprocessorSuspended) Kind() string { return "subprocessor.suspended" }

// Kind is the wire name.
func (SubprocessorEnded) Kind() string { return "subprocessor.ended" }

// Kind is the wire name.
func (DeletionConfirmed) Kind() string { return "subprocessor.deletion_confirmed" }

var subprocessorKinds = []Type{
	kind[ListPublished]("register", "28(2), 13(1)(e), 15(1)(c)", "One whole snapshot of a published list.").observed(),
	kind[ListWithdrawn]("register", "28(2)", "A version of a published list is taken back.").ours(),
	kind[SubprocessorProposed]("subprocessor", "28(2)", "A company is put forward.").decided(),
	kind[DueDiligenceCompleted]("subprocessor", "28(1), 28(4)", "It was checked.").decided(),
	kind[FlowDownSigned]("subprocessor", "28(4)", "The same obligations bind it.").decided(),
	kind[ChangeAnnounced]("subprocessor", "28(2)", "What will change, from when, for whom.").decided(),
	kind[ChangeWithdrawn]("subprocessor", "28(2)", "The change will not happen.").decided(),
	kind[SubprocessorSuspended]("subprocessor", "28(2)", "It is not used for the time being.").decided(),
	kind[SubprocessorEnded]("subprocessor", "28(2)", "It is no longer used.").decided(),
	kind[DeletionConfirmed]("subprocessor", "28(3)(g)", "It deleted the data.").decided(),
}
