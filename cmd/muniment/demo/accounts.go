package demo

import (
	"cmp"

	"muniment/domain"
)

// account is one customer.
type account struct {
	short, name   string
	id            domain.ID
	role          string
	country, zone string
	numbers       func(int) string // the reserved range its callers have
	tracking      []int            // its own numbers within the range
	parent        string           // the agency's short name
	mandate       bool             // the agency may answer for it
	joined        int              // days ago
	terms         terms
	contact       string // who receives notices; "" for nobody
	agents        []string
	left          int // days ago that the last of them left; 0 when all are there
	people, calls int
	policy        []policy
	bases         map[string]string
}

// terms are those of the agreement.
type terms struct {
	model             domain.Model
	notice, objection int64
	grace             int64
	start             domain.WindowStart
	emergency         bool
	scc               domain.Instrument // "" is none
}

// law governs the account's agreement: a German customer's own, else ours.
func (a *account) law() string {
	if a.country == "DE" {
		return "DE"
	}
	return "SE"
}

// instrument is the standard contractual clauses that the agreement uses.
func (t terms) instrument() domain.Instrument { return cmp.Or(t.scc, domain.NoInstrument) }

// policy is what was decided about automatic redaction, so many days ago: "" switches it off.
type policy struct {
	ago    int
	window domain.Window
}

func (a *account) contactID() domain.ID { return idOf(a.short + "/contact/" + a.contact) }

func (a *account) login(agent int) string { return "USR" + a.short + string(rune('1'+agent)) }

func (a *account) host() string { return a.short + ".example.com" }

// there is how many agents the account has so many days ago.
func (a *account) there(ago int) int {
	if ago <= a.left {
		return len(a.agents) - 1
	}
	return len(a.agents)
}

// windowOn is the window in force in the night before the morning so many days ago.
func (a *account) windowOn(ago int) (w domain.Window) {
	for _, p := range a.policy {
		if p.ago > ago {
			w = p.window
		}
	}
	return w
}

// accounts are the customers: controllers in the EU and the US, an agency with two accounts below it.
// Between them stand all models of authorisation, a gap and a change in retention, and an account
// that has named nobody to receive notices.
func accounts() []*account {
	everywhere := map[string]string{"CALL_TRACKING": "LEGITIMATE_INTERESTS", "RECORDING": "CONSENT", "MARKETING": "CONSENT"}
	health := map[string]string{"CALL_TRACKING": "CONTRACT", "RECORDING": "CONSENT", "APPOINTMENTS": "CONTRACT"}
	all := []*account{
		{short: "lindvik", name: "Lindvik Tandvård AB", country: "SE", zone: "Europe/Stockholm", numbers: swedish, tracking: []int{90, 91}, joined: 700,
			terms:   terms{model: domain.General, notice: 30, objection: 14, grace: 5, start: domain.OnDelivery},
			contact: "Mia Ekmarsk", agents: []string{"Olle Granvik", "Tuva Norrholt", "Sixten Bäckhed"}, left: 75, people: 80, calls: 420,
			policy: []policy{{690, domain.Days90}, {170, domain.Days60}}, bases: health},
		{short: "rheinblick", name: "Rheinblick Autohaus GmbH", country: "DE", zone: "Europe/Berlin", numbers: swedish, tracking: []int{92}, joined: 640,
			terms:   terms{model: domain.Specific, notice: 45, objection: 30, grace: 5, start: domain.OnDelivery},
			contact: "Jonas Feldkamper", agents: []string{"Lena Brockhusen", "Timo Auental"}, people: 70, calls: 380,
			policy: []policy{{630, domain.Days30}}, bases: everywhere},
		{short: "harbour", name: "Harbour & Pine Legal Ltd", country: "IE", zone: "Europe/Dublin", numbers: swedish, tracking: []int{93}, joined: 480,
			terms:   terms{model: domain.General, notice: 30, objection: 21, grace: 3, start: domain.OnDelivery},
			contact: "Aoife Tarrantmore", agents: []string{"Declan Osmoyle", "Niamh Quillane"}, people: 45, calls: 260,
			policy: []policy{{470, domain.Days60}, {210, ""}, {165, domain.Days60}}, bases: everywhere},
		{short: "bluewater", name: "Bluewater Heating & Air LLC", country: "US", zone: "America/New_York", numbers: american, tracking: []int{90, 91}, joined: 690,
			terms:   terms{model: domain.General, notice: 14, objection: 10, grace: 2, start: domain.OnSending, emergency: true},
			contact: "Carla Whitmanor", agents: []string{"Dwayne Applecross", "Joy Harkensee", "Pete Lorimond"}, people: 85, calls: 420,
			policy: []policy{{680, domain.Days90}}, bases: everywhere},
		{short: "cedar", name: "Cedar Falls Credit Cooperative", country: "US", zone: "America/Chicago", numbers: american, tracking: []int{92, 93}, joined: 450,
			terms:   terms{model: domain.Specific, notice: 30, objection: 30, grace: 5, start: domain.OnDelivery},
			contact: "Ruth Okerlind", agents: []string{"Marvin Stedwell", "Alice Penhallow"}, people: 75, calls: 340,
			policy: []policy{{440, domain.Days30}}, bases: everywhere},
		{short: "prairie", name: "Prairie Home Care Inc.", country: "US", zone: "America/Denver", numbers: american, tracking: []int{94}, joined: 420,
			terms:  terms{model: domain.UnknownModel, notice: 30, objection: 14, start: domain.OnDelivery},
			agents: []string{"Wanda Merrisford", "Glen Tuckahoe"}, people: 60, calls: 240, bases: health},
		{short: "northlight", name: "Northlight Marketing AB", role: "AGENCY", country: "SE", zone: "Europe/Stockholm", numbers: swedish, tracking: []int{94}, joined: 600,
			terms:   terms{model: domain.General, notice: 30, objection: 21, grace: 5, start: domain.OnDelivery, scc: domain.SCCModule4},
			contact: "Henrik Solvestad", agents: []string{"Elsa Vintergren", "Adam Strömhult"}, people: 30, calls: 120,
			policy: []policy{{590, domain.Days60}}, bases: everywhere},
		{short: "fjallhus", name: "Fjällhus Fastigheter AB", country: "SE", zone: "Europe/Stockholm", numbers: swedish, tracking: []int{95}, parent: "northlight", mandate: true, joined: 590,
			terms:   terms{model: domain.General, notice: 30, objection: 14, grace: 5, start: domain.OnDelivery},
			contact: "Britta Åsengård", agents: []string{"Elsa Vintergren", "Kajsa Myrlund"}, people: 40, calls: 180,
			policy: []policy{{580, domain.Days60}}, bases: everywhere},
		{short: "kvist", name: "Kvist & Krona Möbler AB", country: "SE", zone: "Europe/Stockholm", numbers: swedish, tracking: []int{96}, parent: "northlight", joined: 96,
			terms:   terms{model: domain.General, notice: 14, objection: 14, grace: 3, start: domain.OnDelivery},
			contact: "Love Hagerstedt", agents: []string{"Adam Strömhult", "Ida Lövkvist"}, people: 45, calls: 160,
			policy: []policy{{90, domain.Days30}}, bases: everywhere},
	}
	for _, a := range all {
		a.id = idOf("tenant/" + a.short)
		if a.role == "" {
			a.role = "CONTROLLER"
		}
	}
	return all
}
