package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"muniment/domain"
	"muniment/ledger/seal"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqlstore"
	"muniment/ledger/vault"
)

type backupCmd struct {
	To     string `placeholder:"DIR" help:"New directory for a copy of the data. It holds no key."`
	KeysTo string `placeholder:"DIR" help:"New directory for a copy of the keys, never where copies of the data are."`
}

// Help explains.
func (*backupCmd) Help() string {
	return `Copies what can't be made anew, as it was at one moment, beside a running serve or without one: event log, key
vault, seals, tokens. Views, tiles, queue and outbox are left out. Writing goes on meanwhile; an erasure that
is asked for is carried out when the copy is made.

The keys lie apart, because whoever has both can read. Which keys exist decides which copies of the data can be
opened at all: a copy made in an earlier key epoch opens nothing any more. docs/backup.md says how often and where.

Examples:
  muniment backup --to /backup/2026-11-23
  muniment backup --keys-to /safe/2026-11-23.keys`
}

// elsewhere is what is said when a server keeps the ledger's rows.
const elsewhere = `this ledger lies on a server (%s): nothing of it was copied. Back it up there: docs/backup.md says in which order. The keys can be copied from here, with --keys-to`

func (c *backupCmd) run(ctx context.Context, h *house, t terminal) error {
	to, keys := t.path(c.To), t.path(c.KeysTo)
	if to == "" && keys == "" {
		return usage{errors.New("backup: say where to, with --to DIR for the data or --keys-to DIR for the keys")}
	}
	own := map[string]string{"--data": h.dir.path, "--keys": h.dir.keys.Path()}
	if to != "" {
		if err := apart("--to", to, own); err != nil {
			return err
		}
		if kinds := h.stores.kinds(); kinds != (stores{}).kinds() {
			return fmt.Errorf(elsewhere, kinds)
		}
	}
	if keys != "" {
		own["--to"] = to
		if err := apart("--keys-to", keys, own); err != nil {
			return err
		}
	}
	if to != "" {
		if err := canHold(to); err != nil {
			return err
		}
	}
	if _, _, err := h.bundleKey(); err != nil { // which signs the manifest, and belongs into the copy of the keys
		return err
	}
	err := h.erasures.Paused(func() error {
		return h.vault.Still(func() error {
			if to != "" {
				if err := h.copyRooms(ctx, to); err != nil {
					return err
				}
			}
			if keys != "" {
				return h.dir.keys.CopyTo(keys)
			}
			return nil
		})
	})
	if err == nil && to != "" {
		err = h.writeManifest(ctx, to, t)
	}
	if err != nil {
		if to != "" {
			discard(to)
		}
		return fmt.Errorf("no backup was made: %w", err)
	}
	if keys != "" {
		fmt.Fprintf(t.out, "The keys were copied to %s. Keep them where no copy of the data is. Destroy older copies of\nthem: as long as one exists, so does all that was erased since it was made (docs/backup.md).\n", keys)
	}
	return nil
}

// canHold makes a directory for a backup; one with anything in it is refused.
func canHold(path string) error {
	list, err := os.ReadDir(path)
	if err == nil && len(list) > 0 {
		return usage{fmt.Errorf("--to %s is not empty: name a new directory", path)}
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	return nil
}

func (h *house) copyRooms(ctx context.Context, to string) error {
	for _, name := range fileNames() {
		if err := sqldb.CopySQLite(ctx, filepath.Join(h.dir.path, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// writeManifest describes the copies, by what stands in them, and makes a backup of them.
func (h *house) writeManifest(ctx context.Context, to string, t terminal) error {
	m := manifest{Ledger: h.dir.id, Format: formatMark(), Stores: h.stores.kinds(), Taken: domain.TimeOf(h.now())}
	for _, name := range fileNames() {
		f, err := digestOf(filepath.Join(to, name))
		if err != nil {
			return err
		}
		m.Files = append(m.Files, f)
	}
	if err := m.look(ctx, to); err != nil {
		return err
	}
	key, _, err := h.bundleKey()
	if err != nil {
		return err
	}
	m.sign(key)
	if err := writeFile(filepath.Join(to, manifestFile), string(m.text())); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "Copied %d events to %s, in key epoch %d. It opens with the keys of this epoch only, and as long as they exist.\n", m.Next, to, m.Epoch)
	return nil
}

// look reads from copies where the log ends, what was sealed, and which keys open the vault.
func (m *manifest) look(ctx context.Context, dir string) error {
	for room, read := range map[string]func(*sqldb.DB) error{
		"log": func(db *sqldb.DB) (err error) { m.Next, err = sqlstore.End(ctx, db); return err },
		"vault": func(db *sqldb.DB) error {
			v, err := vault.LookAt(ctx, db)
			m.Epoch = v.Epoch
			return err
		},
		"seal": func(db *sqldb.DB) error {
			text, err := seal.LastCheckpoint(ctx, db)
			if err == nil {
				m.Checkpoint = string(text)
				m.Origin, err = seal.LastOrigin(ctx, db)
			}
			return err
		},
	} {
		db, err := sqldb.OpenCopy(filepath.Join(dir, room+".db"))
		if err != nil {
			return err
		}
		err = read(db)
		if err := errors.Join(err, db.Close()); err != nil {
			return err
		}
	}
	return nil
}

// discard removes what a backup that failed has left, so that it can be tried again.
func discard(path string) {
	for _, name := range append(fileNames(), manifestFile) {
		os.Remove(filepath.Join(path, name))
		os.Remove(filepath.Join(path, name+"-journal"))
	}
}
