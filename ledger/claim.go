package ledger

import (
	"slices"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
)

// claim is what was submitted, as canonical bytes: docs/formats.md, section 8. It is written member
// by member, in the order of their names: made of maps and then sorted it took three times as long.
func (s *Submission) claim(plain []byte, personal []domain.PersonalField) []byte {
	t, _ := domain.Lookup(s.Event.Kind())
	b := s.Actor.claim(append(make([]byte, 0, 1024), `{"actor":`...))
	for i, a := range s.Auth {
		b = canon.AppendString(append(b, []string{`,"auth":[`, `,`}[min(i, 1)]...), string(a))
	}
	if len(s.Auth) > 0 {
		b = append(b, ']')
	}
	b = optional(b, "basis", string(s.Basis))
	b = optional(b, "evidence", s.Evidence)
	b = member(b, "kind", t.Kind)
	b = member(b, "occurred", s.Occurred.Text())
	b = append(b, `,"personal":{`...)
	for i, p := range personal { // by name, so by path
		if i > 0 {
			b = append(b, ',')
		}
		b = canon.AppendString(append(canon.AppendString(b, p.Path), ':'), p.Value)
	}
	b = append(append(b, `},"plain":`...), plain...)
	b = member(b, "precision", string(s.Occurred.Precision))
	b = optional(b, "purpose", s.Purpose)
	b = member(b, "source", s.Source)
	b = s.Stream.claim(append(b, `,"stream":`...))
	b = append(b, `,"subjects":[`...)
	for i := range s.Subjects {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.Subjects[i].claim(b)
	}
	b = append(b, ']')
	b = member(b, "tenant", s.Tenant.String())
	b = canon.AppendInt(append(b, `,"version":`...), int64(t.Version))
	if s.Occurred.Precision != domain.Day { // a day says its zone itself
		b = optional(b, "zone", s.Occurred.Zone)
	}
	return append(b, '}')
}

func (a *ActorClaim) claim(b []byte) []byte {
	b = append(b, '{')
	b = optionalID(b, "behalf", a.Behalf)
	b = optionalID(b, "id", a.ID)
	b = member(b, "kind", string(a.Kind))
	if a.Login != "" {
		b = member(b, "login", a.login().Value)
	}
	b = optional(b, "role", string(a.Role))
	return append(b, '}')
}

func (r *StreamRef) claim(b []byte) []byte {
	b = append(b, '{')
	if r.ID != "" {
		b = member(b, "at", r.At.String())
		b = member(b, "id", r.ID)
	}
	if !r.Name.IsZero() {
		b = member(b, "name", r.Name.String())
	}
	if r.ID != "" {
		b = optional(b, "source", r.Source)
	}
	return append(b, '}')
}

// claim lists the identifiers by their types, each in the order they were given.
func (c *SubjectClaim) claim(b []byte) []byte {
	b = append(b, '{')
	sorted := slices.Clone(c.Identifiers)
	slices.SortStableFunc(sorted, func(a, b Identifier) int { return strings.Compare(string(a.Type), string(b.Type)) })
	for i, id := range sorted { // types are capitals, and so before the other names
		switch {
		case i > 0 && sorted[i-1].Type == id.Type:
			b[len(b)-1] = ','
		case i > 0:
			b = append(b, `,"`+string(id.Type)+`":[`...)
		default:
			b = append(b, `"`+string(id.Type)+`":[`...)
		}
		b = append(canon.AppendString(b, id.Value), ']')
	}
	b = member(b, "capacity", string(c.Capacity))
	b = optionalID(b, "id", c.ID)
	return append(b, '}')
}

// member appends a member of an object, behind a comma unless it is the first.
func member(b []byte, name, value string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(append(append(b, '"'), name...), '"', ':')
	return canon.AppendString(b, value)
}

func optional(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return member(b, name, value)
}

func optionalID(b []byte, name string, id domain.ID) []byte {
	if id.IsZero() {
		return b
	}
	return member(b, name, id.String())
}
