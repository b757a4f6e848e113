package sealtest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
)

// omniVersion is the witness that others run for public logs.
const omniVersion = "v0.0.0-20260720115447-2e1c6971d19e"

// OmniwitnessProgram builds the program, once for this user.
func OmniwitnessProgram() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "muniment-tests", omniVersion)
	program := filepath.Join(dir, "omniwitness")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	build := exec.Command("go", "install", "github.com/transparency-dev/witness/cmd/omniwitness@"+omniVersion)
	build.Dir = os.TempDir() // outside this module
	build.Env = append(os.Environ(), "GOBIN="+dir)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("no omniwitness can be built here: %w\n%s", err, out)
	}
	return program, nil
}

// Omniwitness starts a witness for a log, on a free port, until the test ends, and returns its line of a
// policy, where it is called omni. It skips the test, loudly, where the program can't be had.
func Omniwitness(t testing.TB, origin, vkey string) (line string) {
	t.Helper()
	program, err := OmniwitnessProgram()
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	dir := t.TempDir()
	secret, _, err := note.GenerateKey(rand.Reader, "witness.example.org/omni")
	if err != nil {
		t.Fatal(err)
	}
	// PRIVATE+KEY+name+hash+base64 of the algorithm's byte and the seed; base64 has plus signs of its own.
	seed, err := base64.StdEncoding.DecodeString(strings.SplitN(secret, "+", 5)[4])
	if err != nil {
		t.Fatal(err)
	}
	public, err := torchwood.NewCosignatureSigner("witness.example.org/omni", ed25519.NewKeyFromSeed(seed[1:]))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	logs := fmt.Sprintf("Logs:\n  - Origin: %s\n    URL: http://127.0.0.1:1/\n    PublicKey: %s\n    Feeder: none\n", origin, vkey)
	var out bytes.Buffer
	cmd := exec.Command(program, "-private_key_path", write("key", secret), "-db_file", filepath.Join(dir, "db"),
		"-additional_logs", write("logs.yaml", logs), "-listen", addr, "-metrics_listen", "")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("the witness said:\n%s", &out)
		}
	})
	for end := time.Now().Add(20 * time.Second); ; {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			break
		} else if time.Now().After(end) {
			t.Fatalf("the witness doesn't listen: %v\n%s", err, &out)
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
	return fmt.Sprintf("witness omni %s http://%s/", public.Verifier(), addr)
}
