package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

// version is set by the Makefile from git.
var version = "dev"

// terminal is where a command reads and writes; with a running serve that is another process's.
type terminal struct {
	in          io.Reader
	out, err    io.Writer
	interactive bool
	dir         string // relative paths are relative to it; "" for this process's own
}

// shown writes what a person reads: nothing in it hides, or turns the direction of the rest.
type shown struct{ io.Writer }

func (s shown) Write(b []byte) (int, error) {
	if _, err := io.WriteString(s.Writer, domain.VisiblePage(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// visible is a terminal whose words are for a person.
func (t terminal) visible() terminal {
	t.out, t.err = shown{t.out}, shown{t.err}
	return t
}

// file is where bytes go that stay as they are: a report, a public key, what another process said.
func (t terminal) file() io.Writer {
	if s, ok := t.out.(shown); ok {
		return s.Writer
	}
	return t.out
}

func (t terminal) path(p string) string {
	if p == "" || p == "-" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(t.dir, p)
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// cli is the command line: flags before environment (MUNIMENT_…) before the file of --config.
type cli struct {
	Data   string          `default:"./muniment-data" type:"path" placeholder:"DIR" help:"Data directory: log, views, vault, queue, tokens. Made at first use."`
	Keys   string          `type:"path" placeholder:"DIR" help:"Keys directory, never inside the data directory. Default: the data directory's name with .keys, beside it."`
	Config kong.ConfigFlag `type:"path" placeholder:"FILE" help:"File with lines NAME = VALUE, for flags by their long names."`
	stores
	Quiet bool `short:"q" help:"Log errors only."`

	Serve       serveCmd       `cmd:"" help:"Serve the explorer, the API, intake and pages."`
	Import      importCmd      `cmd:"" help:"Take in records of other systems."`
	Report      reportCmd      `cmd:"" help:"Make a report as of any day."`
	Bundle      bundleCmd      `cmd:"" help:"Hand out an answer that anybody can check offline."`
	Token       tokenCmd       `cmd:"" help:"Create, list and revoke tokens."`
	KeysOf      keysCmd        `cmd:"" name:"keys" help:"Rotate the keys, or print what others need of them."`
	Verify      verifyCmd      `cmd:"" help:"Check a whole sealed log, in a directory or behind a URL."`
	Backup      backupCmd      `cmd:"" help:"Copy the data, or the keys, while everything goes on."`
	Restore     restoreCmd     `cmd:"" help:"Put a backup in place, and have erased again what was erased since."`
	Monitor     monitorCmd     `cmd:"" help:"Watch a ledger from outside: replay who has how many events, and vouch for it."`
	Epoch       epochCmd       `cmd:"" help:"Commit now to how many events each tenant and subject has."`
	Retention   retentionCmd   `cmd:"" help:"Dispose of what is past its period, or print what would be."`
	Rebuild     rebuildCmd     `cmd:"" help:"Drop the views and build them anew from the log."`
	EngineCheck engineCheckCmd `cmd:"" help:"Try out whether an engine keeps what the log promises."`
	Schema      schemaCmd      `cmd:"" help:"Print the JSON Schema of one kind of event, or the list of kinds."`
	Version     versionCmd     `cmd:"" help:"Print version and format."`
}

// command is a subcommand that works on an open ledger: here, or in the serve that runs.
type command interface {
	run(ctx context.Context, h *house, t terminal) error
}

// standalone is a subcommand that needs no ledger.
type standalone interface {
	alone(ctx context.Context, g *cli, t terminal) error
}

// usage is a wrong command line: exit code 2.
type usage struct{ error }

const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func run(ctx context.Context, args []string, t terminal) int {
	t = t.visible()
	c, cmd, err := parse(args, t)
	switch {
	case errors.Is(err, errHelp):
		return exitDone
	case err != nil:
		fmt.Fprintf(t.err, "muniment: %s\nSee muniment --help, or --help after a subcommand.\n", err)
		return exitUsage
	}
	return exitCode(execute(ctx, c, cmd, args, t), t)
}

// exitCode tells the outcome and gives its code.
func exitCode(err error, t terminal) int {
	var wrong usage
	var remote exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &remote):
		return int(remote)
	case errors.As(err, &wrong):
		fmt.Fprintf(t.err, "muniment: %s\n", err)
		return exitUsage
	}
	fmt.Fprintf(t.err, "muniment: %s\n", explained(err))
	return exitFailed
}

// explained adds what to do to an error of a database, where its room has not said so already.
func explained(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return err // a file that the command line names, or a directory that says so itself
	}
	full := sqldb.Explain(err)
	if advice, ok := strings.CutPrefix(full.Error(), err.Error()); ok && !strings.Contains(err.Error(), advice) {
		return full
	}
	return err
}

var errHelp = errors.New("help was printed")

// parse reads the command line. Help goes to t.
func parse(args []string, t terminal) (c *cli, cmd any, err error) {
	if err := noPasswords(args); err != nil {
		return nil, nil, err
	}
	c = &cli{}
	helped := false
	k, err := kong.New(c, kong.Name("muniment"), kong.Writers(t.out, t.err), kong.Exit(func(int) { helped = true; panic(errHelp) }),
		kong.Description("The audit and sub-processor ledger of a processor of personal data: what was kept can't be changed, and is answered for any day."),
		kong.DefaultEnvars("MUNIMENT"), kong.Configuration(readConfig), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if helped {
			if r := recover(); r != nil && r != any(errHelp) {
				panic(r)
			}
			err = errHelp
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := k.Parse(args)
	if err != nil {
		return nil, nil, err
	}
	c.Data = t.path(c.Data)
	if c.Keys == "" {
		c.Keys = defaultKeys(c.Data)
	}
	c.Keys = t.path(c.Keys)
	return c, parsed.Selected().Target.Addr().Interface(), c.check()
}

// defaultKeys is where the keys of a data directory lie when nobody says otherwise.
func defaultKeys(data string) string { return strings.TrimSuffix(data, "/") + ".keys" }

// check refuses a keys directory inside the data directory: one stolen disk must not hold both.
func (c *cli) check() error {
	rel, err := filepath.Rel(c.Data, c.Keys)
	if err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
		return fmt.Errorf("--keys %s lies inside --data %s: keys must lie apart from the data, or a backup of one holds both", c.Keys, c.Data)
	}
	return nil
}

// execute runs a subcommand: alone, in the serve that has the directory open, or on the directory.
func execute(ctx context.Context, c *cli, cmd any, args []string, t terminal) error {
	if s, ok := cmd.(standalone); ok {
		return s.alone(ctx, c, t)
	}
	if s, ok := cmd.(*serveCmd); ok {
		return s.serve(ctx, c, t)
	}
	if v, ok := cmd.(*verifyCmd); ok {
		return v.verify(ctx, c, args, t)
	}
	if r, ok := cmd.(*restoreCmd); ok && !r.ErasuresEntered {
		return r.restore(ctx, c, t)
	}
	if done, err := remote(ctx, c, args, t); done {
		return err
	}
	h, err := openHouse(ctx, houseConfig{Data: c.Data, Keys: c.Keys, Stores: c.stores, Log: newLogger(t.err, c.Quiet, true), Now: time.Now, Create: creates(cmd)})
	if err != nil {
		return err
	}
	defer h.Close()
	return h.following(ctx, func(ctx context.Context) error { return cmd.(command).run(ctx, h, t) })
}

// creates reports whether a subcommand may begin a new ledger.
func creates(cmd any) bool {
	switch cmd.(type) {
	case *importCmd, *tokenCreateCmd, *tokenLinkCmd:
		return true
	}
	return false
}

// tenantNamed reads --tenant: an id, the word operator, or an account's exact name.
func tenantNamed(ctx context.Context, h *house, s string) (domain.ID, error) {
	if s == "operator" {
		return domain.Operator, nil
	}
	if id, err := domain.ParseID(strings.TrimPrefix(s, "tenant-")); err == nil {
		return id, nil
	}
	found, err := h.tenantsNamed(ctx, s)
	if err != nil {
		return domain.ID{}, err
	}
	switch len(found) {
	case 0:
		return domain.ID{}, fmt.Errorf("--tenant %q: no account has this name or id; list them with the query tenants, or onboard one first", s)
	case 1:
		return found[0], nil
	}
	return domain.ID{}, fmt.Errorf("--tenant %q: %d accounts have this name; give the id", s, len(found))
}
