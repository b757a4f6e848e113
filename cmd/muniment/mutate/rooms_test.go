package mutate

// room is a part of the house whose tests are asked together.
type room struct {
	name string
	dirs []string
	// stages are packages whose tests are run one stage after the other, until one notices: a room's own,
	// then those that lean on it.
	stages [][]string
}

var rooms = []room{
	{"domain/canon", []string{"domain/canon"}, [][]string{{"./domain/canon"}, {"./domain", "./ledger/vault"}}},
	{"domain", []string{"domain", "domain/calendar"}, [][]string{{"./domain/..."}, {"./ledger", "./ledger/erasure", "./projections", "./notices"}, {"./graphql"}}},
	{"ledger", []string{"ledger"}, [][]string{{"./ledger", "./ledger/sqlstore"}, {"./ledger/intake", "./ledger/erasure", "./graphql"}}},
	{"ledger/sqlstore", []string{"ledger/sqlstore", "ledger/sqldb"}, [][]string{{"./ledger/sqlstore", "./ledger/sqldb"}, {"./ledger/seal", "./projections"}}},
	{"ledger/intake", []string{"ledger/intake"}, [][]string{{"./ledger/intake"}}},
	{"ledger/vault", []string{"ledger/vault"}, [][]string{{"./ledger/vault"}, {"./ledger/erasure", "./ledger"}}},
	{"ledger/erasure", []string{"ledger/erasure"}, [][]string{{"./ledger/erasure"}, {"./graphql"}}},
	{"ledger/seal", []string{"ledger/seal", "ledger/seal/heads", "ledger/seal/epochs", "ledger/seal/witness", "ledger/monitor"}, [][]string{{"./ledger/seal", "./ledger/seal/heads", "./ledger/seal/epochs", "./ledger/seal/witness", "./ledger/monitor"}, {"./ledger/seal/verify", "./ledger/bundle"}}},
	{"bundle and verify", []string{"ledger/bundle", "ledger/seal/verify"}, [][]string{{"./ledger/bundle", "./ledger/seal/verify"}}},
	{"projections", []string{"projections", "projections/report"}, [][]string{{"./projections/..."}, {"./graphql", "./ledger/erasure"}}},
	{"notices", []string{"notices", "notices/queue", "notices/render"}, [][]string{{"./notices/..."}, {"./cmd/muniment/demo"}}},
	{"graphql", []string{"graphql", "graphql/access", "graphql/transport"}, [][]string{{"./graphql/..."}, {"./cmd/muniment"}}},
}
