package seal

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// notOlder refuses a log that is shorter than what was signed, or has another name, and remembers what was
// signed of it that isn't in the lock: a crash between the two leaves that.
func (s *Sealer) notOlder(next int64) error {
	s.marked = Checkpoint{}
	if s.config.Mark == nil {
		return nil
	}
	origin, size, root, err := s.config.Mark.Last()
	switch {
	case err != nil:
		return err
	case origin == "":
		return nil
	case origin != s.last.origin:
		return fmt.Errorf("the keys directory says that the log %s was signed last, and this is %s: %w", origin, s.last.origin, ErrOlder)
	case next < size:
		return fmt.Errorf("the log has %d events, and the keys directory says that %d were signed: %w", next, size, ErrOlder)
	}
	s.marked = Checkpoint{Size: size, Root: root}
	return nil
}

// sameAsMarked compares the tree with what was signed, as far as it goes; the rest is compared when it is sealed.
func (s *Sealer) sameAsMarked(ctx context.Context) error {
	m := s.marked
	if m.Size == 0 || m.Size > s.last.size {
		return nil
	}
	root, err := tlog.TreeHash(m.Size, s.at(ctx, s.last.size, s.last.root))
	if err == nil && root != m.Root {
		err = fmt.Errorf("the first %d events give another root than was signed: %w", m.Size, ErrOlder)
	}
	return err
}

// mark notes what is about to be signed.
func (s *Sealer) mark(size int64, root tlog.Hash) error {
	if s.config.Mark == nil {
		return nil
	}
	if err := s.config.Mark.Signed(s.last.origin, size, root); err != nil {
		return fmt.Errorf("note beside the keys what is signed: %w", err)
	}
	return nil
}
