package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger/sqldb/pgtest"
	"muniment/ledger/vault"
)

// TestBackupOnServer: what lies on a server is not copied, and that is said; the keys are.
func TestBackupOnServer(t *testing.T) {
	t.Setenv("MUNIMENT_STORE", pgtest.Start(t, "fsync=off").Database())
	h := homeOf(t)
	h.muniment("token", "create", "--role", "dpo")
	to := filepath.Join(h.dir, "copy")
	out, err := h.command("backup", "--to", to, "--keys-to", to+".keys").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "log=postgres rest=postgres") || !strings.Contains(string(out), "nothing of it was copied") {
		t.Errorf("%v: %s", err, out)
	}
	for _, path := range []string{to, to + ".keys"} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
	h.muniment("backup", "--keys-to", to+".keys")
	h.muniment("--keys", to+".keys", "token", "list")
}

// TestManifest: what was written is read again, and nothing else is: any changed byte is found.
func TestManifest(t *testing.T) {
	m := manifest{Ledger: domain.ID{1: 2}, Format: "0-dev 00", Stores: "log=files rest=files", Origin: "ledger.example.com/2026", Checkpoint: "a\n— b", Taken: 7, Next: 3, Epoch: 2,
		Files: []backupFile{{"log.db", strings.Repeat("ab", 32), 4096}}}
	keys, err := vault.CreateKeysDir(filepath.Join(t.TempDir(), "keys"), m.Ledger)
	must(t, err)
	key, err := keys.Secret("bundle")
	must(t, err)
	m.sign(key)
	believed := func(text []byte) error {
		m, err := parseManifest(text)
		if err != nil {
			return err
		}
		return backup{manifest: m}.signedBy(keys)
	}
	text := m.text()
	must(t, believed(text))
	got, err := parseManifest(text)
	must(t, err)
	if string(got.text()) != string(text) || got.Next != 3 || got.Files[0] != m.Files[0] || got.Checkpoint != m.Checkpoint {
		t.Errorf("%+v", got)
	}
	for i := range text {
		text[i] ^= 1
		if err := believed(text); err == nil {
			t.Errorf("with byte %d changed it is believed", i)
		}
		text[i] ^= 1
	}
	for _, bad := range [][]byte{nil, text[:len(text)-1], append(text[:len(text):len(text)], '\n'), []byte("{}\n")} {
		if _, err := parseManifest(bad); err == nil {
			t.Errorf("%q is believed", bad)
		}
	}
}

// TestBackupUnderLoad: copies made while many events come in are each one moment of log and vault: what
// is restored from any of them is sound, opens what it holds, and takes the rest in once.
func TestBackupUnderLoad(t *testing.T) {
	const events = 8000
	h := newHome(t)
	h.muniment("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()))
	file := h.file("calls.ndjson", manyCalls(events))
	s := h.serve()
	imported := make(chan error, 1)
	go func() { imported <- h.command("import", "--as", "events", file).Run() }()
	begun := h.kept() + 1<<20
	must(t, awaited("the import grows the log", func() (bool, error) { return h.kept() > begun || len(imported) > 0, nil }))
	var copies []string
	for len(imported) == 0 || copies == nil {
		to := filepath.Join(h.dir, fmt.Sprint("copy", len(copies)))
		h.muniment("backup", "--to", to)
		copies = append(copies, to)
	}
	must(t, <-imported)
	must(t, s.stop())
	partial := 0
	for _, from := range []string{copies[0], copies[len(copies)/2], copies[len(copies)-1]} {
		r := home{t, h.dir, from + ".data"}
		r.muniment("restore", "--from", from, "--keys", h.data+".keys", "--accept-lost-tail")
		must(t, os.Symlink(h.data+".keys", r.data+".keys"))
		r.sound()
		policy := h.file("policy.txt", r.muniment("keys", "policy")+"\n")
		r.muniment("verify", "--policy", policy, "--accept-unwitnessed", r.data)
		var kept, duplicate int
		if _, err := fmt.Sscanf(lastLine(r.muniment("import", "--as", "events", file)), "kept %d, duplicate %d, refused 0", &kept, &duplicate); err != nil || kept+duplicate != events {
			t.Errorf("%s: %d kept, %d duplicate, %v", from, kept, duplicate, err)
		}
		if kept > 0 && duplicate > 0 {
			partial++
		}
		r.sound()
		os.RemoveAll(r.data)
		os.Remove(r.data + ".keys")
	}
	if partial == 0 {
		t.Errorf("none of %d copies was made in the middle", len(copies))
	}
}

// TestBackupAltered: whoever alters a copy can write a fitting digest, and no signature.
func TestBackupAltered(t *testing.T) {
	keys, err := vault.CreateKeysDir(filepath.Join(t.TempDir(), "keys"), domain.ID{1})
	must(t, err)
	others, err := vault.CreateKeysDir(filepath.Join(t.TempDir(), "keys"), domain.ID{1})
	must(t, err)
	key, err := keys.Secret("bundle")
	must(t, err)
	m := manifest{Ledger: domain.ID{1}, Format: "0-dev 00", Files: []backupFile{{"access.db", strings.Repeat("ab", 32), 4096}}}
	m.sign(key)
	must(t, backup{manifest: m}.signedBy(keys))
	if err := (backup{manifest: m}).signedBy(others); err == nil || !strings.Contains(err.Error(), "was not signed with the keys") {
		t.Error("with other keys:", err)
	}
	m.Files[0].SHA256 = strings.Repeat("cd", 32)
	altered, err := parseManifest(m.text())
	must(t, err)
	if err := (backup{manifest: altered}).signedBy(keys); err == nil {
		t.Error("an altered access.db is restored")
	}
}
