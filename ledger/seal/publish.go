package seal

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// tell publishes a checkpoint that was signed and is in the lock.
func (s *Sealer) tell(c Checkpoint) error {
	return s.publish(func() {
		s.signed = c
		close(s.more)
		s.more = make(chan struct{})
	})
}

// Cosigned keeps and publishes a checkpoint with the signatures of as many witnesses as the policy
// demands.
func (s *Sealer) Cosigned(ctx context.Context, c Checkpoint) error {
	if err := s.lock.keepCosigned(ctx, c); err != nil {
		return err
	}
	return s.publish(func() {
		if c.Size >= s.cosigned.Size {
			s.cosigned, s.cosignedAt = c, time.Now()
		}
	})
}

// LastCosigned is the last checkpoint that was kept with witnesses' signatures, by whatever policy held
// then; of size 0 when there is none that belongs to this log.
func (s *Sealer) LastCosigned(ctx context.Context) (Checkpoint, error) {
	c, err := s.lock.cosigned(ctx)
	now := s.Checkpoint()
	if err != nil || c.Size == 0 || c.Size > now.Size {
		return Checkpoint{}, err
	}
	if said, bad := s.Signer().open(c.Text); bad != nil || said.N != c.Size || said.Hash != c.Root {
		s.config.Warn("the checkpoint that witnesses signed last is damaged, and not shown: they sign the next", bad)
		return Checkpoint{}, nil
	}
	root, err := tlog.TreeHash(c.Size, s.at(ctx, now.Size, now.Root))
	if err != nil || root != c.Root {
		return Checkpoint{}, err
	}
	return c, nil
}

// publish changes what there is to be shown, and shows it.
func (s *Sealer) publish(change func()) error {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	s.mu.Lock()
	change()
	text := s.choose().Text
	s.mu.Unlock()
	return s.points.publish(text)
}

// choose is which checkpoint is shown: never a smaller one than before.
func (s *Sealer) choose() Checkpoint {
	fresh := s.cosigned.Size == s.signed.Size || time.Since(s.cosignedAt) < witnessTime
	c := s.signed
	if s.cosigned.Size > 0 && fresh && s.cosigned.Size >= s.shown.Size {
		c = s.cosigned
	}
	s.shown = c
	return c
}

// Checkpoint is the last one that was signed.
func (s *Sealer) Checkpoint() Checkpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signed
}

// Published is the checkpoint to show: with the witnesses' signatures as long as they keep up.
func (s *Sealer) Published() Checkpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.choose()
}

// Covering is a checkpoint that covers an event: with the witnesses' signatures where there is one.
func (s *Sealer) Covering(seq int64) Checkpoint {
	c, _ := s.covering(seq)
	return c
}

// covering is a checkpoint that covers an event: with the witnesses' signatures where there is one.
func (s *Sealer) covering(seq int64) (Checkpoint, State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq < s.cosigned.Size {
		return s.cosigned, Cosigned
	}
	return s.signed, Sealed
}

// State is how far the sealing of an event has come.
type State string

// The states of an event.
const (
	Durable  State = "DURABLE"  // kept
	Sealed   State = "SEALED"   // under a signed checkpoint
	Cosigned State = "COSIGNED" // under one that enough witnesses signed
)

// State tells how far the sealing of a kept event has come.
func (s *Sealer) State(seq int64) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case seq < s.cosigned.Size:
		return Cosigned
	case seq < s.signed.Size:
		return Sealed
	}
	return Durable
}

// Wait returns when an event is under a signed checkpoint.
func (s *Sealer) Wait(ctx context.Context, seq int64) error {
	for {
		s.mu.Lock()
		size, more := s.signed.Size, s.more
		s.mu.Unlock()
		if seq < size {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-more:
		}
	}
}
