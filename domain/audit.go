package domain

// ReportGenerated: a report was made. The same viewpoint gives the same bytes, so the digest lets
// anybody check a copy (Art. 5(2)).
type ReportGenerated struct {
	Report  string `json:"report" plain:"word"`
	Format  string `json:"format" plain:"word"`
	Digest  string `json:"digest" plain:"digest"`
	AsOf    Time   `json:"asOf"`
	KnownAt Time   `json:"knownAt"`
	Seq     int64  `json:"seq"`
}

// LedgerQueried: personal values were released from the ledger. One event per operation, kept
// before anything is released; the envelope's subjects are the persons, in chunks of at most 256.
type LedgerQueried struct {
	Purpose string `json:"purpose" plain:"word"`
	Case    string `json:"case" plain:"reference"`
	Seq     int64  `json:"seq"`
	Values  int64  `json:"values"`
}

// Kind is the wire name.
func (ReportGenerated) Kind() string { return "audit.report_generated" }

// Kind is the wire name.
func (LedgerQueried) Kind() string { return "audit.ledger_queried" }

var auditKinds = []Type{
	kind[ReportGenerated]("audit", "5(2)", "A report was made.").ours(),
	kind[LedgerQueried]("audit", "5(2), 32", "Personal values were released from the ledger.").ours(),
}

// ReadPurposes is the closed list of purposes for which personal values are released.
var ReadPurposes = []string{"AUDIT", "DATA_SUBJECT_REQUEST", "BREACH_INVESTIGATION", "COMPLAINT", "LEGAL_CLAIM", "SUPERVISION", "SUPPORT"}
