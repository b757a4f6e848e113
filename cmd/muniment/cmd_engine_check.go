package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"muniment/ledger"
	"muniment/ledger/enginecheck"
	"muniment/ledger/eventstore"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqlstore"
)

type engineCheckCmd struct{}

// Help says what is done to the engine.
func (*engineCheckCmd) Help() string {
	return `Tries out whether an engine keeps what Muniment's log promises. It needs no ledger and touches none:
on EventStoreDB it writes some thousand small events without personal data to streams of its own,
which begin with muniment.check, and leaves them there; on PostgreSQL and CockroachDB it works in a
schema that it removes, on a disk in a directory that it removes.

Examples:
  muniment engine-check
  muniment engine-check --ledger sqlite:/srv/muniment
  muniment engine-check --ledger postgres://muniment@db:5432/muniment       (password in ~/.pgpass)
  muniment engine-check --ledger 'esdb://db1:2113,db2:2113?tls=false'
  muniment engine-check --config engine.conf          (chmod 600; a line such as
    ledger = esdb://USER:PASSWORD@db1:2113,db2:2113,db3:2113?tlsCaFile=ca.crt)

A password on the command line is refused: others can read it there. MUNIMENT_LEDGER or --config hold it.`
}

// alone prints a line for every promise when it is known. It fails unless all hold.
func (c *engineCheckCmd) alone(ctx context.Context, g *cli, t terminal) error {
	e, err := c.engine(ctx, g, t)
	if err != nil {
		return err
	}
	err = c.check(ctx, e, t)
	if left := e.done(); left != nil {
		err = errors.Join(err, left)
	}
	return err
}

func (c *engineCheckCmd) check(ctx context.Context, e *checkedEngine, t terminal) error {
	open := e.open
	var mu sync.Mutex
	var incidents []eventstore.Incident
	log, err := open(ctx, func(i eventstore.Incident) {
		mu.Lock()
		defer mu.Unlock()
		incidents = append(incidents, i)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "Checking %s\n\n%-78s %-6s %8s  %s\n", e.where, "promise", "holds", "time", "note")
	holds, tried := 0, 0
	first := log
	all := enginecheck.Run(ctx, func(ctx context.Context) (ledger.Log, error) {
		if l := first; l != nil {
			first = nil
			return l, nil
		}
		return open(ctx, nil)
	}, func(o enginecheck.Outcome) {
		answer := "NO"
		tried++
		if o.Holds {
			answer = "yes"
			holds++
		}
		fmt.Fprintf(t.out, "%-78s %-6s %8s  %s\n", o.Promise, answer, o.Time.Round(time.Millisecond), o.Note)
	})
	fmt.Fprintf(t.out, "\n%d of %d hold.\n", holds, tried)
	mu.Lock()
	defer mu.Unlock()
	for _, i := range incidents {
		fmt.Fprintf(t.out, "Incident while checking: %s\n", i)
	}
	for _, w := range e.weaknesses {
		fmt.Fprintf(t.out, "Not promised by this server: %s.\n", w)
	}
	if !all {
		return fmt.Errorf("this engine doesn't keep what Muniment needs: don't keep a ledger on it")
	}
	return nil
}

type opener func(context.Context, func(eventstore.Incident)) (ledger.Log, error)

// checkedEngine is what is checked.
type checkedEngine struct {
	open       opener
	where      string // without a password
	weaknesses []string
	done       func() error // leaves nothing behind, or says what is left
}

func (c *engineCheckCmd) engine(ctx context.Context, g *cli, t terminal) (*checkedEngine, error) {
	url := g.Ledger
	if url == "" {
		url = g.Store
	}
	at, sqlite := strings.CutPrefix(url, "sqlite:")
	mark := strings.ToLower(rand.Text()[:12])
	if sqldb.IsServer(url) {
		return c.server(ctx, url)
	}
	if !sqlite && url != "" && !eventstore.IsURL(url) {
		return nil, usage{fmt.Errorf("--ledger: expected sqlite:DIR, postgres://HOST:PORT/DATABASE or esdb://HOST:PORT (or kurrentdb://), such as esdb://localhost:2113?tls=false")}
	}
	if !sqlite {
		at = ""
	}
	dir, err := os.MkdirTemp(t.path(at), "muniment-engine-check-*")
	if err != nil {
		return nil, fmt.Errorf("--ledger sqlite:DIR: %w", err)
	}
	done := func() error { return os.RemoveAll(dir) }
	database := func(ctx context.Context) (*sqldb.DB, error) {
		return sqldb.OpenSQLite(ctx, filepath.Join(dir, "check.db"), sqldb.Options{})
	}
	if sqlite || url == "" {
		return &checkedEngine{open: sqlOpener(database), where: "SQLite in " + dir, done: done}, nil
	}
	name := "muniment.check." + mark
	host := url[strings.Index(url, "://")+3:]
	host, _, _ = strings.Cut(host[strings.LastIndex(host, "@")+1:], "?")
	open := func(ctx context.Context, told func(eventstore.Incident)) (ledger.Log, error) {
		db, err := database(ctx)
		if err != nil {
			return nil, err
		}
		log, err := eventstore.Open(ctx, eventstore.Config{URL: url, DB: db, Name: name, Timeout: g.Timeout, Incident: told})
		if err != nil {
			db.Close()
			return nil, err
		}
		return log, nil
	}
	return &checkedEngine{open: open, where: "EventStoreDB at " + host + ", streams " + name + ".*", done: done}, nil
}

// server checks a schema of its own.
func (c *engineCheckCmd) server(ctx context.Context, url string) (*checkedEngine, error) {
	scratch, err := sqldb.MakeScratch(ctx, url)
	if err != nil {
		return nil, err
	}
	remove := func() error { return scratch.Remove(context.WithoutCancel(ctx), sqlstore.Tables) }
	weaknesses, err := scratch.Durability(ctx)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return &checkedEngine{
		open:       sqlOpener(func(ctx context.Context) (*sqldb.DB, error) { return sqldb.OpenServer(ctx, url, scratch.Schema) }),
		where:      fmt.Sprintf("%s at %s, schema %s", scratch.Kind(), sqldb.Where(url), scratch.Schema),
		weaknesses: weaknesses,
		done:       remove,
	}, nil
}

func sqlOpener(database func(context.Context) (*sqldb.DB, error)) opener {
	return func(ctx context.Context, _ func(eventstore.Incident)) (ledger.Log, error) {
		db, err := database(ctx)
		if err != nil {
			return nil, err
		}
		log, err := sqlstore.Open(ctx, db)
		if err != nil {
			db.Close()
			return nil, err
		}
		return log, nil
	}
}
