package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"muniment/ledger/seal"
)

// Alarm is what a witness found.
type Alarm struct {
	Kind    string // LOG_ROLLBACK or LOG_FORK, as findings have it
	Witness string
	Seen    int64 // the size that the witness has seen
	Size    int64 // the size that it was shown now
}

// Kinds of alarm.
const (
	Rollback = "LOG_ROLLBACK" // the witness has seen a longer log: an older backup was restored
	Fork     = "LOG_FORK"     // the witness has seen another log under the same key
)

func (a Alarm) Error() string {
	if a.Kind == Rollback {
		return fmt.Sprintf("witness %s has seen this log with %d events, and it has %d now: was an older backup restored?", a.Witness, a.Seen, a.Size)
	}
	return fmt.Sprintf("witness %s has seen another history of this log at size %d: two logs are signed with one key", a.Witness, a.Seen)
}

// Feed sends checkpoints to witnesses. Nothing waits for it: what is kept and sealed stays so when all
// witnesses are away.
type Feed struct {
	Sealer *seal.Sealer
	Policy Policy
	Client *http.Client
	// Warn is told when a witness can't be reached or refuses, Alarm when it found something.
	Warn  func(what string, err error)
	Alarm func(Alarm)

	seen []int64 // by witness
}

const (
	// pace is the least time between two rounds: witnesses serve many logs.
	pace = time.Second
	// roundTime bounds a round: who is slower takes part in the next.
	roundTime = 10 * time.Second
)

// Run has the newest checkpoint signed whenever there is a newer one, until ctx ends.
func (f *Feed) Run(ctx context.Context) error {
	f.seen = make([]int64, len(f.Policy.Witnesses))
	signed := f.remember(ctx)
	for {
		c := f.Sealer.Checkpoint()
		begun := time.Now()
		wait := roundTime
		if c.Size > signed {
			if f.round(ctx, c) {
				signed, wait = c.Size, pace
			}
		} else if err := f.Sealer.Wait(ctx, signed); err != nil {
			return err
		} else {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(begun.Add(wait))):
		}
	}
}

// remember shows what witnesses signed before this process was started, when it is still enough for the
// policy, and is how much that covers: there is nothing to see in an empty log.
func (f *Feed) remember(ctx context.Context) (size int64) {
	c, err := f.Sealer.LastCosigned(ctx)
	if err == nil && c.Size > 0 && f.enough(c.Text) == nil {
		if err = f.Sealer.Cosigned(ctx, c); err == nil {
			size = c.Size
		}
	}
	if err != nil {
		f.Warn("show what witnesses signed before; they are asked again", err)
	}
	return size
}

// enough reports why the signatures under a checkpoint don't satisfy the policy.
func (f *Feed) enough(text []byte) error {
	n, err := note.Open(text, f.Policy)
	if err != nil {
		return err
	}
	return f.Policy.Check(f.Sealer.Origin(), n.Sigs)
}

// round has one checkpoint signed and shows it with all signatures that came, when they are enough.
func (f *Feed) round(ctx context.Context, c seal.Checkpoint) bool {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	lines := make([]string, len(f.Policy.Witnesses))
	var g errgroup.Group
	for i := range f.Policy.Witnesses {
		g.Go(func() error {
			var err error
			lines[i], err = f.ask(ctx, i, c)
			var found Alarm
			switch {
			case errors.As(err, &found):
				f.Alarm(found)
			case err != nil && ctx.Err() == nil:
				f.Warn("witness "+f.Policy.Witnesses[i].Name+" did not sign; it is asked again", err)
			}
			return nil
		})
	}
	g.Wait()
	text := bytes.Clone(c.Text)
	for _, line := range lines {
		text = append(text, line...)
	}
	if err := f.enough(text); err != nil {
		f.Warn("not enough witnesses signed", err)
		return false
	}
	if err := f.Sealer.Cosigned(ctx, seal.Checkpoint{Size: c.Size, Root: c.Root, Text: text}); err != nil {
		f.Warn("publish the cosigned checkpoint", err)
		return false
	}
	return true
}

// ask submits to one witness, from the size that it has seen.
func (f *Feed) ask(ctx context.Context, i int, c seal.Checkpoint) (string, error) {
	w := f.Policy.Witnesses[i]
	for range 3 { // another log server of ours may submit at the same time
		old := f.seen[i]
		if old > c.Size {
			return "", Alarm{Rollback, w.Name, old, c.Size}
		}
		var line string
		var err error
		if old == 0 {
			line, err = w.submit(ctx, f.Client, 0, nil, c)
		} else {
			path, bad := f.Sealer.Consistency(ctx, old, c.Size) // empty when the witness saw this very size
			if bad != nil {
				return "", bad
			}
			line, err = w.submit(ctx, f.Client, old, path, c)
		}
		var a ahead
		var u unproven
		switch {
		case err == nil:
			f.seen[i] = c.Size
			return line, nil
		case errors.As(err, &a) && a.size == old, errors.As(err, &u):
			return "", Alarm{Fork, w.Name, old, c.Size}
		case errors.As(err, &a):
			f.seen[i] = a.size
		default:
			return "", err
		}
	}
	return "", errors.New("the witness sees other sizes each time")
}
