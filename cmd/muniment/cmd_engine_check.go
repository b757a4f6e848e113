package main

import (
	"context"
	"crypto/rand"
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
  muniment engine-check --ledger 'postgres://muniment:secret@db:5432/muniment'
  muniment engine-check --ledger 'esdb://admin:changeit@db1:2113,db2:2113,db3:2113?tlsCaFile=ca.crt'`
}

// alone prints a line for every promise when it is known. It fails unless all hold.
func (c *engineCheckCmd) alone(ctx context.Context, g *cli, t terminal) error {
	open, where, done, err := c.engine(ctx, g, t)
	if err != nil {
		return err
	}
	defer done()
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
	fmt.Fprintf(t.out, "Checking %s\n\n%-78s %-6s %8s  %s\n", where, "promise", "holds", "time", "note")
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
	if !all {
		return fmt.Errorf("this engine doesn't keep what Muniment needs: don't keep a ledger on it")
	}
	return nil
}

type opener func(context.Context, func(eventstore.Incident)) (ledger.Log, error)

// engine says how to open what is to be checked, names it without its password, and how to leave
// nothing behind.
func (c *engineCheckCmd) engine(ctx context.Context, g *cli, t terminal) (open opener, where string, done func(), err error) {
	url := g.Ledger
	if url == "" {
		url = g.Store
	}
	at, sqlite := strings.CutPrefix(url, "sqlite:")
	mark := strings.ToLower(rand.Text()[:12])
	if sqldb.IsServer(url) {
		return c.server(ctx, url, "muniment_check_"+mark)
	}
	if !sqlite && url != "" && !isESDB(url) {
		return nil, "", nil, usage{fmt.Errorf("--ledger: expected sqlite:DIR, postgres://HOST:PORT/DATABASE or esdb://HOST:PORT, such as esdb://localhost:2113?tls=false")}
	}
	if !sqlite {
		at = ""
	}
	dir, err := os.MkdirTemp(t.path(at), "muniment-engine-check-*")
	if err != nil {
		return nil, "", nil, fmt.Errorf("--ledger sqlite:DIR: %w", err)
	}
	done = func() { os.RemoveAll(dir) }
	database := func(ctx context.Context) (*sqldb.DB, error) {
		return sqldb.OpenSQLite(ctx, filepath.Join(dir, "check.db"), sqldb.Options{})
	}
	if sqlite || url == "" {
		return sqlOpener(database), "SQLite in " + dir, done, nil
	}
	name := "muniment.check." + mark
	host := url[strings.Index(url, "://")+3:]
	host, _, _ = strings.Cut(host[strings.LastIndex(host, "@")+1:], "?")
	return func(ctx context.Context, told func(eventstore.Incident)) (ledger.Log, error) {
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
	}, "EventStoreDB at " + host + ", streams " + name + ".*", done, nil
}

// server checks a schema of its own.
func (c *engineCheckCmd) server(ctx context.Context, url, schema string) (opener, string, func(), error) {
	held, err := sqldb.OpenServer(ctx, url, schema)
	if err != nil {
		return nil, "", nil, err
	}
	return sqlOpener(func(ctx context.Context) (*sqldb.DB, error) { return sqldb.OpenServer(ctx, url, schema) }),
		fmt.Sprintf("%s at %s, schema %s", held.Kind(), sqldb.Where(url), schema), func() {
			held.Drop(context.WithoutCancel(ctx)) // its name says what it was, should this fail
			held.Close()
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
