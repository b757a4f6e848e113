package ledger

import (
	"testing"

	"muniment/domain"
	"muniment/domain/canon"
)

// TestClaimIsCanonical: whatever a submission has, its claim is the one byte string of that value.
func TestClaimIsCanonical(t *testing.T) {
	for bits := range 64 {
		s := &Submission{Source: "ctm", Tenant: domain.Operator, Occurred: domain.At(1), Event: domain.InteractionViewed{}}
		for n, add := range []func(){
			func() {
				s.Event = domain.InteractionRecorded{Name: domain.Clear("Åsa \"Example\""), City: domain.Clear("Ö")}
			},
			func() {
				s.Actor = ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT", ID: domain.NewID(), Behalf: domain.NewID()}}
			},
			func() { s.Actor.System, s.Actor.Login = "ctm", "åsa" },
			func() {
				s.Stream = StreamRef{Name: domain.Stream{Noun: "interaction"}, ID: "CA1", At: 1, Source: "ctm"}
			},
			func() {
				s.Subjects = []SubjectClaim{{ID: domain.NewID()}, {Identifiers: []Identifier{
					{Type: domain.Phone, Value: "+12025550101"}, {Type: domain.Email, Value: "person@example.com"}, {Type: domain.Phone, Value: "+12025550102"}}}}
			},
			func() {
				s.Auth, s.Basis, s.Purpose, s.Occurred.Zone = []domain.Auth{"PIN", "CODE"}, "CONSENT", "AUDIT", "+02:00"
			},
		} {
			if bits>>n&1 == 1 {
				add()
			}
		}
		text := s.claim(domain.Split(s.Event))
		if _, err := canon.Parse(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
