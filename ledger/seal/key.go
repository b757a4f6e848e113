package seal

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
)

// Signer signs a log's checkpoints, with one Ed25519 key under the log's origin (C2SP signed-note), or
// with two while the newer takes over. Nothing else is signed with these keys.
type Signer struct {
	origin string
	keys   []logKey        // the oldest first
	known  []note.Verifier // theirs, and those of keys that sign no more
}

type logKey struct {
	note.Verifier
	key  ed25519.PrivateKey
	vkey string
}

// Sign implements [note.Signer].
func (k logKey) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.key, msg), nil }

// NewSigner makes the signer of a log from the 32 bytes of each key (RFC 8032's private key).
func NewSigner(origin string, seeds ...[]byte) (*Signer, error) {
	if err := CheckOrigin(origin); err != nil {
		return nil, err
	}
	s := &Signer{origin: origin}
	for _, seed := range seeds {
		if len(seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("log key: expected %d bytes", ed25519.SeedSize)
		}
		key := ed25519.NewKeyFromSeed(seed)
		vkey, err := note.NewEd25519VerifierKey(origin, key.Public().(ed25519.PublicKey))
		if err != nil {
			return nil, fmt.Errorf("log key: %w", err)
		}
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, fmt.Errorf("log key: %w", err)
		}
		s.keys = append(s.keys, logKey{v, key, vkey})
		s.known = append(s.known, v)
	}
	if len(s.keys) == 0 {
		return nil, errors.New("log key: expected one at least")
	}
	return s, nil
}

// Knowing is the signer that also opens what keys signed that sign no more, by their public halves.
func (s *Signer) Knowing(retired ...[]byte) (*Signer, error) {
	for _, public := range retired {
		vkey, err := note.NewEd25519VerifierKey(s.origin, public)
		if err != nil {
			return nil, fmt.Errorf("retired log key: %w", err)
		}
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, fmt.Errorf("retired log key: %w", err)
		}
		s.known = append(s.known, v)
	}
	return s, nil
}

// Name is the log's origin.
func (s *Signer) Name() string { return s.origin }

// VKeys are the public keys as policies name them, the oldest first.
func (s *Signer) VKeys() (all []string) {
	for _, k := range s.keys {
		all = append(all, k.vkey)
	}
	return all
}

func (s *Signer) public() (all []ed25519.PublicKey) {
	for _, k := range s.keys {
		all = append(all, k.key.Public().(ed25519.PublicKey))
	}
	return all
}

// DefaultOrigin names the log of a ledger when nobody chose a name: .invalid belongs to nobody (RFC 2606).
func DefaultOrigin(ledger domain.ID) string { return "muniment.invalid/" + ledger.String() }

// CheckOrigin reports what can't be a log's origin: it is also the name of its key, so signed-note's
// rules hold, and witnesses want something like a URL without a scheme.
func CheckOrigin(origin string) error {
	switch {
	case origin == "" || len(origin) > 200:
		return errors.New("an origin has 1 to 200 characters, such as ledger.example.com/2026")
	case strings.ContainsFunc(origin, func(r rune) bool {
		return r > unicode.MaxASCII || unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '+'
	}):
		return errors.New("an origin is printable ASCII without space and plus sign, such as ledger.example.com/2026")
	case strings.Contains(origin, "://") || strings.HasSuffix(origin, "/"):
		return errors.New("an origin is a name without scheme and without a slash at its end, such as ledger.example.com/2026")
	}
	return nil
}

// Checkpoint is a signed tree head.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
	Text []byte // the whole signed note
}

func (s *Signer) checkpoint(size int64, root tlog.Hash) (Checkpoint, error) {
	text := torchwood.Checkpoint{Origin: s.origin, Tree: tlog.Tree{N: size, Hash: root}}.String()
	signers := make([]note.Signer, len(s.keys))
	for i, k := range s.keys {
		signers[i] = k
	}
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	return Checkpoint{size, root, signed}, err
}

// open reads a checkpoint that one of the log's keys signed.
func (s *Signer) open(text []byte) (c torchwood.Checkpoint, err error) {
	n, err := note.Open(text, note.VerifierList(s.known...))
	if err == nil {
		c, err = torchwood.ParseCheckpoint(n.Text)
	}
	if err == nil && c.Origin != s.origin {
		err = fmt.Errorf("it is of the log %s", c.Origin)
	}
	return c, err
}

// Signed reads a checkpoint that this signer made; body is its text without signatures.
func (s *Signer) Signed(text []byte) (c Checkpoint, body []byte, err error) {
	read, err := s.open(text)
	if err != nil {
		return c, nil, fmt.Errorf("the checkpoint isn't one that the log's key signed: %w", err)
	}
	return Checkpoint{read.N, read.Hash, text}, []byte(read.String()), nil
}
