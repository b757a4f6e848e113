package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/intake"
)

// registerOptions are what --as register needs besides its flags: the day, and what was kept before.
func (c *importCmd) registerOptions(ctx context.Context, h *house) intake.RegisterOptions {
	return intake.RegisterOptions{List: c.List, Encoding: c.Encoding, Correct: c.Correct, Today: domain.Date(h.now().UTC().Format(time.DateOnly)),
		NamingKey: func() ([]byte, error) { return h.vault.NamingKey(ctx, domain.Operator) },
		History: func(list string) (domain.ListHistory, error) {
			_, history, err := listHistory(ctx, h, list)
			return history, err
		}}
}

// listHistory reads everything kept of one published list, and where it is kept.
func listHistory(ctx context.Context, h *house, list string) (s domain.Stream, all domain.ListHistory, err error) {
	naming, err := h.vault.NamingKey(ctx, domain.Operator)
	if err != nil {
		return s, all, err
	}
	s = ledger.RegisterStream(naming, list)
	kept, err := h.ledger.History(ctx, s)
	if err != nil {
		return s, all, err
	}
	for _, k := range kept {
		all = all.Apply(k)
	}
	return s, all, nil
}

// compare says how a list differs from the one before it, and which changes that would be to announce.
func (c *importCmd) compare(t terminal, file string, r *intake.RegisterReader) {
	list, history, ok := r.List()
	if !ok {
		return
	}
	before, found := history.OfDay(list.Effective)
	against := "the version that stands for this day"
	if !found {
		before, found = history.Before(list.Effective)
		against = "the version of " + string(before.Effective)
	}
	fmt.Fprintf(t.out, "%s: list %s, from %s", file, list.List, list.Effective)
	if !found {
		fmt.Fprintf(t.out, ": the first version, %s in use\n", rows(len(domain.RowsInUse(list.Entries))))
		printUnused(t, list.Entries)
		return
	}
	fmt.Fprintf(t.out, ", compared with %s:\n", against)
	d := domain.Diff(domain.RowsInUse(before.Entries), domain.RowsInUse(list.Entries), nil)
	printDiff(t, d)
	printUnused(t, list.Entries)
	fmt.Fprintln(t.out, toAnnounce(d))
}

func printDiff(t terminal, d domain.ListDiff) {
	if len(d.Added)+len(d.Removed)+len(d.Changed) == 0 {
		fmt.Fprintln(t.out, "  no change of what is in use")
	}
	for _, e := range d.Added {
		fmt.Fprintf(t.out, "  added    %s\n", entryText(e))
	}
	for _, e := range d.Removed {
		fmt.Fprintf(t.out, "  removed  %s\n", entryText(e))
	}
	for _, x := range d.Changed {
		fmt.Fprintf(t.out, "  changed  %s → %s\n", entryText(x.Before), entryText(x.After))
	}
}

func printUnused(t terminal, entries []domain.Entry) {
	for _, e := range entries {
		if e.Status != "" {
			fmt.Fprintf(t.out, "  not in use (%s)  %s\n", e.Status, entryText(e))
		}
	}
}

func entryText(e domain.Entry) string {
	text := e.Name + ": " + e.Purpose
	if len(e.Locations) > 0 {
		text += " (" + strings.Join(e.Locations, "; ") + ")"
	}
	return text
}

// toAnnounce counts the changes that customers would have to be told of. The import itself tells nobody.
func toAnnounce(d domain.ListDiff) string {
	kinds := map[domain.ChangeKind]int{domain.AddSubprocessor: len(d.Added), domain.Remove: len(d.Removed)}
	for _, c := range d.Changed {
		for _, k := range c.Types {
			kinds[k]++
		}
	}
	var parts []string
	for _, k := range domain.ChangeKind("").Values() {
		if n := kinds[domain.ChangeKind(k)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k))
		}
	}
	if parts == nil {
		return "nothing to announce"
	}
	return "to announce: " + strings.Join(parts, ", ") + " (an import tells nobody: announceChange does)"
}

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

// dryRun answers what an import would, and keeps nothing.
func dryRun(t terminal, file string, r *intake.RegisterReader) (s intake.Summary, err error) {
	each := tell(t, file)
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			s.Dropped, s.Notes = r.Dropped(), r.Notes()
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if item.Err != nil {
			s.Refused++
			each(intake.Answer{Line: item.Line, State: intake.Refused, Err: item.Err})
		}
	}
}

// takeBack withdraws a version of a list that should never have been kept.
func (c *importCmd) takeBack(ctx context.Context, h *house, t terminal) error {
	day, err := domain.ParseDate(c.TakeBack)
	if err != nil {
		return usage{fmt.Errorf("--take-back: %w", err)}
	}
	stream, history, err := listHistory(ctx, h, c.List)
	if err != nil {
		return err
	}
	told, err := registerOf{h}.told(ctx)
	if err != nil {
		return err
	}
	if c.DryRun {
		if _, no := history.TakeBack(c.List, day, told); no != nil {
			return no
		}
	} else if _, err := ledger.Do(ctx, h.ledger, ledger.Command{
		Name: "takeBackList", Stream: stream, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "cli", Actor: c.by.Actor},
	}, domain.ListHistory.Apply, func(now domain.ListHistory, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return now.TakeBack(c.List, day, told)
	}); err != nil {
		return err
	}
	was, _ := history.OfDay(day)
	history.Withdrawn = append(slices.Clone(history.Withdrawn), was.ID)
	fmt.Fprintf(t.out, "list %s of %s is taken back; ", c.List, day)
	if again, found := history.OfDay(day); found {
		fmt.Fprintln(t.out, "what it corrected holds again:")
		printDiff(t, domain.Diff(domain.RowsInUse(was.Entries), domain.RowsInUse(again.Entries), nil))
	} else if before, found := history.Before(day); found {
		fmt.Fprintf(t.out, "the version of %s holds on:\n", before.Effective)
		printDiff(t, domain.Diff(domain.RowsInUse(was.Entries), domain.RowsInUse(before.Entries), nil))
	} else {
		fmt.Fprintln(t.out, "no version stands before it")
	}
	if c.DryRun {
		fmt.Fprintln(t.out, "dry run: nothing was kept")
	}
	return nil
}

// told lists the changes that customers were told of, to all of them or to some.
func (r registerOf) told(ctx context.Context) (all []domain.Told, err error) {
	if err := r.settled(ctx); err != nil {
		return nil, err
	}
	entries, err := r.entries(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		for _, c := range e.State.Engagement.Changes {
			all = append(all, domain.Told{Name: e.State.LegalName, Announced: c.Announced, Withdrawn: c.Withdrawn})
		}
	}
	return all, nil
}
