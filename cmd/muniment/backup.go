package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger/sqldb"
	"muniment/ledger/vault"
)

// rooms are the databases that can't be made anew from others, in the order in which they are copied.
// The seals come before the log: what they say was signed must be in the log that is copied after. The
// vault comes after the log: it must know each key that an event names.
var rooms = []string{"seal", "log", "vault", "access"}

const (
	manifestFile = "MANIFEST"
	backupKind   = "muniment-backup/2"
)

// manifest says what a backup holds. It is written last: a directory without one is no backup.
type manifest struct {
	Ledger      domain.ID
	Format      string // and mark, as the data directory has them
	Stores      string
	Origin      string
	Checkpoint  string // the last signed one, "" before the first
	Taken       domain.Time
	Next, Epoch int64 // where the log ends, and which root opens the vault
	Files       []backupFile
	signature   []byte // by a key of the keys directory
}

type backupFile struct {
	Name, SHA256 string
	Size         int64
}

// backupSeal is what the signature of a manifest begins with, so that it stands for nothing else.
const backupSeal = "muniment/backup/2\n"

// sign signs the manifest with the key that signs bundles: whoever changes a copy and its digests can't.
func (m *manifest) sign(key []byte) {
	m.signature = ed25519.Sign(ed25519.NewKeyFromSeed(key), append([]byte(backupSeal), m.body()...))
}

// signedBy refuses a manifest that the keys directory didn't sign.
func (b backup) signedBy(d vault.KeysDir) error {
	key, err := d.Secret("bundle")
	if err != nil {
		return err
	}
	public := ed25519.NewKeyFromSeed(key).Public().(ed25519.PublicKey)
	if !ed25519.Verify(public, append([]byte(backupSeal), b.body()...), b.signature) {
		return fmt.Errorf("the backup %s was not signed with the keys of %s: it was made or altered by somebody without them. Name another with --from, or bring back the keys it was made beside", b.path, d.Path())
	}
	return nil
}

func (m manifest) text() []byte {
	body := m.body()
	return fmt.Appendf(body, "\n%x\n%x\n", sha256.Sum256(body), m.signature)
}

func (m manifest) body() []byte {
	files := make([]any, len(m.Files))
	for i, f := range m.Files {
		files[i] = map[string]any{"name": f.Name, "sha256": f.SHA256, "size": f.Size}
	}
	return canon.Append(nil, map[string]any{"kind": backupKind, "ledger": m.Ledger.String(), "format": m.Format, "stores": m.Stores, "origin": m.Origin,
		"checkpoint": m.Checkpoint, "taken": int64(m.Taken), "next": m.Next, "epoch": m.Epoch, "files": files})
}

// parseManifest reads a manifest and refuses whatever text would not have written.
func parseManifest(text []byte) (m manifest, err error) {
	bad := errors.New("it is damaged, or no manifest that this build knows")
	body, rest, _ := strings.Cut(string(text), "\n")
	_, signature, _ := strings.Cut(strings.TrimSuffix(rest, "\n"), "\n")
	if m.signature, err = hex.DecodeString(signature); err != nil || len(m.signature) != ed25519.SignatureSize {
		return m, bad
	}
	tree, err := canon.Parse([]byte(body))
	o, ok := tree.(map[string]any)
	if err != nil || !ok || o["kind"] != backupKind {
		return m, bad
	}
	word := func(o map[string]any, name string) (s string) { s, _ = o[name].(string); return s }
	number := func(o map[string]any, name string) (n int64) { n, _ = o[name].(int64); return n }
	if m.Ledger, err = domain.ParseID(word(o, "ledger")); err != nil {
		return m, bad
	}
	m.Format, m.Stores, m.Origin, m.Checkpoint = word(o, "format"), word(o, "stores"), word(o, "origin"), word(o, "checkpoint")
	m.Taken, m.Next, m.Epoch = domain.Time(number(o, "taken")), number(o, "next"), number(o, "epoch")
	list, _ := o["files"].([]any)
	for _, x := range list {
		f, _ := x.(map[string]any)
		m.Files = append(m.Files, backupFile{word(f, "name"), word(f, "sha256"), number(f, "size")})
	}
	if string(m.text()) != string(text) {
		return m, bad
	}
	return m, nil
}

// backup is a directory that was found to be one.
type backup struct {
	manifest
	path   string
	digest string // of the manifest
}

// openBackup reads the manifest and compares every file with it.
func openBackup(path string) (b backup, err error) {
	text, err := os.ReadFile(filepath.Join(path, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return b, fmt.Errorf("%s is no whole backup: it has no file %s, which is written last. Name another with --from", path, manifestFile)
	}
	if err != nil {
		return b, fmt.Errorf("--from: %w", err)
	}
	b.path, b.digest = path, fmt.Sprintf("%x", sha256.Sum256(text))
	if b.manifest, err = parseManifest(text); err != nil {
		return b, fmt.Errorf("%s: %w. Name another backup with --from", filepath.Join(path, manifestFile), err)
	}
	var names []string
	for _, f := range b.Files {
		names = append(names, f.Name)
		got, err := digestOf(b.file(f.Name))
		if errors.Is(err, fs.ErrNotExist) {
			return b, fmt.Errorf("the backup %s is incomplete: its file %s is missing. Name another with --from", path, f.Name)
		}
		if err != nil {
			return b, fmt.Errorf("--from: %w", err)
		}
		if got != f {
			return b, fmt.Errorf("the backup %s is damaged: its file %s was changed since it was made. Name another with --from", path, f.Name)
		}
	}
	if want := fileNames(); strings.Join(names, " ") != strings.Join(want, " ") {
		return b, fmt.Errorf("the backup %s names the files %v and this build expects %v: use the build that made it", path, names, want)
	}
	return b, fits(path, strings.Fields("muniment "+b.Format))
}

func fileNames() (names []string) {
	for _, room := range rooms {
		names = append(names, room+".db")
	}
	return names
}

func (b backup) file(name string) string { return filepath.Join(b.path, name) }

func digestOf(path string) (f backupFile, err error) {
	in, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	h := sha256.New()
	size, err := io.Copy(h, in)
	return backupFile{filepath.Base(path), hex.EncodeToString(h.Sum(nil)), size}, err
}

// apart refuses a directory that is one of others, or lies in or around one of them: what is kept apart
// must not be lost, or found, together.
func apart(flag, path string, others map[string]string) error {
	for what, other := range others {
		if other != "" && (lies(path, other) || lies(other, path)) {
			return usage{fmt.Errorf("%s %s and %s %s lie in one another: name a directory apart from it, on another disk", flag, path, what, other)}
		}
	}
	return nil
}

// lies reports whether a path is below another or the same, whatever links lead there.
func lies(path, below string) bool {
	rel, err := filepath.Rel(resolved(below), resolved(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// resolved follows the links of what there is of a path.
func resolved(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolved(parent), filepath.Base(path))
	}
	return path
}

func lookAtVault(ctx context.Context, path string) (c vault.Copy, err error) {
	db, err := sqldb.OpenCopy(path)
	if err != nil {
		return c, err
	}
	defer db.Close()
	return vault.LookAt(ctx, db)
}
