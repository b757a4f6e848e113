package demo

import (
	"context"
	"embed"
	"io"
	"strings"

	"muniment/domain"
	"muniment/ledger/intake"
)

//go:embed lists
var documents embed.FS

// listName is the list that agreements annex.
const listName = "main"

// versions are the published lists, each with how many days ago it took effect.
var versions = []struct {
	file string
	ago  int
}{
	{"lists/1-first.md", 735},
	{"lists/2-relocated.md", 500}, // AWS moves to the EU, one company more
	{"lists/3-renamed.md", 330},   // one company has another name
	{"lists/4-removed.md", 240},   // one is gone
}

var renames = domain.Renames{"Botenruf Mail GmbH": "Lumenpost GmbH"}

// lists are the imports of the published lists.
func (s *story) lists() (list []input) {
	for _, v := range versions {
		list = append(list, input{"sub-processors as of " + s.date(v.ago), func(ctx context.Context, w World) ([]byte, func(io.Reader) (intake.Reader, error), error) {
			text, err := documents.ReadFile(v.file)
			if err != nil {
				return nil, nil, err
			}
			text = []byte(strings.ReplaceAll(string(text), "{{effective}}", s.date(v.ago)))
			return text, func(r io.Reader) (intake.Reader, error) {
				return intake.Register(r, intake.RegisterOptions{List: listName, Renames: renames,
					NamingKey: func() ([]byte, error) { return w.Ledger.Vault.NamingKey(ctx, domain.Operator) }}), nil
			}, nil
		}})
	}
	return list
}
