package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"muniment/domain"
	"muniment/ledger/intake"
	"muniment/ledger/vault"
)

// recordings are the flags that say where recordings lie at the sub-processor.
type recordings struct {
	Recordings    []string `placeholder:"BUCKET" help:"cloudtrail: buckets that recordings lie in. Reads of other buckets are passed over."`
	RecordingKeys string   `placeholder:"PATTERN" help:"cloudtrail: where keys hold a call's id and the tenant's, such as calls/{tenant}/*/{id}.mp3."`
	CallsFrom     string   `default:"ctm" placeholder:"SOURCE" help:"cloudtrail: under which source the calls were taken in: ctm, twilio or one that events name."`
}

// options are what intake needs to read the store's audit records, its tenant aside.
func (f recordings) options(ctx context.Context, h *house) (o intake.CloudTrailOptions, err error) {
	o = intake.CloudTrailOptions{Buckets: f.Recordings, Calls: f.CallsFrom,
		NamingKey: func(tenant domain.ID) ([]byte, error) { return h.vault.NamingKey(ctx, tenant) },
		Interaction: func(tenant domain.ID, tail []byte) (domain.ID, bool, error) {
			return h.views.InteractionNamed(ctx, tenant, tail)
		}}
	if f.RecordingKeys != "" {
		if o.Keys, err = intake.ParseKeys(f.RecordingKeys); err != nil {
			return o, fmt.Errorf("--recording-keys: %w", err)
		}
	}
	return o, nil
}

// readSecrets reads --ctm-secrets: a line TENANT = SECRET for each account whose webhooks are signed.
func readSecrets(path string) (map[domain.ID]string, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--ctm-secrets: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("--ctm-secrets: %w", err)
	}
	if err := vault.Private(path, info); err != nil {
		return nil, fmt.Errorf("--ctm-secrets: %w", err)
	}
	secrets, err := parseSecrets(f)
	if err != nil {
		return nil, fmt.Errorf("--ctm-secrets %s, %w", path, err)
	}
	return secrets, nil
}

func parseSecrets(r io.Reader) (map[domain.ID]string, error) {
	secrets := map[domain.ID]string{}
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		text := strings.TrimSpace(in.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		name, secret, ok := strings.Cut(text, "=")
		id, err := domain.ParseID(strings.TrimPrefix(strings.TrimSpace(name), "tenant-"))
		secret = strings.TrimSpace(secret)
		if !ok || err != nil || secret == "" {
			return nil, fmt.Errorf("line %d: expected TENANT = SECRET, the tenant by its id of 32 hex digits", n)
		}
		if secrets[id] != "" {
			return nil, fmt.Errorf("line %d: this tenant stands on an earlier line already", n)
		}
		secrets[id] = secret
	}
	return secrets, in.Err()
}
