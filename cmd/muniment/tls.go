package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"muniment/ledger/vault"
)

// certificate is what serve shows browsers, from two files that belong together.
type certificate struct {
	TLSCert string `name:"tls-cert" type:"path" placeholder:"FILE" help:"Serve TLS with this certificate (PEM, with those it rests on). Read again when the files change."`
	TLSKey  string `name:"tls-key" type:"path" placeholder:"FILE" help:"The certificate's private key (PEM). Readable by nobody else."`

	shown *atomic.Pointer[tls.Certificate]
	read  [2]fileState // as they were when they were read last
}

// fileState tells whether a file was changed.
type fileState struct {
	size int64
	at   time.Time
}

func (c *certificate) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

// load reads both files. Where they don't fit together, what was shown before is shown on.
func (c *certificate) load() error {
	switch {
	case c.TLSCert == "" && c.TLSKey == "":
		return nil
	case c.TLSCert == "" || c.TLSKey == "":
		return errors.New("--tls-cert and --tls-key: give both, or neither")
	}
	c.read = c.state()
	info, err := os.Stat(c.TLSKey)
	if err != nil {
		return fmt.Errorf("--tls-key: %w", err)
	}
	if err := vault.Private(c.TLSKey, info); err != nil {
		return fmt.Errorf("--tls-key: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return fmt.Errorf("--tls-cert and --tls-key: %w: expected two PEM files that belong together", err)
	}
	if now := time.Now(); now.After(pair.Leaf.NotAfter) {
		return fmt.Errorf("--tls-cert: the certificate was good until %s only: renew it", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	if c.shown == nil {
		c.shown = &atomic.Pointer[tls.Certificate]{}
	}
	c.shown.Store(&pair)
	return nil
}

func (c *certificate) state() (s [2]fileState) {
	for i, path := range []string{c.TLSCert, c.TLSKey} {
		if info, err := os.Stat(path); err == nil {
			s[i] = fileState{info.Size(), info.ModTime()}
		}
	}
	return s
}

// renewEvery is how soon changed files are read.
const renewEvery = 5 * time.Second

// renewing reads the files again whenever they have changed, until ctx ends.
func (c *certificate) renewing(ctx context.Context, h *house) error {
	if c.shown == nil {
		return nil
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(renewEvery):
		}
		if c.state() == c.read {
			continue
		}
		if err := c.load(); err != nil {
			h.log.WithField("error", err.Error()).Error("the changed TLS certificate can't be used; the one before is shown on")
			continue
		}
		h.log.Info("the TLS certificate was read again")
	}
}

// serveOn serves TLS where there is a certificate.
func (c *certificate) serveOn(server *http.Server, l net.Listener) error {
	if c.shown == nil {
		return server.Serve(l)
	}
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.shown.Load(), nil }}
	return server.ServeTLS(l, "", "")
}
