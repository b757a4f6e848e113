package seal

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// Signer is who signs now.
func (s *Sealer) Signer() *Signer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signer
}

// VKey is the public key of the log, as policies name it: the newest, when one takes over from another.
func (s *Sealer) VKey() string {
	all := s.Signer().VKeys()
	return all[len(all)-1]
}

// Origin is the log's name.
func (s *Sealer) Origin() string { return s.Signer().Name() }

// Rekey signs with these keys from the next checkpoint on, the oldest first. They must have signed the
// last one, too: a key can be left out only when another of them has taken over.
func (s *Sealer) Rekey(keys ...[]byte) error {
	signer, err := NewSigner(s.Origin(), keys...)
	if err != nil {
		return err
	}
	s.working.Lock()
	defer s.working.Unlock()
	if _, err := signer.open(s.Checkpoint().Text); err != nil { // by one of these, not by a retired one
		return fmt.Errorf("the last checkpoint isn't signed by the key that is to stay: %w", err)
	}
	if signer, err = s.config.signerWith(s.Origin(), keys); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signer = signer
	return nil
}

// signerWith is the signer with these keys, which opens what retired ones signed, too.
func (c Config) signerWith(origin string, keys [][]byte) (*Signer, error) {
	s, err := NewSigner(origin, keys...)
	if err != nil || c.Retired == nil {
		return s, err
	}
	retired, err := c.Retired()
	if err != nil {
		return nil, err
	}
	return s.Knowing(retired...)
}

// RecordKeys keeps in the log which keys sign it, by their numbers, the oldest first: whatever of it
// wasn't kept before. A change of keys that was cut off is recorded so at the next start.
func (s *Sealer) RecordKeys(ctx context.Context, l *ledger.Ledger, numbers []int64) error {
	public := s.Signer().public()
	if len(numbers) != len(public) {
		return errors.New("the log keys have changed meanwhile: start again")
	}
	for i, n := range numbers {
		if n == 1 {
			continue // it began the log
		}
		if i == 0 {
			if err := record(ctx, l, fmt.Sprintf("retired/%d", n-1), func(k domain.LogKeys) ([]domain.Event, *domain.Refusal) { return k.Retire(n - 1) }); err != nil {
				return err
			}
			continue // it was recorded when it came: the one before couldn't go earlier
		}
		e := domain.LogKeyAdded{Number: n, Public: hex.EncodeToString(public[i])}
		if err := record(ctx, l, fmt.Sprintf("added/%d", n), func(k domain.LogKeys) ([]domain.Event, *domain.Refusal) { return k.Add(e) }); err != nil {
			return err
		}
	}
	return nil
}

// record keeps one change, once, however often it is tried.
func record(ctx context.Context, l *ledger.Ledger, key string, decide func(domain.LogKeys) ([]domain.Event, *domain.Refusal)) error {
	_, err := ledger.Do(ctx, l, ledger.Command{
		Name: "changeLogKeys", Stream: domain.Stream{Noun: "log", ID: l.ID}, Key: key, Principal: "seal", Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}},
	}, domain.LogKeys.Apply, func(k domain.LogKeys, _ domain.Time) ([]domain.Event, *domain.Refusal) { return decide(k) })
	return err
}
