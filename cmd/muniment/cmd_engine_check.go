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

type engineCheckCmd struct {
	Ledger  string        `default:"sqlite:" placeholder:"URL" help:"esdb://USER:PASSWORD@HOST:2113 (also as MUNIMENT_LEDGER, so that the password is in no list of processes), or sqlite:DIR for a disk. Default: SQLite in a temporary directory."`
	Timeout time.Duration `default:"10s" help:"How long one call to a server may take."`
}

// Help says what is done to the engine.
func (*engineCheckCmd) Help() string {
	return `Tries out whether an engine keeps what Muniment's log promises. It needs no ledger and touches none:
on a server it writes some thousand small events without personal data to streams of its own, which
begin with muniment.check, and leaves them there; on a disk it works in a directory that it removes.

Examples:
  muniment engine-check
  muniment engine-check --ledger sqlite:/srv/muniment
  muniment engine-check --ledger 'esdb://admin:changeit@db1:2113,db2:2113,db3:2113?tlsCaFile=ca.crt'`
}

// alone prints a line for every promise when it is known. It fails unless all hold.
func (c *engineCheckCmd) alone(ctx context.Context, t terminal) error {
	dir, open, where, err := c.engine(t)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
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

// engine says how to open what is to be checked, and names it without its password. dir is to be
// removed afterwards.
func (c *engineCheckCmd) engine(t terminal) (dir string, open opener, where string, err error) {
	at, sqlite := strings.CutPrefix(c.Ledger, "sqlite:")
	if !sqlite && !strings.HasPrefix(c.Ledger, "esdb://") && !strings.HasPrefix(c.Ledger, "esdb+discover://") {
		return "", nil, "", usage{fmt.Errorf("--ledger: expected sqlite:DIR or esdb://HOST:PORT, such as esdb://localhost:2113?tls=false")}
	}
	if !sqlite {
		at = ""
	}
	if dir, err = os.MkdirTemp(t.path(at), "muniment-engine-check-*"); err != nil {
		return "", nil, "", fmt.Errorf("--ledger sqlite:DIR: %w", err)
	}
	database := func(ctx context.Context) (*sqldb.DB, error) {
		return sqldb.OpenSQLite(ctx, filepath.Join(dir, "check.db"), sqldb.Options{})
	}
	if sqlite {
		return dir, func(ctx context.Context, _ func(eventstore.Incident)) (ledger.Log, error) {
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
		}, "SQLite in " + dir, nil
	}
	name := "muniment.check." + strings.ToLower(rand.Text()[:12])
	host := c.Ledger[strings.Index(c.Ledger, "://")+3:]
	host, _, _ = strings.Cut(host[strings.LastIndex(host, "@")+1:], "?")
	return dir, func(ctx context.Context, told func(eventstore.Incident)) (ledger.Log, error) {
		db, err := database(ctx)
		if err != nil {
			return nil, err
		}
		log, err := eventstore.Open(ctx, eventstore.Config{URL: c.Ledger, DB: db, Name: name, Timeout: c.Timeout, Incident: told})
		if err != nil {
			db.Close()
			return nil, err
		}
		return log, nil
	}, "EventStoreDB at " + host + ", streams " + name + ".*", nil
}
