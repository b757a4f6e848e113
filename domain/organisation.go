package domain

// OrganisationEstablished is the company that runs this ledger (Art. 30(2)(a)).
type OrganisationEstablished struct {
	Name    string `json:"name" plain:"company"`
	Country string `json:"country" plain:"country"`
	Zone    string `json:"zone,omitempty" plain:"zone"`
	Email   string `json:"email,omitempty" plain:"ownaddress"` // where customers reach it
}

// RepresentativeAppointed is the representative in the Union (Art. 27).
type RepresentativeAppointed struct {
	Name    Personal `json:"name" class:"BUSINESS_CONTACT"`
	Country string   `json:"country" plain:"country"`
}

// DPOAppointed is the data protection officer (Art. 37).
type DPOAppointed struct {
	Name  Personal `json:"name" class:"BUSINESS_CONTACT"`
	Email Personal `json:"email" class:"BUSINESS_CONTACT"`
}

// Kind is the wire name.
func (OrganisationEstablished) Kind() string { return "organisation.established" }

// Kind is the wire name.
func (RepresentativeAppointed) Kind() string { return "organisation.representative_appointed" }

// Kind is the wire name.
func (DPOAppointed) Kind() string { return "organisation.dpo_appointed" }

var organisationKinds = []Type{
	kind[OrganisationEstablished]("organisation", "30", "The company that runs this ledger.").observed().atMachine(),
	kind[RepresentativeAppointed]("organisation", "27", "Its representative in the Union.").observed().atMachine(),
	kind[DPOAppointed]("organisation", "37", "Its data protection officer.").observed().atMachine(),
}
