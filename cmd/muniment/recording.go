package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"

	"muniment/domain"
	"muniment/ledger"
)

// record keeps what was done with credentials and the service itself, in the operator's own trail.
func (h *house) record(ctx context.Context, by domain.Actor, e domain.Event) error {
	return h.ledger.Take(ctx, ledger.Own(), []*ledger.Submission{{
		Source: domain.OwnSystem, ID: domain.NewEventID(h.now()), Tenant: domain.Operator, Occurred: domain.At(domain.TimeOf(h.now())),
		Actor: ledger.ActorClaim{Actor: by}, Event: e,
	}})[0].Err
}

// started records that the service begins, and by a digest with which settings. A password in an address
// changes nothing: it is no setting.
func (c *serveCmd) started(ctx context.Context, h *house) error {
	settings := *c
	settings.SMTP = withoutPassword(settings.SMTP)
	text, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	sum := sha256.Sum256(append(text, h.stores.kinds()...))
	return h.record(ctx, domain.Actor{Kind: domain.System}, domain.ServiceStarted{Build: version, Configuration: hex.EncodeToString(sum[:])})
}

func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Redacted()
}
