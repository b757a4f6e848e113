package intake

import (
	"strconv"

	"muniment/domain"
	"muniment/ledger"
)

// actorOf reads who did it: nothing known is somebody unknown.
func actorOf(o object, source string) ledger.ActorClaim {
	a := ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}}
	m, ok := o.object("actor")
	if !ok {
		return a
	}
	a.Kind = word(m, "kind", domain.UnknownActor)
	a.Role = word(m, "role", domain.ActorRole(""))
	a.ID, a.Behalf = m.id("id"), m.id("behalf")
	a.System, a.Login = loginOf(m, source)
	a.Name, a.Email = m.text("name", 256), m.text("email", 256)
	switch {
	case a.Login != "" && !a.ID.IsZero():
		m.fail("login", "give id or login, not both")
	case a.Login == "" && (a.Name != "" || a.Email != ""):
		m.fail("login", "missing: a name or address belongs to a login")
	}
	m.end()
	return a
}

// loginOf reads a login and the system it is valid in, the source when none is named.
func loginOf(o object, source string) (system, login string) {
	system, login = o.text("system", 64), o.text("login", 256)
	if login == "" {
		if system != "" {
			o.fail("login", "missing: system says where a login is valid")
		}
		return "", ""
	}
	if system == "" {
		system = source
	}
	if err := domain.Reasons["version"].Check(system); err != nil {
		o.fail("system", "expected the name of a system: letters, digits, . _ and -")
	}
	return system, login
}

func (r *events) subjectsOf(o object, source string) (subjects []ledger.SubjectClaim) {
	all := o.list("subjects")
	if len(all) > 16 {
		o.fail("subjects", "expected at most 16")
		return nil
	}
	for i, v := range all {
		m, ok := o.nested("subjects."+strconv.Itoa(i), v)
		if !ok {
			return nil
		}
		subjects = append(subjects, r.subjectOf(m, source))
	}
	return subjects
}

// subjectOf reads one person: an id, or identifiers that lead to one, or nothing for somebody
// unknown. country is that of a telephone number; one without + needs it.
func (r *events) subjectOf(o object, source string) ledger.SubjectClaim {
	c := ledger.SubjectClaim{ID: o.id("id"), Capacity: word(o, "capacity", domain.Processor)}
	country := o.text("country", 2)
	if country != "" && !isCountry(country) {
		o.fail("country", "expected %s", domain.Reasons["country"].Expect)
	}
	phone := o.text("phone", 64)
	if country != "" && phone == "" {
		o.fail("country", "belongs to a phone number; there is none")
	}
	if phone != "" {
		read := r.numbers.read(phone, country)
		i, err := read.strict(country)
		if err != nil && !read.nobody {
			o.fail("phone", "%s", err)
		}
		if country != "" {
			i.Country = country
		}
		if !read.nobody { // withheld: somebody unknown, unless another identifier tells
			c.Identifiers = append(c.Identifiers, i)
		}
	}
	if s := o.text("email", 256); s != "" {
		i, err := ParseEmail(s)
		if err != nil {
			o.fail("email", "%s", err)
		}
		c.Identifiers = append(c.Identifiers, i)
	}
	if system, login := loginOf(o, source); login != "" {
		c.Identifiers = append(c.Identifiers, ledger.Identifier{Type: domain.Login, Value: system + "/" + login})
	}
	if !c.ID.IsZero() && c.Identifiers != nil {
		o.fail("id", "give id or identifiers, not both")
	}
	o.end()
	return c
}
