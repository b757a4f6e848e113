package domain

import "slices"

// ExportChannel is how an export reaches its recipient (S31).
type ExportChannel string

// Values lists the channels.
func (ExportChannel) Values() []string {
	return []string{"API", "SFTP", "DOWNLOAD", "EMAIL", "WEBHOOK"}
}

// Secure reports whether the channel is one of the preferred ones; any other is a deviation that
// needs a reason.
func (c ExportChannel) Secure() bool { return c == "API" || c == "SFTP" }

// ExportRequested: somebody asked for a copy of calls or texts (S28).
type ExportRequested struct {
	Channel    ExportChannel `json:"channel"`
	Categories []DataField   `json:"categories"`
	From       Date          `json:"from,omitempty"`
	To         Date          `json:"to,omitempty"`
	Reason     string        `json:"reason,omitempty" plain:"word"`
}

// ExportApproved: a second person agreed.
type ExportApproved struct{}

// ExportGenerated: the copy was made.
type ExportGenerated struct {
	Rows   int64  `json:"rows"`
	Digest string `json:"digest" plain:"digest"`
}

// ExportDelivered: it reached a recipient (Art. 4(9)).
type ExportDelivered struct {
	Channel   ExportChannel `json:"channel"`
	Recipient string        `json:"recipient" plain:"company"`
	Country   string        `json:"country" plain:"country"`
	Encrypted bool          `json:"encrypted"`
}

// ExportDownloaded: it was fetched.
type ExportDownloaded struct{}

// ExportExpired: the copy can no longer be fetched.
type ExportExpired struct{}

// Kind is the wire name.
func (ExportRequested) Kind() string { return "export.requested" }

// Kind is the wire name.
func (ExportApproved) Kind() string { return "export.approved" }

// Kind is the wire name.
func (ExportGenerated) Kind() string { return "export.generated" }

// Kind is the wire name.
func (ExportDelivered) Kind() string { return "export.delivered" }

// Kind is the wire name.
func (ExportDownloaded) Kind() string { return "export.downloaded" }

// Kind is the wire name.
func (ExportExpired) Kind() string { return "export.expired" }

var exportKinds = []Type{
	kind[ExportRequested]("export", "20, 32", "A copy was asked for.").observed(),
	kind[ExportApproved]("export", "32", "A second person agreed.").decided(),
	kind[ExportGenerated]("export", "20, 32", "The copy was made.").observed(),
	kind[ExportDelivered]("export", "32, 44", "It reached a recipient.").observed(),
	kind[ExportDownloaded]("export", "32", "It was fetched.").observed(),
	kind[ExportExpired]("export", "5(1)(e), 32", "It can no longer be fetched.").observed(),
}

// ExportStatus is how far an export has come.
type ExportStatus string

// The states, in order.
const (
	ExportAsked  ExportStatus = "REQUESTED"
	ExportAgreed ExportStatus = "APPROVED"
	ExportMade   ExportStatus = "GENERATED"
	ExportSent   ExportStatus = "DELIVERED"
	ExportTaken  ExportStatus = "DOWNLOADED"
	ExportOver   ExportStatus = "EXPIRED"
)

// Export is one export, folded by occurrence.
type Export struct {
	Status      ExportStatus  `json:"status"`
	Channel     ExportChannel `json:"channel"`
	Categories  []DataField   `json:"categories,omitempty"`
	Requester   ID            `json:"requester,omitempty"`
	ByPerson    bool          `json:"byPerson,omitempty"` // it was asked for here, by a person who is known
	RequestedAt Time          `json:"requestedAt,omitempty"`
	Reported    bool          `json:"reported,omitempty"` // an approval of it is another system's word
	Rows        int64         `json:"rows,omitempty"`
	Digest      string        `json:"digest,omitempty"`
	Recipient   string        `json:"recipient,omitempty"`
	Country     string        `json:"country,omitempty"`
	Encrypted   bool          `json:"encrypted,omitempty"`
	Since       Time          `json:"since"`
	Seq         int64         `json:"seq"`
}

// Apply folds one kept event.
func (x Export) Apply(k Kept) Export {
	x.Since, x.Seq = k.Occurred.At, k.Seq
	switch e := k.Event.(type) {
	case ExportRequested:
		x.Status, x.Channel, x.Categories = ExportAsked, e.Channel, e.Categories
		x.Requester, x.RequestedAt = k.Actor.ID, k.Occurred.At
		x.ByPerson = k.ByPerson()
	case Unproven:
		x.Reported = true
	case ExportApproved:
		x.Status = ExportAgreed
	case ExportGenerated:
		x.Status, x.Rows, x.Digest = ExportMade, e.Rows, e.Digest
	case ExportDelivered:
		x.Status, x.Channel, x.Recipient, x.Country, x.Encrypted = ExportSent, e.Channel, e.Recipient, e.Country, e.Encrypted
	case ExportDownloaded:
		x.Status = ExportTaken
	case ExportExpired:
		x.Status = ExportOver
	}
	return x
}

// Request decides to ask for an export. Another channel than API or SFTP needs a reason (S31).
func (x Export) Request(e ExportRequested) ([]Event, *Refusal) {
	if x.Status != "" {
		return nil, Refuse("export.once", "Art. 32 GDPR", "this export was requested already")
	}
	if !e.Channel.Secure() && e.Reason == "" {
		return nil, Refuse("export.channel", "house rule, for Art. 32 GDPR", "%s is less secure than API or SFTP: give a reason", e.Channel)
	}
	return []Event{e}, nil
}

// Approve decides the second person's agreement: not the requester's own.
func (x Export) Approve(actor ID) ([]Event, *Refusal) {
	if x.Status != ExportAsked {
		return nil, Refuse("export.order", "Art. 32 GDPR", "only a requested export can be approved; this one is %s", orUnknown(x.Status))
	}
	if !x.ByPerson {
		return nil, Refuse("export.fourEyes", "house rule, for Art. 32 GDPR", "who asked for this export is another system's word, or no person: four eyes are two people, so let one who is known ask for it here")
	}
	if actor == x.Requester {
		return nil, Refuse("export.fourEyes", "house rule, for Art. 32 GDPR", "whoever requested an export can't approve it: a second person must")
	}
	return []Event{ExportApproved{}}, nil
}

// Advance decides any later step, in order.
func (x Export) Advance(e Event) ([]Event, *Refusal) {
	after := map[string][]ExportStatus{
		"export.generated":  {ExportAgreed},
		"export.delivered":  {ExportMade, ExportSent},
		"export.downloaded": {ExportSent, ExportMade, ExportTaken},
		"export.expired":    {ExportMade, ExportSent, ExportTaken},
	}[e.Kind()]
	if !slices.Contains(after, x.Status) {
		return nil, Refuse("export.order", "Art. 32 GDPR", "%s is not possible while the export is %s", e.Kind(), orUnknown(x.Status))
	}
	return []Event{e}, nil
}

func orUnknown(s ExportStatus) ExportStatus {
	if s == "" {
		return "UNKNOWN"
	}
	return s
}
