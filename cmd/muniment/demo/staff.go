package demo

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// user is one person with a login, and how facts speak of it.
type user struct {
	fact    func(kind, id string, at time.Time, data object) fact
	subject object
	login   object // data of its enrolment
	from    int    // days ago
	until   int    // likewise
}

// tell is a fact about the user, done by the user.
func (u user) tell(kind, id string, at time.Time, data object) fact {
	f := u.fact(kind, "user/"+idOf(u.login["login"].(string)).String()+"/"+id, at, data)
	f.Subjects = []object{u.subject}
	return f
}

// people are the logins: the agents of the customers in the tracker, our support staff, our DPO.
func (s *story) people() (facts []fact) {
	for _, a := range s.accounts {
		for i, name := range a.agents {
			u := user{fact: a.tracked, subject: object{"login": a.login(i), "system": tracker}, from: a.joined - 1,
				login: object{"employer": "TENANT", "system": tracker, "login": a.login(i), "name": name, "email": address(name, a.host())}}
			last := i == len(a.agents)-1
			if last && a.left > 0 {
				u.until = a.left
				facts = append(facts, u.tell("user.disabled", "left", s.ago(a.left, 16, 0), nil))
			}
			facts = append(facts, s.career(u, last)...)
		}
	}
	for _, name := range support {
		u := user{fact: own, subject: object{"id": idOf(name).String(), "capacity": "CONTROLLER"}, from: 500,
			login: object{"employer": "ORGANISATION", "system": "muniment", "login": address(name, "callwick.example.com"), "name": name, "email": address(name, "callwick.example.com")}}
		facts = append(facts, s.career(u, false)...)
		facts = append(facts, u.tell("user.confidentiality_committed", "confidentiality", s.ago(u.from, 9, 0), object{"digest": digest(name + "/confidentiality")}))
	}
	officer := user{fact: own, subject: object{"login": "dpo", "system": "muniment", "capacity": "CONTROLLER"}, from: 400,
		login: object{"employer": "ORGANISATION", "system": "muniment", "login": "dpo", "name": "Signe Hallenborg", "email": "dpo@callwick.example.com"}}
	return append(facts, s.career(officer, false)...)
}

var support = []string{"Vera Lundqvister", "Nils Ahlsätra"}

// career is one user's year: enrolled, a second factor (a late one for some), signing in.
func (s *story) career(u user, late bool) []fact {
	d := dice("career/" + u.login["login"].(string))
	factor := u.from
	if late {
		factor = min(u.from, u.until+60)
	}
	facts := []fact{
		u.tell("user.enrolled", "enrolled", s.ago(u.from, 8, 30), u.login),
		u.tell("user.second_factor_enrolled", "factor", s.ago(factor, 8, 45), object{"method": pick(d, []string{"TOTP", "APP", "SECURITY_KEY"})}),
	}
	for ago := min(u.from, 360) - d.IntN(20); ago > u.until; ago -= 20 + d.IntN(20) {
		facts = append(facts, s.signIn(d, u, ago, ago <= factor)...)
	}
	return facts
}

func (s *story) signIn(d *rand.Rand, u user, ago int, factor bool) (facts []fact) {
	at := s.ago(ago, 6+d.IntN(3), d.IntN(60))
	if d.IntN(12) == 0 {
		failed := u.tell("user.sign_in_failed", fmt.Sprint("failed/", ago), at.Add(-time.Minute), nil)
		failed.Auth = []string{"PASSWORD"}
		facts = append(facts, failed)
	}
	in := u.tell("user.signed_in", fmt.Sprint("in/", ago), at, nil)
	in.Auth = []string{"PASSWORD"}
	if factor {
		in.Auth = append(in.Auth, "SECOND_FACTOR")
	}
	return append(facts, in)
}
