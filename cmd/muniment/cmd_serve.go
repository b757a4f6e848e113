package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"muniment/cmd/muniment/demo"
	"muniment/domain"
	"muniment/graphql/access"
	"muniment/graphql/explorer"
	"muniment/graphql/transport"
	"muniment/ledger/intake"
	"muniment/ledger/seal/witness"
	"muniment/ledger/sqldb"
	"muniment/notices"
)

type serveCmd struct {
	Listen       string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen. Beyond loopback needs --insecure-listen until TLS is served (put a TLS proxy in front)."`
	InsecureBind bool   `name:"insecure-listen" help:"Listen beyond loopback without TLS."`
	certificate
	BaseURL    string        `placeholder:"URL" help:"Where customers reach the pages, for the links in notices. Default: http://LISTEN, or https:// with --tls-cert."`
	Origin     string        `placeholder:"NAME" help:"Name of the log, such as ledger.example.com/2026, by which its checkpoints are known. Chosen once, at the first start; default: muniment.invalid/ and the ledger's id."`
	Policy     string        `type:"path" placeholder:"FILE" help:"Witnesses (C2SP tlog-policy) that are to see and sign each checkpoint; the line log … is what muniment keys policy prints."`
	Demo       bool          `help:"Load a small synthetic world once, into an empty ledger."`
	MailFrom   string        `placeholder:"ADDRESS" help:"Sender of notices, such as 'Privacy team <privacy@company.example>'. Default: the organisation's name and e-mail address, as established."`
	CTMSecrets string        `name:"ctm-secrets" type:"path" placeholder:"FILE" help:"File with a line TENANT = SECRET for each account whose call tracker signs its webhooks. Readable by nobody else."`
	KeyEpoch   time.Duration `default:"168h" placeholder:"D" help:"How long a key epoch lasts: at its end every key above a person's own is made anew, and older copies of the vault open nothing. 0: only muniment keys rotate ends it."`
	CheckAfter time.Duration `default:"1m" placeholder:"D" help:"How long after the start each page of the databases is looked at, and then once a day. /readyz names a file that is damaged."`
	limits
	recordings
	SMTP string `name:"smtp" placeholder:"URL" help:"Mail relay, such as smtp://mail.example.com:587 (STARTTLS), smtps://…:465, or smtp+insecure://127.0.0.1:25 for a relay on this machine. With user and password only in MUNIMENT_SMTP or a --config file. Without it notices are written to DIR/outbox and reach nobody."`
}

// Help shows examples.
func (*serveCmd) Help() string {
	return `Examples:
  muniment serve
  muniment serve --demo
  muniment serve --data /srv/muniment --keys /etc/muniment/keys --smtp smtp://mail.example.com`
}

func (c *serveCmd) serve(ctx context.Context, g *cli, t terminal) error {
	relay, err := c.relay()
	if err != nil {
		return usage{err}
	}
	if c.Demo && relay != nil {
		return usage{errors.New("--demo and --smtp: the demo's notices go to people who don't exist, so they stay in the outbox; leave one of the two out")}
	}
	if err := c.bindable(); err != nil {
		return usage{err}
	}
	log := newLogger(t.err, g.Quiet, false)
	h, err := openHouse(ctx, houseConfig{Data: g.Data, Keys: g.Keys, Stores: g.stores, Origin: c.Origin, Log: log, Now: time.Now, Create: true})
	if err != nil {
		return err
	}
	defer h.Close()
	weaknesses, err := h.weaknesses(ctx)
	if err != nil {
		return err
	}
	for _, w := range weaknesses {
		h.log.Warn("the database server doesn't promise enough: " + w)
	}
	door, err := c.door(h)
	if err != nil {
		return err
	}
	if err := c.load(); err != nil {
		return usage{err}
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w: is another process using it?", c.Listen, err)
	}
	base := strings.TrimSuffix(c.BaseURL, "/")
	if base == "" {
		base = c.scheme() + "://" + listener.Addr().String()
	}
	h.base, h.api.Secure = base, strings.HasPrefix(base, "https://")
	n, err := h.openNotices(ctx, base, mailConfig{From: c.MailFrom, SMTP: relay})
	if err != nil {
		listener.Close()
		return err
	}
	feed, err := c.witnesses(ctx, h)
	if err != nil {
		listener.Close()
		return usage{err}
	}
	in, err := c.intake(ctx, h)
	if err != nil {
		listener.Close()
		return usage{err}
	}
	err = c.live(ctx, h, n, feed, in, door, door.Listener(listener), base, t)
	if errors.Is(err, sqldb.ErrOtherHistory) { // what was kept and not yet signed nobody else will miss
		err = fmt.Errorf("%w. Until then this process had seen %d events kept: what the database has less than that is lost", err, h.views.Seen())
	}
	return h.named(context.WithoutCancel(ctx), err)
}

// live runs everything until ctx ends, then lets what is under way come to its end.
func (c *serveCmd) live(ctx context.Context, h *house, n *notices.Notices, feed *witness.Feed, in intake.HandlerOptions, door *transport.Door, listener net.Listener, base string, t terminal) error {
	ready := &atomic.Bool{}
	server := door.Server(h.handler(n, in, ready), func(frames string) { h.log.WithField("error", frames).Error("panic in a handler") })
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.renewing(ctx, h) })
	g.Go(func() error {
		if err := c.serveOn(server, listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		h.api.Stop(late) // sockets are the server's no more, and streams would be waited for
		return server.Shutdown(late)
	})
	g.Go(func() error { return h.follow(ctx) })
	g.Go(func() error { return ended(ctx, n.Run(ctx)) })
	g.Go(func() error { return h.control(ctx) })
	g.Go(func() error { return h.disposing(ctx) })
	g.Go(func() error { return h.rotating(ctx, c.KeyEpoch) })
	g.Go(func() error { return h.observing(ctx) })
	g.Go(func() error { return h.checking(ctx, c.CheckAfter) })
	g.Go(func() error { return h.replaying(ctx) })
	if feed != nil {
		g.Go(func() error { return ended(ctx, feed.Run(ctx)) })
	}
	g.Go(func() error {
		if err := c.prepare(ctx, h, base, t); err != nil {
			return ended(ctx, err)
		}
		ready.Store(true)
		return nil
	})
	return g.Wait()
}

// intake is how records are taken in over HTTP.
func (c *serveCmd) intake(ctx context.Context, h *house) (o intake.HandlerOptions, err error) {
	secrets, err := readSecrets(c.CTMSecrets)
	if err != nil {
		return o, err
	}
	o.Recordings, err = c.options(ctx, h)
	o.Authorize = h.mayIngest
	o.Internal = func(err error) { h.log.WithField("error", err.Error()).Error("intake") }
	o.Secret = func(tenant domain.ID) (string, bool) { secret, ok := secrets[tenant]; return secret, ok }
	return o, err
}

// prepare loads the demo when asked for and tells where to begin.
func (c *serveCmd) prepare(ctx context.Context, h *house, base string, t terminal) error {
	var links []demo.Link
	if c.Demo {
		var err error
		if links, err = demo.Load(ctx, demo.World{Ledger: h.ledger, Views: h.views, API: h.api, Access: h.access, Now: h.now, Out: t.out, BaseURL: base}); err != nil {
			return fmt.Errorf("load the demo: %w", err)
		}
	}
	if err := c.started(ctx, h); err != nil {
		return err
	}
	actor, err := h.actor(ctx, access.DPO, "dpo", nil)
	if err != nil {
		return err
	}
	secret, err := h.access.Link(ctx, access.Principal{Role: access.DPO, Actor: actor, Person: true})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\nMuniment serves %s (data in %s)\n\n", base, h.dir.path)
	fmt.Fprintf(t.out, "  Sign in as DPO (once, within ten minutes):\n    %s/signin/%s\n", base, secret)
	fmt.Fprintf(t.out, "  Another link later:      muniment token link\n")
	fmt.Fprintf(t.out, "  Sub-processors (public): %s/subprocessors\n", base)
	for _, l := range links {
		fmt.Fprintf(t.out, "  %-24s %s\n", l.Title+":", l.URL)
	}
	if c.SMTP == "" {
		fmt.Fprintf(t.out, "\n  No mail relay (--smtp): notices are written to %s/outbox and reach nobody.\n", h.dir.path)
	}
	if !explorer.Built() {
		fmt.Fprintf(t.out, "\n  The explorer's pages were not built into this binary: run make explorer, then make build.\n")
	}
	fmt.Fprintln(t.out)
	return nil
}

// relay reads --smtp.
func (c *serveCmd) relay() (*notices.SMTP, error) {
	if c.SMTP == "" {
		return nil, nil
	}
	u, err := url.Parse(c.SMTP)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("--smtp: expected an address such as smtp://mail.example.com:587")
	}
	r := &notices.SMTP{Host: u.Hostname(), Username: u.User.Username()}
	r.Password, _ = u.User.Password()
	if p := u.Port(); p != "" {
		fmt.Sscan(p, &r.Port)
	}
	switch u.Scheme {
	case "smtp":
		r.TLS = notices.TLSRequired
	case "smtps":
		r.TLS = notices.TLSImplicit
	case "smtp+insecure":
		r.TLS = notices.TLSOptional
	default:
		return nil, fmt.Errorf("--smtp: unknown scheme %s: expected smtp, smtps or smtp+insecure", u.Scheme)
	}
	return r, nil
}

// bindable refuses to listen beyond loopback in the clear unless told to.
func (c *serveCmd) bindable() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: expected HOST:PORT, such as 127.0.0.1:8080")
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() || c.InsecureBind || c.scheme() == "https" {
		return nil
	}
	return fmt.Errorf("--listen %s reaches beyond this machine without TLS: give --tls-cert and --tls-key, or put a TLS proxy in front and listen on 127.0.0.1; --insecure-listen does without", c.Listen)
}
