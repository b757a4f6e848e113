// Package demo loads a believable small world through the public doors: the intake and the
// commands of the API. All people are synthetic.
package demo

import (
	"context"
	"io"
	"net/http"
	"time"

	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/projections"
)

// World is where the demo goes.
type World struct {
	Ledger  *ledger.Ledger
	Views   *projections.Views
	API     http.Handler // GraphQL
	Access  *access.Store
	Now     func() time.Time
	Out     io.Writer
	BaseURL string
}

// Link is a page worth opening.
type Link struct{ Title, URL string }

// Load loads the world once, into an empty ledger; a ledger that has events is left as it is.
func Load(ctx context.Context, w World) ([]Link, error) {
	return nil, nil
}
