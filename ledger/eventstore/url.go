package eventstore

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

const example = "expected esdb://USER:PASSWORD@HOST:2113, or esdb://HOST:2113?tls=false for a node without TLS (kurrentdb:// is the same)"

// schemes are EventStoreDB's and KurrentDB's names of the same protocol, as the client knows them.
var schemes = map[string]string{
	"esdb": "esdb", "esdb+discover": "esdb+discover",
	"kurrentdb": "esdb", "kurrentdb+discover": "esdb+discover",
	"kdb": "esdb", "kdb+discover": "esdb+discover",
	"kurrent": "esdb", "kurrent+discover": "esdb+discover",
}

// IsURL reports whether a URL names an EventStoreDB or KurrentDB.
func IsURL(text string) bool {
	scheme, _, ok := strings.Cut(text, "://")
	return ok && schemes[scheme] != ""
}

// settings are those of the client; others it would only warn about, and a mistyped tlsVerifyCert or
// tlsCaFile must not go unnoticed.
var settings = map[string]bool{
	"discoveryinterval": true, "gossiptimeout": true, "maxdiscoverattempts": true, "nodepreference": true,
	"keepaliveinterval": true, "keepalivetimeout": true, "tls": true, "tlscafile": true, "usercertfile": true,
	"userkeyfile": true, "tlsverifycert": true, "defaultdeadline": true,
}

// parseURL reads a connection string. Its errors never repeat it: it holds a password.
func parseURL(text string, timeout time.Duration) (*esdb.Configuration, error) {
	if !IsURL(text) {
		return nil, fmt.Errorf("the ledger's URL has the wrong form: %s", example)
	}
	scheme, rest, _ := strings.Cut(text, "://")
	if _, query, ok := strings.Cut(rest, "?"); ok {
		values, err := url.ParseQuery(query)
		if err != nil {
			return nil, fmt.Errorf("the ledger's URL: the settings after ? can't be read: expected name=value&…")
		}
		for name := range values {
			if !settings[strings.ToLower(name)] {
				return nil, fmt.Errorf("the ledger's URL: there is no setting %q", name)
			}
		}
	}
	c, err := esdb.ParseConnectionString(schemes[scheme] + "://" + rest)
	if err != nil {
		var wrong *url.Error
		if errors.As(err, &wrong) {
			return nil, fmt.Errorf("the ledger's URL can't be read: %s; a password's special characters must be percent-encoded", example)
		}
		return nil, fmt.Errorf("the ledger's URL: %w: %s", err, example)
	}
	c.Logger = esdb.NoopLogging() // it would print to standard error; every failure comes back as an error
	c.MaxDiscoverAttempts = 1     // trying again is the supervisor's work: a client dies of its last attempt
	c.DiscoveryInterval = 1
	c.GossipTimeout = max(1, int(timeout/time.Second))
	c.DefaultDeadline = &timeout
	return c, nil
}
