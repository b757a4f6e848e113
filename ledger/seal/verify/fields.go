package verify

import (
	"slices"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger/bundle"
	"muniment/ledger/seal"
)

// committed is what fields, shown or not, give for a leaf.
func committed(fields []bundle.Field) seal.Hash {
	all := make([]seal.Listed, len(fields))
	for i, f := range fields {
		all[i] = f.Listed()
	}
	return seal.List(all)
}

// note takes down the fields that are shown, and counts.
func (a *answer) note(s *shown, fields []bundle.Field) {
	for _, f := range fields {
		if f.Withheld != nil {
			a.counts.Withheld++
			continue
		}
		s.fields[f.Name] = f.Value
		a.counts.Shown++
	}
}

// inOrder reports whether names rise: no field is there twice, so that nobody can be shown the one and
// somebody else the other.
func inOrder(fields []bundle.Field) bool {
	for i := range fields {
		if i > 0 && fields[i].Name <= fields[i-1].Name {
			return false
		}
	}
	return true
}

// envelope are the names of its members: docs/formats.md, section 5. Those that are always there are true.
var envelope = map[string]bool{"actor": true, "auth": false, "basis": false, "causation": false, "correlation": false, "evidence": false, "id": true, "kind": true, "occurred": true,
	"precision": true, "purpose": false, "recorded": true, "reported": false, "source": true, "stream": true, "subjects": false, "tenant": true, "version": true, "zone": false}

func isEnvelope(fields []bundle.Field) bool {
	required := 0
	for _, f := range fields {
		always, known := envelope[f.Name]
		if !known {
			return false
		}
		if always {
			required++
		}
	}
	return inOrder(fields) && required == 10
}

// isPayload reports whether these can be the fields of a payload, and notes its boxes: each personal
// value is in one of them only.
func (s *shown) isPayload(fields []bundle.Field) bool {
	var all []string
	for _, f := range fields {
		list, boxed := strings.CutPrefix(f.Name, "box")
		if !boxed {
			if !strings.HasPrefix(f.Name, "plain/") {
				return false
			}
			continue
		}
		paths := strings.Split(list, ",")
		if !slices.IsSorted(paths) || slices.ContainsFunc(paths, func(p string) bool { return len(p) < 2 || p[0] != '/' }) || f.Withheld == nil && !s.isBox(f.Value, paths) {
			return false
		}
		all = append(all, paths...)
	}
	slices.Sort(all)
	return inOrder(fields) && len(slices.Compact(all)) == len(all)
}

func (s *shown) isBox(text []byte, paths []string) bool {
	tree, _ := canon.Parse(text)
	box, _ := tree.(map[string]any)
	name, _ := box["key"].(string)
	key, err := domain.ParseID(name)
	commitments, _ := box["com"].(map[string]any)
	for _, p := range paths {
		if _, there := commitments[p]; !there {
			return false
		}
	}
	if _, twice := s.boxes[key]; twice || err != nil || len(commitments) != len(paths) {
		return false
	}
	s.boxes[key] = box
	return true
}
