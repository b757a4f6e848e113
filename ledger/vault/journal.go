package vault

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"muniment/domain"
	"muniment/ledger"
)

// journal is the list of destroyed keys beside the epoch root, apart from the data: a vault restored
// from an older copy has them destroyed again before it serves. A line is the position of the event
// that ordered it and the key id, in hex; it is synced before a key is touched.
type journal struct {
	mu    sync.Mutex
	dir   KeysDir
	count int64 // lines
	last  int64 // greatest position, -1 for none
}

const (
	journalFile = "erasures.journal"
	journalLine = 16 + 1 + 32 + 1
	keyLine     = ' '
	tenantLine  = 't'
)

// open counts the lines and hands those from a line on to fn. A line that a crash cut short is
// dropped: no key was touched for it.
func (j *journal) open(dir KeysDir, from int64, fn func(keys, tenants []domain.ID) error) error {
	j.dir, j.last = dir, -1
	f, err := os.OpenFile(filepath.Join(dir.path, journalFile), os.O_RDWR, 0o600)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("erasure journal: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("erasure journal: %w", err)
	}
	whole := len(text) / journalLine * journalLine
	if whole < len(text) {
		if err := f.Truncate(int64(whole)); err != nil {
			return fmt.Errorf("erasure journal: %w", err)
		}
	}
	var keys, tenants []domain.ID
	for line := range bytes.Lines(text[:whole]) {
		var position int64
		var raw [16]byte
		_, bad := fmt.Sscanf(string(line[:min(16, len(line))]), "%016x", &position)
		if len(line) != journalLine || bad != nil {
			return fmt.Errorf("erasure journal %s: line %d is damaged: bring it back from the keys' own backup", f.Name(), j.count+1)
		}
		if _, err := hex.Decode(raw[:], line[17:49]); err != nil {
			return fmt.Errorf("erasure journal %s: line %d is damaged: bring it back from the keys' own backup", f.Name(), j.count+1)
		}
		if j.count >= from && line[16] == tenantLine {
			tenants = append(tenants, domain.ID(raw))
		} else if j.count >= from {
			keys = append(keys, domain.ID(raw))
		}
		j.count, j.last = j.count+1, max(j.last, position)
	}
	if len(keys)+len(tenants) == 0 {
		return nil
	}
	return fn(keys, tenants)
}

func (j *journal) lines() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.count
}

// add is durable when it returns.
func (j *journal) add(position int64, keys []domain.ID) error {
	var text bytes.Buffer
	for _, id := range keys {
		fmt.Fprintf(&text, "%016x%c%s\n", position, keyLine, id)
	}
	return j.append(position, text.Bytes())
}

func (j *journal) addTenant(position int64, tenant domain.ID) error {
	return j.append(position, fmt.Appendf(nil, "%016x%c%s\n", position, tenantLine, tenant))
}

func (j *journal) append(position int64, text []byte) error {
	if len(text) == 0 {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	path := filepath.Join(j.dir.path, journalFile)
	_, missing := os.Stat(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("erasure journal: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("erasure journal: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("erasure journal: %w", err)
	}
	if missing != nil {
		if err := j.dir.sync(); err != nil {
			return err
		}
	}
	j.count, j.last = j.count+int64(len(text)/journalLine), max(j.last, position)
	return nil
}

// openJournal destroys again what the journal names and this copy of the vault doesn't know of.
func (v *Vault) openJournal(ctx context.Context) error {
	done, err := v.checkpoint(ctx, "journal")
	if err != nil {
		return err
	}
	var keys, tenants []domain.ID
	if err := v.journal.open(v.keys, done, func(k, t []domain.ID) error { keys, tenants = k, t; return nil }); err != nil {
		return err
	}
	if n := v.journal.lines(); n < done {
		return fmt.Errorf("vault: the erasure journal in %s names %d destroyed keys, and the vault knows of %d: the keys directory is an older copy. Bring back the newest", v.keys.path, n, done)
	}
	for _, tenant := range tenants {
		if _, err := v.dropBranch(ctx, tenant); err != nil {
			return err
		}
	}
	return v.empty(ctx, keys, v.journal.lines())
}

// checkJournal refuses a log that ends before an erasure that the journal knows of.
func (v *Vault) checkJournal(ctx context.Context, log ledger.Log) error {
	next, err := log.Next(ctx)
	if err == nil && v.journal.last >= next {
		err = fmt.Errorf("vault: the ledger ends at position %d, and the erasure journal names an erasure at position %d: the ledger is an older copy, and erasures after its end are unknown to it. Bring back a newer one", next-1, v.journal.last)
	}
	return err
}
