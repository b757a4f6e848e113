package graphql

import (
	"context"
	"fmt"
	"sync"
	"time"

	gql "github.com/graph-gophers/graphql-go"
	"github.com/sirupsen/logrus"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"muniment"
	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/projections"
)

// API answers GraphQL.
type API struct {
	Config
	schema  *gql.Schema
	checked *ast.Schema // the same schema, for what an operation costs
	sizes   *schemaSizes
	lookups *budget
	live    *lives
}

// Config is what the API stands on.
type Config struct {
	Ledger *ledger.Ledger
	Views  *projections.Views
	Access *access.Store
	Seals  *seal.Sealer
	Epochs *epochs.Keeper
	Log    logrus.FieldLogger
	// Secure: browsers reach the pages over TLS, though perhaps a proxy's.
	Secure bool
	// Identify normalises a number or an e-mail address to the identifier that leads to a person.
	Identify func(phone, email string) (ledger.Identifier, *domain.Refusal)
	// Sender is the name and the e-mail address in which customers are told; "" for one that isn't known.
	Sender func(context.Context) (name, address string)
	// Erase carries out what is ordered to be erased, all of it, before it returns nil.
	Erase func(context.Context) error
	// Held is a legal hold that keeps something of an interaction or a tenant; nil when none does.
	Held func(ctx context.Context, s domain.Stream, tenant domain.ID) (*domain.HoldPlaced, error)
	// Pending asks whether something was ordered to be erased and isn't yet.
	Pending func(ctx context.Context, entity domain.ID) (bool, error)
	// Bundle makes a bundle and keeps that it was made.
	Bundle func(context.Context, BundleWanted) (BundleMade, error)
	// Blocked asks whether an identifier is on the list that only blocks.
	Blocked func(ctx context.Context, tenant domain.ID, i ledger.Identifier) (Block, bool, error)
}

// Block is why a number or address is blocked, and since when.
type Block struct {
	Ground string
	Since  domain.Time
}

const (
	maxDepth     = 16 // standard introspection needs 15
	maxCost      = 60_000
	maxEventCost = 1_000 // of one event of a subscription
	// maxSchemaCost leaves room for what tools ask of a schema once.
	maxSchemaCost = 150_000
	maxBody       = 1 << 20
	maxTime       = 10 * time.Second
)

// root answers the schema's Query and Mutation.
type root struct{}

// Subscription is graphql-go's hook: a subscription's fields have a root of their own, because
// `events` is the name of a query too.
func (*root) Subscription() *subscriptions { return &subscriptions{} }

// Open checks that every field of schema.graphql has its resolver.
func Open(c Config) (*API, error) {
	a := &API{Config: c, lookups: newBudget(30, time.Minute), live: newLives()}
	var err error
	a.schema, err = gql.ParseSchema(muniment.Schema, &root{}, gql.UseFieldResolvers(), gql.MaxDepth(maxDepth), gql.MaxParallelism(20), gql.OverlapValidationLimit(10*maxPairs),
		gql.PanicHandler(panics{}), gql.Logger(silent{c.Log}), gql.SubscribeResolverTimeout(maxTime))
	if err != nil {
		return nil, fmt.Errorf("schema.graphql: %w", err)
	}
	if a.checked, err = gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: muniment.Schema}); err != nil {
		return nil, fmt.Errorf("schema.graphql: %w", err)
	}
	if err := rolesDeclared(a.checked); err != nil {
		return nil, err
	}
	a.sizes = sizesOf(a.checked)
	return a, nil
}

// budget allows each credential a number of things in a time.
type budget struct {
	mu     sync.Mutex
	size   int
	period time.Duration
	spent  map[domain.ID][]time.Time
}

func newBudget(size int, period time.Duration) *budget {
	return &budget{size: size, period: period, spent: map[domain.ID][]time.Time{}}
}

func (b *budget) allow(who domain.ID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	recent := b.spent[who][:0]
	for _, t := range b.spent[who] {
		if now.Sub(t) < b.period {
			recent = append(recent, t)
		}
	}
	if len(recent) >= b.size {
		b.spent[who] = recent
		return false
	}
	b.spent[who] = append(recent, now)
	return true
}
