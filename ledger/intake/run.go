package intake

import (
	"context"
	"errors"
	"fmt"
	"io"

	"muniment/ledger"
)

// RunOptions of [Run] and [Validate].
type RunOptions struct {
	Each     func(Answer)                // every line's answer, in order
	Progress func(read int64, s Summary) // after every chunk: bytes read and what became of them
	Settle   func(context.Context) error // after some thousand lines: follow what was kept, so that nothing waits in memory
	By       ledger.Principal            // who states it: the zero value may state nothing
}

// chunkBytes bounds what of the input one chunk holds: lines may be 1 MiB long.
const chunkBytes = 4 << 20

// settleAfter is how many lines may wait to be followed: what their people are known by is in memory until then.
const settleAfter = 4096

// chunk is what one call of [ledger.Ledger.Prepare] gets: whole lines, in order.
type chunk struct {
	items    []Item
	subs     int
	prepared prepared
	err      error // why nothing comes after it
}

// prepared is a chunk's submissions, on their way: they must be kept or dropped.
type prepared interface {
	Keep(context.Context) []ledger.Outcome
	Drop(context.Context)
}

type preparer func(context.Context, []*ledger.Submission) prepared

// Run keeps what the reader gives, in order. While one chunk is being kept the next is prepared and
// the one after it is parsed: no more of the input is held. Refused lines are answered and the others
// go on; an error means that the ledger or the input failed, and tells how far it got.
func Run(ctx context.Context, l *ledger.Ledger, r Reader, o RunOptions) (Summary, error) {
	var before *ledger.Prepared
	return run(ctx, r, o, func(ctx context.Context, list []*ledger.Submission) prepared {
		before = l.Prepare(ctx, o.By, list, before)
		return before
	})
}

func run(ctx context.Context, r Reader, o RunOptions, prepare preparer) (s Summary, err error) {
	ctx, stop := context.WithCancel(ctx)
	parsed, ready := make(chan chunk), make(chan chunk)
	go func() {
		defer close(parsed)
		parseAll(ctx, r, parsed)
	}()
	go func() {
		defer close(ready)
		prepareAll(ctx, parsed, prepare, ready)
	}()
	defer func() {
		stop()
		for c := range ready { // the reader may wait for its input for ever: it is left to itself
			c.prepared.Drop(ctx)
		}
	}()
	last, unsettled := 0, 0
	for c := range ready {
		if err := ctx.Err(); err != nil {
			c.prepared.Drop(ctx)
			return s, stopped(last, s, err)
		}
		if err := s.keep(ctx, c, o); err != nil {
			return s, stopped(last, s, err)
		}
		if n := len(c.items); n > 0 {
			last = c.items[n-1].Line
			if o.Progress != nil {
				o.Progress(c.items[n-1].Offset, s)
			}
		}
		if unsettled += len(c.items); o.Settle != nil && unsettled >= settleAfter {
			unsettled = 0
			if err := o.Settle(ctx); err != nil {
				return s, stopped(last, s, err)
			}
		}
		if c.err != nil {
			return s, stopped(last, s, fmt.Errorf("read the input: %w", c.err))
		}
	}
	if err := ctx.Err(); err != nil {
		return s, stopped(last, s, err)
	}
	if d, drops := r.(dropper); drops {
		s.Dropped = d.Dropped()
	}
	if n, notes := r.(noter); notes {
		s.Notes = n.Notes()
	}
	return s, nil
}

func stopped(line int, s Summary, cause error) error {
	return fmt.Errorf("stopped after line %d (%s): %w; importing the same input again keeps nothing twice", line, s, cause)
}

// parseAll hands over chunk after chunk until the input ends or ctx does.
func parseAll(ctx context.Context, r Reader, chunks chan<- chunk) {
	for {
		c := parseChunk(r)
		end := c.err != nil
		if errors.Is(c.err, io.EOF) {
			c.err = nil
		}
		select {
		case chunks <- c:
		case <-ctx.Done():
			return
		}
		if end {
			return
		}
	}
}

// prepareAll prepares chunk after chunk until there is none or ctx ends.
func prepareAll(ctx context.Context, parsed <-chan chunk, prepare preparer, ready chan<- chunk) {
	for {
		select {
		case c, ok := <-parsed:
			if !ok {
				return
			}
			c.prepared = prepare(ctx, c.submissions())
			ready <- c // there is always somebody who keeps or drops it
		case <-ctx.Done():
			return
		}
	}
}

func parseChunk(r Reader) (c chunk) {
	start := int64(-1)
	for len(c.items) < ledger.MaxTake && c.subs < ledger.MaxTake-maxPerLine {
		item, err := r.Next()
		if err != nil {
			c.err = err
			return c
		}
		c.items, c.subs = append(c.items, item), c.subs+len(item.Sub)
		if start < 0 {
			start = item.Offset
		}
		if item.Offset-start > chunkBytes {
			break
		}
	}
	return c
}

// maxPerLine is how many submissions one line may become, so that a chunk never has to part them.
const maxPerLine = 2

// submissions are those of all the chunk's lines.
func (c *chunk) submissions() []*ledger.Submission {
	subs := make([]*ledger.Submission, 0, c.subs)
	for i := range c.items {
		subs = append(subs, c.items[i].Sub...)
	}
	return subs
}

// keep keeps a chunk and answers its lines. An internal error leaves the lines it struck unanswered.
func (s *Summary) keep(ctx context.Context, c chunk, o RunOptions) error {
	outcomes := c.prepared.Keep(ctx)
	var failed error
	for _, item := range c.items {
		own := outcomes[:len(item.Sub)]
		outcomes = outcomes[len(item.Sub):]
		a, err := answer(item, own)
		if err != nil {
			if failed == nil {
				failed = fmt.Errorf("line %d: %w", item.Line, err)
			}
			continue
		}
		s.count(a)
		if o.Each != nil {
			o.Each(a)
		}
	}
	return failed
}
