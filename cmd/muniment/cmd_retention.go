package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"muniment/domain"
	"muniment/ledger/erasure"
)

type retentionCmd struct {
	DryRun bool `name:"dry-run" help:"Print what is past its period and what would be held back, and change nothing."`
}

// Help explains.
func (*retentionCmd) Help() string {
	return `serve does this an hour after its start and then once a day. What is past its period, and kept by no legal hold and no thing that
goes on, is disposed of: keys destroyed, payloads struck. It can't be brought back. Periods are set with the mutation
setRetentionPeriod; docs/retention.md says what goes when and what never does.

Examples:
  muniment retention --dry-run
  muniment retention`
}

func (c *retentionCmd) run(ctx context.Context, h *house, t terminal) error {
	if c.DryRun {
		plan, _, err := h.erasures.Plan(ctx)
		if err == nil {
			printPlan(t, plan)
		}
		return err
	}
	done, err := h.erasures.Dispose(ctx)
	switch {
	case done != nil: // also when what came after it failed
		fmt.Fprintln(t.out, disposed(*done))
	case err == nil:
		fmt.Fprintln(t.out, "nothing is past its period that could go: nothing was recorded")
	}
	return err
}

func printPlan(t terminal, plan []erasure.Planned) {
	w := tabwriter.NewWriter(t.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FAMILY\tCLASS\tPERIOD\tOCCURRED BEFORE\tPAYLOADS\tKEYS\tHELD BACK")
	for _, p := range plan {
		class := string(p.Cut.Class)
		if class == "" {
			class = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", p.Cut.Family, class, p.Cut.Period, p.Cut.OccurredBefore.Std().Format(time.DateOnly), p.Taken.Struck, p.Keys, heldBack(p.Taken))
	}
	w.Flush()
}

// heldBack says what is old enough and stays, and why.
func heldBack(t domain.Taken) string {
	var parts []string
	for _, x := range []struct {
		n    int64
		what string
	}{{t.Hold, "on legal hold"}, {t.Binding, "still binding"}, {t.InUse, "used since"}, {t.Unremoved, "not removable by the log's engine"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// disposed sums a disposal up.
func disposed(d domain.DisposalCompleted) string {
	var all domain.Taken
	for _, t := range d.Taken {
		all.Struck, all.Hold, all.Binding, all.InUse, all.Unremoved = all.Struck+t.Struck, all.Hold+t.Hold, all.Binding+t.Binding, all.InUse+t.InUse, all.Unremoved+t.Unremoved
	}
	return fmt.Sprintf("disposed of %d payloads and %d keys; held back: %s", all.Struck, d.Keys, heldBack(all))
}

// The first disposal of a serve comes late enough for somebody to look at it before (--dry-run), and
// early enough for one that is started anew each day.
const (
	firstDisposal = time.Hour
	nextDisposal  = 24 * time.Hour
)

// disposing disposes of what is past its period, daily, until ctx ends. What fails is tried again the
// next day, and what was cut off is carried out at the next start.
func (h *house) disposing(ctx context.Context) error {
	wait := time.NewTimer(firstDisposal)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
		if err := h.erasures.Overdue(ctx); err != nil && ctx.Err() == nil {
			h.log.WithField("error", err.Error()).Error("legal holds past their review can't be kept as findings; it is tried again in a day")
		}
		done, err := h.erasures.Dispose(ctx)
		if done != nil {
			h.log.Info(disposed(*done))
		}
		if err != nil && ctx.Err() == nil {
			h.log.WithField("error", err.Error()).Error("not all that is past its period could be disposed of; it is tried again in a day")
		}
		wait.Reset(nextDisposal)
	}
}
