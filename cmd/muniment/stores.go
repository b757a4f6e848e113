package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/eventstore"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqlstore"
)

// stores says where a ledger is kept: in files of the data directory, unless a server is named.
type stores struct {
	Ledger  string        `placeholder:"URL" help:"Where the event log is: esdb://HOST:2113 for EventStoreDB (kurrentdb://… for KurrentDB), postgres://… for a server of its own. Default: with the rest. With a password only in MUNIMENT_LEDGER or a --config file: command lines are read by others."`
	Store   string        `placeholder:"URL" help:"PostgreSQL or CockroachDB for the rest (log, views, vault, queue, tokens): postgres://USER@HOST:5432/DATABASE. Default: SQLite files in the data directory. With a password only in MUNIMENT_STORE or a --config file, or the password alone in ~/.pgpass."`
	Timeout time.Duration `name:"ledger-timeout" default:"10s" help:"How long one call to EventStoreDB may take."`
}

// check refuses URLs of what nobody here can open.
func (s stores) check() error {
	if s.Store != "" && !sqldb.IsServer(s.Store) {
		return errors.New("--store: expected postgres://USER@HOST:PORT/DATABASE")
	}
	if s.Ledger != "" && !sqldb.IsServer(s.Ledger) && !eventstore.IsURL(s.Ledger) {
		return errors.New("--ledger: expected esdb://HOST:PORT or kurrentdb://HOST:PORT, such as esdb://localhost:2113?tls=false, or postgres://…")
	}
	return nil
}

// kinds is what of it the data directory remembers: hosts and passwords may change, the kind may not.
func (s stores) kinds() string {
	log, rest := "files", "files"
	if s.Store != "" {
		log, rest = "postgres", "postgres"
	}
	if eventstore.IsURL(s.Ledger) {
		log = "esdb"
	} else if s.Ledger != "" {
		log = "postgres"
	}
	return fmt.Sprintf("log=%s rest=%s", log, rest)
}

const storesFile = "STORES"

// fit refuses to open a directory with less than it was begun with: an empty log beside it would look
// like a ledger that lost everything.
func (s stores) fit(path string) error {
	text, err := os.ReadFile(filepath.Join(path, storesFile))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(stores{}.kinds()), nil // begun before there was a choice
	}
	if err != nil {
		return fmt.Errorf("data directory %s: %w", path, err)
	}
	was := strings.TrimSpace(string(text))
	if was == s.kinds() {
		return nil
	}
	return fmt.Errorf("the ledger in %s was begun with %s, and this command says %s: name the same kinds of engine with --ledger and --store, or in MUNIMENT_LEDGER and MUNIMENT_STORE (files: leave them out)", path, was, s.kinds())
}

// database opens the database of one room.
func (h *house) database(ctx context.Context, room string, o sqldb.Options) (*sqldb.DB, error) {
	var db *sqldb.DB
	var err error
	if h.stores.Store != "" {
		db, err = sqldb.OpenServer(ctx, h.stores.Store, "muniment_"+room)
	} else {
		db, err = sqldb.OpenSQLite(ctx, filepath.Join(h.dir.path, room+".db"), o)
	}
	if err == nil {
		h.databases = append(h.databases, db)
		h.closers = append(h.closers, db.Close)
	}
	if err == nil && h.stores.Store == "" {
		h.files = append(h.files, databaseFile{room + ".db", db})
	}
	return db, err
}

// databaseToRead opens one of which nothing is changed.
func (h *house) databaseToRead(ctx context.Context, room string) (*sqldb.DB, error) {
	if h.stores.Store != "" {
		return h.database(ctx, room, sqldb.Options{})
	}
	db, err := sqldb.OpenSQLiteToRead(ctx, filepath.Join(h.dir.path, room+".db"))
	if err == nil {
		h.closers = append(h.closers, db.Close)
	}
	return db, err
}

// logToRead opens the event log for those who change nothing. On a server that takes a writer's place as any
// other process does.
func (h *house) logToRead(ctx context.Context) (ledger.Log, error) {
	if h.stores.Ledger != "" || h.stores.Store != "" {
		return h.openLog(ctx)
	}
	db, err := h.databaseToRead(ctx, "log")
	if err != nil {
		return nil, err
	}
	return sqlstore.OpenToRead(ctx, db)
}

// descriptors is how many file descriptors the databases need at most.
func (h *house) descriptors() (n int) {
	for _, db := range h.databases {
		n += db.Descriptors()
	}
	return n
}

// openLog opens the event log in its engine.
func (h *house) openLog(ctx context.Context) (log ledger.Log, err error) {
	switch url := h.stores.Ledger; {
	case eventstore.IsURL(url):
		log, err = h.openEventStore(ctx, url)
	case url != "":
		var db *sqldb.DB
		if db, err = sqldb.OpenServer(ctx, url, "muniment_log"); err == nil {
			h.databases = append(h.databases, db)
			h.closers = append(h.closers, db.Close)
			log, err = sqlstore.Open(ctx, db)
		}
	default:
		var db *sqldb.DB
		if db, err = h.database(ctx, "log", sqldb.Options{SecureDelete: true}); err == nil {
			log, err = sqlstore.Open(ctx, db)
		}
	}
	if err == nil {
		h.closers = append(h.closers, log.Close)
	}
	return log, err
}

func (h *house) openEventStore(ctx context.Context, url string) (ledger.Log, error) {
	db, err := h.database(ctx, "map", sqldb.Options{})
	if err != nil {
		return nil, err
	}
	seen := &incidents{noticed: make(chan struct{}, 1)}
	seen.log, err = eventstore.Open(ctx, eventstore.Config{URL: url, DB: db, Timeout: h.stores.Timeout, Incident: func(i eventstore.Incident) {
		h.log.WithField("kind", i.Kind).Error("somebody has changed the log's streams past Muniment: see the findings")
		seen.tell()
	}})
	if err != nil {
		return nil, err
	}
	h.incidents = seen
	return seen.log, nil
}

// lease makes this process the only one that works on a server's schemas.
func (h *house) lease(ctx context.Context) error {
	for i, url := range []string{h.stores.Store, h.stores.Ledger} {
		if !sqldb.IsServer(url) || i > 0 && url == h.stores.Store {
			continue
		}
		db, err := sqldb.OpenServer(ctx, url, "muniment_lease")
		if err != nil {
			return err
		}
		instance, err := h.dir.instance()
		if err != nil {
			db.Close()
			return err
		}
		place, err := h.dir.place()
		if err != nil {
			db.Close()
			return err
		}
		h.databases = append(h.databases, db)
		l, err := sqldb.TakeLease(ctx, db, sqldb.Claim{Ledger: h.dir.id.String(), Instance: instance, Place: place})
		if err != nil {
			db.Close()
			return fmt.Errorf("%s: %w", sqldb.Where(url), err)
		}
		h.leases = append(h.leases, l)
		h.closers = append(h.closers, l.Close)
	}
	return nil
}

// weaknesses says what the servers' settings don't promise.
func (h *house) weaknesses(ctx context.Context) (all []string, err error) {
	for _, l := range h.leases {
		w, err := l.Durability(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, w...)
	}
	return all, nil
}

// hold ends with an error when a lease is lost, and without one when ctx ends.
func (h *house) hold(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, l := range h.leases {
		g.Go(func() error {
			select {
			case <-ctx.Done():
				return nil
			case <-l.Lost():
				return l.Err()
			}
		})
	}
	return g.Wait()
}

// throughOutages repeats what goes on for ever when its store was unreachable or full, once a second, until ctx ends.
func (h *house) throughOutages(ctx context.Context, what string, fn func(context.Context) error) error {
	for {
		err := fn(ctx)
		if ctx.Err() != nil || sqldb.Outage(err) == nil {
			return err
		}
		h.log.WithField("error", err.Error()).Warn(what + " waits for its store")
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

const instanceFile = "INSTANCE"

// instance is the directory's own name towards a server: not the ledger's id, which a restored copy
// has too.
func (d *directory) instance() (string, error) {
	path := filepath.Join(d.path, instanceFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		id := domain.NewID().String()
		return id, writeFile(path, id+"\n")
	}
	return strings.TrimSpace(string(text)), err
}

// place is where the directory is locked: the machine, since it was started, and the file. A copy of the
// directory is in another place, however exact it is. "" where the system doesn't tell.
func (d *directory) place() (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var file syscall.Stat_t
	if err := syscall.Fstat(int(d.lock.Fd()), &file); err != nil {
		return "", fmt.Errorf("data directory %s: %w", d.path, err)
	}
	return fmt.Sprintf("%s %d %d", strings.TrimSpace(string(boot)), file.Dev, file.Ino), nil
}
