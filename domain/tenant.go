package domain

// TenantRole is what a customer account is (Art. 4(7), 4(8)).
type TenantRole string

// The roles of a tenant.
const (
	RoleController TenantRole = "CONTROLLER"
	RoleAgency     TenantRole = "AGENCY"
)

// Values lists the roles.
func (TenantRole) Values() []string { return []string{"CONTROLLER", "AGENCY"} }

// ContactRole is what a designated contact of a tenant is for.
type ContactRole string

// Values lists the roles of contacts.
func (ContactRole) Values() []string { return []string{"DPO", "PRIVACY", "NOTICES"} }

// NoticesContact is the contact that sub-processor notices go to.
const NoticesContact ContactRole = "NOTICES"

// TenantOnboarded opens a customer account. Parent is the agency it belongs to, if one.
type TenantOnboarded struct {
	Name    string     `json:"name" plain:"company"`
	Role    TenantRole `json:"role"`
	Country string     `json:"country" plain:"country"`
	Region  string     `json:"region,omitempty" plain:"region"`
	Zone    string     `json:"zone,omitempty" plain:"zone"`
	Parent  ID         `json:"parent,omitempty"`
}

// TenantRoleDeclared corrects the role of an account.
type TenantRoleDeclared struct {
	Role TenantRole `json:"role"`
}

// ContactDesignated names a person to reach the tenant by. A later one for the same role replaces it.
type ContactDesignated struct {
	Contact ID          `json:"contact"`
	Role    ContactRole `json:"role"`
	Name    Personal    `json:"name" class:"BUSINESS_CONTACT"`
	Email   Personal    `json:"email" class:"BUSINESS_CONTACT"`
}

// LegalBasisDeclared: the controller states on which basis a purpose rests (Art. 6).
type LegalBasisDeclared struct {
	Purpose   string `json:"purpose" plain:"word"`
	Basis     Basis  `json:"basis"`
	Provision string `json:"provision,omitempty" plain:"citation"`
}

// TenantOffboarded closes the account.
type TenantOffboarded struct {
	Choice EndChoice `json:"choice"`
}

// EndChoice is what happens to the data at the end of the service (Art. 28(3)(g)). Either way our copies are
// deleted: RETURN hands everything back first.
type EndChoice string

// Values lists the choices.
func (EndChoice) Values() []string { return []string{"DELETE", "RETURN"} }

// Kind is the wire name.
func (TenantOnboarded) Kind() string { return "tenant.onboarded" }

// Kind is the wire name.
func (TenantRoleDeclared) Kind() string { return "tenant.role_declared" }

// Kind is the wire name.
func (ContactDesignated) Kind() string { return "tenant.contact_designated" }

// Kind is the wire name.
func (LegalBasisDeclared) Kind() string { return "tenant.legal_basis_declared" }

// Kind is the wire name.
func (TenantOffboarded) Kind() string { return "tenant.offboarded" }

var tenantKinds = []Type{
	kind[TenantOnboarded]("tenant", "28(3), 24", "A customer account is opened.").observed(),
	kind[TenantRoleDeclared]("tenant", "4(7), 4(8)", "Its role is declared anew.").decided(),
	kind[MandateRecorded]("tenant", "28(2)", "An agency may act for this account.").decided(),
	kind[MandateEnded]("tenant", "28(2)", "It may not any more.").decided(),
	kind[ContactDesignated]("tenant", "28(2)", "A contact is named; the earlier one for the role is replaced.").decided(),
	kind[LegalBasisDeclared]("tenant", "6", "The controller states the legal basis of a purpose.").decided(),
	kind[TenantOffboarded]("tenant", "28(3)(g)", "The account is closed.").decided(),
}

// Tenant is a customer account as its stream tells it.
type Tenant struct {
	ID       ID
	Name     string
	Role     TenantRole
	Country  string
	Zone     string
	Parent   ID
	Mandates []Mandate // of agencies that may act for it
	Contacts map[ContactRole]ID
	// ContactAt is where each contact's sealed name and address were kept: the designating event's seq.
	ContactAt map[ContactRole]int64
	Bases     map[string]Basis
	Closed    bool
	ClosedAt  Time      // when it was off-boarded
	Choice    EndChoice // of a closed one
	Deleted   bool      // its deletion was asked for
	Certified Time      // the deletion was done, but for what is kept; 0: it wasn't
	Kept      []KeptBack
	Reported  bool // another system says that something of it was decided, and nobody decided it here
}

// Exists reports whether the tenant was onboarded.
func (t Tenant) Exists() bool { return t.Name != "" }

// Apply folds one kept event.
func (t Tenant) Apply(k Kept) Tenant {
	switch e := k.Event.(type) {
	case TenantOnboarded:
		t.ID, t.Name, t.Role, t.Country, t.Zone, t.Parent = k.Tenant, e.Name, e.Role, e.Country, e.Zone, e.Parent
	case TenantRoleDeclared:
		t.Role = e.Role
	case MandateRecorded, MandateEnded:
		t.Mandates = t.mandates(e)
	case ContactDesignated:
		t.Contacts, t.ContactAt = with(t.Contacts, e.Role, e.Contact), with(t.ContactAt, e.Role, k.Seq)
	case LegalBasisDeclared:
		t.Bases = with(t.Bases, e.Purpose, e.Basis)
	case TenantOffboarded:
		t.Closed, t.ClosedAt, t.Choice = true, k.Occurred.At, e.Choice
	case Unproven:
		t.Reported = true
	case DeletionRequested:
		t.Deleted = true
	case DeletionCertified:
		t.Certified, t.Kept = k.Occurred.At, e.Kept
	}
	return t
}

// with returns a copy of m with one entry set, so that folds never share a map.
func with[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	next := make(map[K]V, len(m)+1)
	for k, v := range m {
		next[k] = v
	}
	next[key] = value
	return next
}

// Onboard decides to open the account. Opening it again with the same facts changes nothing.
func (t Tenant) Onboard(e TenantOnboarded) ([]Event, *Refusal) {
	if t.Exists() {
		return nil, Refuse("tenant.once", "Art. 28(3) GDPR", "this tenant was onboarded already; change its role or contacts instead")
	}
	return []Event{e}, nil
}

// Change decides any later fact of the account.
func (t Tenant) Change(e Event) ([]Event, *Refusal) {
	if !t.Exists() {
		return nil, &Refusal{Code: NotFound, Rule: "tenant.known", Message: "there is no such tenant; onboard it first"}
	}
	if t.Closed && !afterClosing(e) {
		return nil, Refuse("tenant.closed", "Art. 28(3)(g) GDPR", "this tenant was off-boarded; only its contacts can change, and its mandates end")
	}
	return []Event{e}, nil
}

// afterClosing reports whether a fact may still change after off-boarding: until all is deleted somebody
// must be reached, of a breach (Art. 33(2) GDPR) or a notice.
func afterClosing(e Event) bool {
	switch e.(type) {
	case ContactDesignated, MandateEnded:
		return true
	}
	return false
}
