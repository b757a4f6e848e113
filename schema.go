// Package muniment embeds the API's schema: go:embed can't reach upwards.
package muniment

import _ "embed"

// Schema is schema.graphql, written for the people who query it.
//
//go:embed schema.graphql
var Schema string
