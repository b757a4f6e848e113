package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/schollz/progressbar/v3"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/intake"
)

type importCmd struct {
	As        string `required:"" enum:"events,ctm,cloudevents,cloudtrail,register" placeholder:"FORMAT" help:"events: native events, one JSON object a line. ctm: a call tracker's calls, texts and forms. cloudevents: CloudEvents, native ones or a telephony provider's. cloudtrail: an object store's audit records. register: a published sub-processor list (Markdown, HTML or CSV)."`
	Tenant    string `placeholder:"ID|NAME" help:"ctm, cloudevents, cloudtrail: whose records they are."`
	Region    string `placeholder:"CC" help:"ctm, cloudevents: country of numbers written without +, such as US."`
	List      string `default:"main" help:"register: which list it is a version of."`
	Effective string `placeholder:"DATE" help:"register: from when it holds; what the document says when left out."`
	Renames   string `type:"path" placeholder:"FILE" help:"register: CSV file OLD,NEW of companies that changed their names."`
	Encoding  string `placeholder:"NAME" help:"register: encoding of the file, such as windows-1252; UTF-8 when left out."`
	Correct   bool   `help:"register: the list takes the place of the version of the same day; both stay in the history."`
	DryRun    bool   `name:"dry-run" help:"register: say what would change and what would be announced, and keep nothing."`
	TakeBack  string `name:"take-back" placeholder:"DATE" help:"register: take back the version that holds from this day; no FILE is given."`
	recordings
	Source string   `placeholder:"NAME" help:"events, cloudevents: the system that native events come from which name none."`
	Login  string   `placeholder:"LOGIN" help:"Who imports: the actor of facts that name none."`
	Strict bool     `help:"Validate everything first and keep nothing if a line would be refused."`
	Files  []string `arg:"" optional:"" name:"FILE" help:"Files; - is standard input."`

	by ledger.Principal
}

// Help shows examples.
func (*importCmd) Help() string {
	return `Examples:
  muniment import --as events facts.ndjson
  muniment import --as ctm --tenant "Example Dental" --region US calls.json
  muniment import --as cloudevents --tenant "Example Dental" events.json
  muniment import --as cloudtrail --recordings example-recordings --recording-keys 'calls/{tenant}/{id}.mp3' trail.json
  muniment import --as register --effective 2026-10-01 --dry-run subprocessors.md
  muniment import --as register --take-back 2026-10-01

The last line of output is "kept N, duplicate N, refused N". Importing again keeps nothing twice.`
}

// errRefused: some lines were refused, and said so.
var errRefused = errors.New("some lines were refused: mend them and import again; what was kept is not kept twice")

func (c *importCmd) run(ctx context.Context, h *house, t terminal) error {
	if err := c.flags(); err != nil {
		return err
	}
	open, err := c.opener(ctx, h, t)
	if err != nil {
		return err
	}
	if c.by, err = c.importer(ctx, h); err != nil {
		return err
	}
	if c.TakeBack != "" {
		return c.takeBack(ctx, h, t)
	}
	var total intake.Summary
	total.Dropped, total.Notes = map[string]int{}, map[string]int{}
	if c.Strict {
		if err := c.validate(ctx, h, t, open); err != nil {
			return err
		}
	}
	for _, file := range c.Files {
		s, err := c.one(ctx, h, t, file, open)
		total.Kept, total.Duplicate, total.Refused = total.Kept+s.Kept, total.Duplicate+s.Duplicate, total.Refused+s.Refused
		for name, n := range s.Dropped {
			total.Dropped[name] += n
		}
		for what, n := range s.Notes {
			total.Notes[what] += n
		}
		if err != nil {
			fmt.Fprintln(t.out, total)
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(total.Dropped) > 0 {
		fmt.Fprintf(t.out, "not taken in, by field name: %s\n", counts(total.Dropped))
	}
	for _, what := range slices.Sorted(maps.Keys(total.Notes)) {
		fmt.Fprintf(t.out, "%s: %d\n", what, total.Notes[what])
	}
	if c.DryRun {
		fmt.Fprintln(t.out, "dry run: nothing was kept")
	} else {
		fmt.Fprintln(t.out, total)
	}
	if total.Refused > 0 {
		return errRefused
	}
	return nil
}

// flags refuses flags that don't go together.
func (c *importCmd) flags() error {
	switch {
	case c.As != "register" && (c.Correct || c.DryRun || c.TakeBack != "" || c.Encoding != ""):
		return usage{errors.New("--correct, --dry-run, --take-back and --encoding are for --as register")}
	case c.TakeBack != "" && (len(c.Files) > 0 || c.Correct):
		return usage{errors.New("--take-back takes a version back by its day: give no FILE and no --correct")}
	case c.TakeBack == "" && len(c.Files) == 0:
		return usage{errors.New("expected \"FILE ...\": which files? - is standard input")}
	}
	return nil
}

// importer is who works at the machine: with --login that person, else nobody known.
func (c *importCmd) importer(ctx context.Context, h *house) (ledger.Principal, error) {
	if c.Source != "" && !domain.ValidSource(c.Source) {
		return ledger.Principal{}, usage{errors.New("--source: expected the name of a system: 1 to 32 of a-z, 0-9, . and -")}
	}
	if c.Login == "" {
		return ledger.AtMachine(domain.Actor{Kind: domain.UnknownActor}), nil
	}
	id, err := h.actor(ctx, access.Operator, c.Login, nil)
	return ledger.AtMachine(domain.Actor{ID: id, Kind: domain.Person, Role: "OPERATOR"}), err
}

// opener makes a reader of the format over a file.
func (c *importCmd) opener(ctx context.Context, h *house, t terminal) (open func(io.Reader) (intake.Reader, error), err error) {
	switch c.As {
	case "events":
		return func(r io.Reader) (intake.Reader, error) {
			return intake.Events(r, intake.EventOptions{Source: c.Source}), nil
		}, nil
	case "ctm":
		if c.Tenant == "" {
			return nil, usage{errors.New("--as ctm needs --tenant: whose records are they?")}
		}
		tenant, err := tenantNamed(ctx, h, c.Tenant)
		if err != nil {
			return nil, err
		}
		return func(r io.Reader) (intake.Reader, error) {
			return intake.CTM(r, intake.CTMOptions{Tenant: tenant, DefaultRegion: c.Region, Now: h.now})
		}, nil
	case "cloudevents":
		o := intake.CloudEventsOptions{Source: c.Source, DefaultRegion: c.Region}
		if o.Tenant, err = c.whose(ctx, h); err != nil {
			return nil, err
		}
		return func(r io.Reader) (intake.Reader, error) { return intake.CloudEvents(r, o) }, nil
	case "cloudtrail":
		o, err := c.options(ctx, h)
		if err != nil {
			return nil, usage{err}
		}
		if o.Tenant, err = c.whose(ctx, h); err != nil {
			return nil, err
		}
		return func(r io.Reader) (intake.Reader, error) { return intake.CloudTrail(r, o) }, nil
	}
	o := c.registerOptions(ctx, h)
	if c.Effective != "" {
		day, err := domain.ParseDate(c.Effective)
		if err != nil {
			return nil, usage{fmt.Errorf("--effective: %w", err)}
		}
		o.Effective = day
	}
	if c.Renames != "" {
		f, err := os.Open(t.path(c.Renames))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if o.Renames, err = intake.ReadRenames(f); err != nil {
			return nil, fmt.Errorf("--renames %s: %w", c.Renames, err)
		}
	}
	return func(r io.Reader) (intake.Reader, error) { return intake.Register(r, o), nil }, nil
}

// whose finds the account of --tenant; the zero id when there is none.
func (c *importCmd) whose(ctx context.Context, h *house) (domain.ID, error) {
	if c.Tenant == "" {
		return domain.ID{}, nil
	}
	return tenantNamed(ctx, h, c.Tenant)
}

func (c *importCmd) validate(ctx context.Context, h *house, t terminal, open func(io.Reader) (intake.Reader, error)) error {
	for _, file := range c.Files {
		if file == "-" {
			return usage{errors.New("--strict reads the input twice, so it can't be standard input: save it to a file")}
		}
		in, _, err := source(t, file)
		if err != nil {
			return err
		}
		defer in.Close()
		r, err := open(in)
		if err != nil {
			return err
		}
		s, err := intake.Validate(ctx, h.ledger, r, intake.RunOptions{By: c.by, Each: tell(t, file)})
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if s.Refused > 0 {
			fmt.Fprintln(t.out, intake.Summary{Refused: s.Refused})
			return errors.New("nothing was kept: --strict, and lines would be refused")
		}
	}
	return nil
}

func (c *importCmd) one(ctx context.Context, h *house, t terminal, file string, open func(io.Reader) (intake.Reader, error)) (intake.Summary, error) {
	in, size, err := source(t, file)
	if err != nil {
		return intake.Summary{}, err
	}
	defer in.Close()
	r, err := open(in)
	if err != nil {
		return intake.Summary{}, err
	}
	if list, ok := r.(*intake.RegisterReader); ok {
		c.compare(t, file, list)
		if c.DryRun {
			return dryRun(t, file, list)
		}
	}
	o := intake.RunOptions{By: c.by, Each: tell(t, file)}
	if t.interactive {
		bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(t.err), progressbar.OptionShowBytes(true), progressbar.OptionSetDescription(file),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100_000_000))
		o.Progress = func(read int64, s intake.Summary) {
			bar.Describe(fmt.Sprintf("%s: %s", file, s))
			bar.Set64(read)
		}
		defer bar.Finish()
	}
	return intake.Run(ctx, h.ledger, r, o)
}

// tell writes refusals, line by line.
func tell(t terminal, file string) func(intake.Answer) {
	return func(a intake.Answer) {
		if a.State == intake.Refused {
			fmt.Fprintf(t.err, "%s: %s\n", file, a)
		}
	}
}

func source(t terminal, file string) (io.ReadCloser, int64, error) {
	if file == "-" {
		return io.NopCloser(t.in), -1, nil
	}
	f, err := os.Open(t.path(file))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
