package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"muniment/domain"
)

// first is the name that a company had before all its renames. The key of a row is made from it:
// earlier lists were imported before anybody knew the new name, and keep their keys.
func first(renames domain.Renames, name string) string {
	for range len(renames) { // more steps would be a circle
		was := ""
		for old, now := range renames {
			// Of several companies that became one, any will do, but always the same.
			if domain.NormalisedName(now) == domain.NormalisedName(name) && (was == "" || old < was) {
				was = old
			}
		}
		if was == "" {
			break
		}
		name = was
	}
	return name
}

// ReadRenames reads a mapping of company names: CSV with the old name and the new one in each line.
// A first line "old,new" is a heading.
func ReadRenames(r io.Reader) (domain.Renames, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	renames := domain.Renames{}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return renames, nil
		}
		if err != nil {
			return nil, fmt.Errorf("renames: %w", err)
		}
		line, _ := in.FieldPos(0)
		if len(cells) != 2 || clean(cells[0]) == "" || clean(cells[1]) == "" {
			return nil, fmt.Errorf("renames: line %d: expected the old name and the new one", line)
		}
		old, now := clean(cells[0]), clean(cells[1])
		if len(renames) == 0 && strings.EqualFold(old, "old") && strings.EqualFold(now, "new") {
			continue
		}
		if known, twice := renames[old]; twice && known != now {
			return nil, fmt.Errorf("renames: line %d: this old name has another new name already", line)
		}
		renames[old] = now
	}
}
