package main

import (
	"fmt"
	"net/http"
	"net/netip"

	"muniment/graphql/transport"
	"muniment/ledger/sqldb"
)

// limits are the flags of the outermost door.
type limits struct {
	Connections int      `placeholder:"N" help:"How many connections may be open at a time. Default: what the limit of open files allows (ulimit -n), at most 4096."`
	PerClient   int      `name:"connections-per-client" placeholder:"N" help:"How many connections, and requests under way, one client address may have (IPv6: one network of 64 bits). Default: a quarter of all, at most 256."`
	Proxies     []string `name:"trusted-proxy" placeholder:"ADDRESS" help:"Address or network of a proxy in front, such as 127.0.0.1 or 10.0.0.0/8: clients are then told apart by what it says in X-Forwarded-For. Repeatable. Without it a proxy counts as one client."`
}

// door makes the outermost door of what the process may have open.
func (l limits) door(h *house) (*transport.Door, error) {
	files := sqldb.Files()
	bounds, err := transport.For(files, h.descriptors())
	if err != nil {
		return nil, err
	}
	switch {
	case l.Connections < 0 || l.PerClient < 0:
		return nil, usage{fmt.Errorf("--connections and --connections-per-client: expected numbers above 0")}
	case l.Connections > bounds.Connections:
		return nil, usage{fmt.Errorf("--connections %d: this process may have %d files open, which is enough for %d: raise that limit (ulimit -n, or LimitNOFILE of a service), at most 4096 connections", l.Connections, files, bounds.Connections)}
	case l.Connections > 0:
		bounds.Connections = l.Connections
		bounds.PerClient = min(bounds.PerClient, max(1, l.Connections/4))
	}
	if l.PerClient > 0 {
		bounds.PerClient = min(l.PerClient, bounds.Connections)
	}
	d := &transport.Door{Limits: bounds, Healthy: []string{"/healthz", "/readyz"}, TakesLong: func(r *http.Request) bool {
		return r.URL.Path == ingestPath && r.Header.Get("X-CTM-Signature") == "" // whoever signs is known only when all is read
	}}
	for _, text := range l.Proxies {
		p, err := parseNetwork(text)
		if err != nil {
			return nil, usage{fmt.Errorf("--trusted-proxy: expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8")}
		}
		d.Proxies = append(d.Proxies, p)
	}
	h.log.WithField("count", files).Info("files this process may have open; so it serves " + bounds.String())
	return d, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}
