package domain

// DeletionRequested: after the account was closed, the keys of everything that was processed for it are
// to be destroyed. Returned is the digest of the receipt for what was handed back first, when that was
// the choice. What proves our own duties towards the tenant (agreement, contacts, notices) stays.
type DeletionRequested struct {
	Case     string `json:"case" plain:"reference"`
	Returned string `json:"returned,omitempty" plain:"digest"`
}

// TenantKeysDestroyed: the branch of keys is gone under which everything processed for the tenant was
// sealed, and with it each key below. Where it names keys only those are: legal holds keep others.
type TenantKeysDestroyed struct {
	Keys  []ID     `json:"keys"`
	Pages int64    `json:"pages"` // of up to 256 keys each
	Epoch int64    `json:"epoch"`
	Final Finality `json:"final"`
}

// KeptBack is what one legal hold on a person of an account keeps of it.
type KeptBack struct {
	Hold      ID      `json:"hold"`
	Classes   []Class `json:"classes"`
	Ground    string  `json:"ground" plain:"citation"`
	Authority string  `json:"authority" plain:"company"`
	Review    Date    `json:"review"`
}

// DeletionCertified: the tenant's look-ups, its list that blocks and the key that names its records are
// gone too, so nothing can be taken in for it again. Where something is kept, that is still to come: all
// else is gone, and the rest goes when the last hold is lifted.
type DeletionCertified struct {
	Kept    []KeptBack `json:"kept,omitempty"`
	Pages   int64      `json:"pages"`
	Lookups int64      `json:"lookups"` // identifiers that no longer lead anywhere
	Claims  int64      `json:"claims"`  // events whose claim digest was blanked
}

// Kind is the wire name.
func (DeletionRequested) Kind() string { return "tenant.deletion_requested" }

// Kind is the wire name.
func (TenantKeysDestroyed) Kind() string { return "tenant.keys_destroyed" }

// Kind is the wire name.
func (DeletionCertified) Kind() string { return "tenant.deletion_certified" }

var offboardingKinds = []Type{
	kind[DeletionRequested]("tenant", "28(3)(g)", "What was processed for a closed account is to be deleted.").ours(),
	kind[TenantKeysDestroyed]("tenant", "28(3)(g), 17", "The keys of all that was processed for it were destroyed.").ours(),
	kind[DeletionCertified]("tenant", "28(3)(g)", "Nothing processed for it is left that could be read.").ours(),
}

// Delete decides to delete what was processed for a closed account.
func (t Tenant) Delete(e DeletionRequested) ([]Event, *Refusal) {
	switch {
	case !t.Exists():
		return nil, &Refusal{Code: NotFound, Rule: "tenant.known", Message: "there is no such tenant; onboard it first"}
	case !t.Closed:
		return nil, Refuse("tenant.open", "Art. 28(3)(g) GDPR", "this account is open: off-board it first")
	case t.Deleted:
		return nil, Refuse("tenant.deleted", "Art. 28(3)(g) GDPR", "the deletion of this account was asked for already")
	case t.Choice != "DELETE" && e.Returned == "": // returning is no alternative to deleting: our copies go then, too
		return nil, Refuse("tenant.returned", "Art. 28(3)(g) GDPR", "this tenant chose to have its data returned: give the digest of the receipt for it first")
	}
	return []Event{e}, nil
}
