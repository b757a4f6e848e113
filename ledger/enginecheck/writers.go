package enginecheck

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"muniment/ledger"
)

// together runs fn n times at once. The first error ends the others' context.
func together(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range n {
		g.Go(func() error { return fn(ctx, i) })
	}
	return g.Wait()
}

func oneWinner(ctx context.Context, c *checked) (string, error) {
	const writers, each = 8, 10
	s := newStream()
	var taken [writers * each]atomic.Bool
	var conflicts atomic.Int64
	err := together(ctx, writers, func(ctx context.Context, _ int) error {
		expected := ledger.NoStream
		for done := 0; done < each; {
			r := c.log.Append(ctx, batch(s, expected, 1))[0]
			switch {
			case r.Err == nil:
				at := r.Placed[0].Revision
				if at != expected+1 || taken[at].Swap(true) {
					return fmt.Errorf("expected revision %d, got %d, which another got too", expected, at)
				}
				expected = at
				done++
			case errors.Is(r.Err, ledger.ErrConflict):
				conflicts.Add(1)
				records, err := c.log.Stream(ctx, s, expected+1, writers*each)
				if err != nil || len(records) == 0 {
					return fmt.Errorf("a conflict at revision %d, but nothing comes after it (%v)", expected, err)
				}
				expected = records[len(records)-1].Revision
			default:
				return r.Err
			}
		}
		return nil
	})
	return fmt.Sprintf("%d writers, %d events, %d conflicts", writers, writers*each, conflicts.Load()), err
}

func sameAtOnce(ctx context.Context, c *checked) (string, error) {
	const rounds, writers = 10, 8
	for range rounds {
		b := batch(newStream(), ledger.Any, 1)
		var fresh atomic.Int64
		var place atomic.Int64
		place.Store(-1)
		err := together(ctx, writers, func(ctx context.Context, _ int) error {
			p, err := c.one(ctx, b)
			if err != nil {
				return err
			}
			if !p.Prior {
				fresh.Add(1)
			}
			if !place.CompareAndSwap(-1, p.Seq) && place.Load() != p.Seq {
				return fmt.Errorf("it stands at %d and at %d", place.Load(), p.Seq)
			}
			return nil
		})
		if err == nil && fresh.Load() != 1 {
			err = fmt.Errorf("%d of %d were told that theirs was the first", fresh.Load(), writers)
		}
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d times %d writers", rounds, writers), nil
}

// leaving lets callers go away at random moments: what they were told, and what is said later about
// the unknown, must agree with what is there in the end.
func leaving(ctx context.Context, c *checked) (string, error) {
	const writers, each = 8, 15
	var unknown, kept, not atomic.Int64
	before, err := c.log.Next(ctx)
	if err != nil {
		return "", err
	}
	err = together(ctx, writers, func(ctx context.Context, w int) error {
		random := rand.New(rand.NewPCG(1, uint64(w)))
		for range each {
			gone, leave := context.WithTimeout(ctx, time.Duration(random.IntN(4000))*time.Microsecond)
			b := batch(newStream(), ledger.Any, 1)
			r := c.log.Append(gone, b)[0]
			leave()
			switch {
			case r.Err == nil:
				kept.Add(1)
			case errors.Is(r.Err, ledger.ErrUnknown):
				unknown.Add(1)
				if errors.Is(r.Err, context.DeadlineExceeded) {
					return fmt.Errorf("an answer that says both unknown and not kept: %w", r.Err)
				}
				p, err := c.log.Prior(ctx, []ledger.Key{keyOf(b)})
				if err != nil {
					return err
				}
				if p[0].Seq >= 0 {
					kept.Add(1)
				} else {
					not.Add(1)
				}
			case errors.Is(r.Err, context.DeadlineExceeded):
				not.Add(1)
			default:
				return r.Err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if err := c.reopen(ctx); err != nil {
		return "", err
	}
	after, err := c.log.Next(ctx)
	if err == nil && after-before != kept.Load() {
		err = fmt.Errorf("%d were said to be kept, %d are there", kept.Load(), after-before)
	}
	return fmt.Sprintf("%d kept, %d not, %d of these unknown at first", kept.Load(), not.Load(), unknown.Load()), err
}

func deadlines(ctx context.Context, c *checked) (string, error) {
	over, cancel := context.WithCancel(ctx)
	cancel()
	next, err := c.log.Next(ctx)
	if err != nil {
		return "", err
	}
	begun := time.Now()
	if r := c.log.Append(over, batch(newStream(), ledger.Any, 1))[0]; r.Err == nil {
		return "", errors.New("an append whose time was over was kept")
	}
	soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if err := c.log.Wait(soon, next+1000); !errors.Is(err, context.DeadlineExceeded) {
		return "", fmt.Errorf("waiting for what doesn't come ended with %v", err)
	}
	if took := time.Since(begun); took > time.Second {
		return "", fmt.Errorf("50 ms became %v", took)
	}
	return "", nil
}

var errEnough = errors.New("enough")

func following(ctx context.Context, c *checked) (string, error) {
	const writers, each = 4, 20
	from, err := c.log.Next(ctx)
	if err != nil {
		return "", err
	}
	err = together(ctx, writers+3, func(ctx context.Context, i int) error {
		if i < writers {
			for range each {
				if _, err := c.one(ctx, batch(newStream(), ledger.Any, 1)); err != nil {
					return err
				}
			}
			return nil
		}
		want := from
		err := ledger.Follow(ctx, c.log, from, 1+(i-writers)*50, func(records []ledger.Record) error {
			for _, r := range records {
				if r.Seq != want {
					return fmt.Errorf("a follower got number %d, expected %d", r.Seq, want)
				}
				want++
			}
			if want == from+writers*each {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	})
	return fmt.Sprintf("%d writers, 3 followers, %d events", writers, writers*each), err
}

// speed promises nothing: its note tells how fast this engine is here.
func speed(ctx context.Context, c *checked) (string, error) {
	const alone, crowd, each, bulk = 50, 32, 10, 500
	begun := time.Now()
	for range alone {
		if _, err := c.one(ctx, batch(newStream(), ledger.Any, 1)); err != nil {
			return "", err
		}
	}
	one := time.Since(begun) / alone
	begun = time.Now()
	err := together(ctx, crowd, func(ctx context.Context, _ int) error {
		for range each {
			if _, err := c.one(ctx, batch(newStream(), ledger.Any, 1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	many := float64(crowd*each) / time.Since(begun).Seconds()
	var batches []ledger.Batch
	for range bulk {
		batches = append(batches, batch(newStream(), ledger.Any, 1))
	}
	begun = time.Now()
	placed, err := c.keep(ctx, batches...)
	if err != nil {
		return "", err
	}
	inBulk := bulk / time.Since(begun).Seconds()
	begun = time.Now()
	if records, err := c.log.Read(ctx, placed[0][0].Seq, bulk); err != nil || len(records) != bulk {
		return "", fmt.Errorf("read %d of %d (%v)", len(records), bulk, err)
	}
	read := bulk / time.Since(begun).Seconds()
	return fmt.Sprintf("one append %v; %d writers %.0f/s; in bulk %.0f/s; read %.0f/s", one.Round(10*time.Microsecond), crowd, many, inBulk, read), nil
}
