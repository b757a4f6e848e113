package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"filippo.io/torchwood"

	"muniment/ledger/seal/heads"
)

const seenFile = "checkpoint"

// remembered is the checkpoint that was seen last, nil before the first. Its signatures were checked
// when it was seen.
func (m *Monitor) remembered() (*torchwood.Checkpoint, error) {
	text, err := os.ReadFile(filepath.Join(m.Dir, seenFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what was seen last: %w", err)
	}
	c, err := m.Demands.Open(text)
	if err != nil {
		return nil, fmt.Errorf("what was seen last (%s): %w; if the policy changed, name another directory with --state", filepath.Join(m.Dir, seenFile), err)
	}
	return &c, nil
}

// remember is durable when it returns.
func (m *Monitor) remember(text []byte) error { return Keep(filepath.Join(m.Dir, seenFile), text) }

const settledFile = "epochs"

// settled is which epochs are known to count for nothing.
func (m *Monitor) settled() (s heads.Settled, err error) {
	text, err := os.ReadFile(filepath.Join(m.Dir, settledFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return s, fmt.Errorf("what was seen of epochs: %w", err)
	}
	return s, nil
}

// settle remembers it, unless there is nothing to remember or to forget.
func (m *Monitor) settle(s heads.Settled) error {
	before, err := m.settled()
	if err != nil || reflect.DeepEqual(before, s) {
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return Keep(filepath.Join(m.Dir, settledFile), text)
}

// Keep replaces a file at once and durably: whoever reads it finds the old text or the new.
func Keep(path string, text []byte) error {
	f, err := os.OpenFile(path+".unfinished", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	if err := os.Rename(path+".unfinished", path); err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
