package intake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// A call tracker's webhook carries no token of ours. It is signed: X-CTM-Signature is base64 of
// HMAC-SHA-1, by the account's secret, over X-CTM-Time and the body. (SHA-1 is the sender's choice;
// as a MAC it still holds.) One sent again by somebody who overheard it is a duplicate.
const (
	signatureHeader = "X-CTM-Signature"
	signedAtHeader  = "X-CTM-Time"
)

// errSignature says the same for every reason: which accounts sign is not for everybody to know.
var errSignature = &domain.Refusal{Code: domain.Unauthed, Rule: "access.signature",
	Message: "the webhook's signature does not fit: check that the account's secret is configured here (--ctm-secrets), is the sender's present one, and that nothing between changes the body"}

// authorize lets a request in by its signature, where it has one, else as [HandlerOptions] says.
func (h *handler) authorize(w http.ResponseWriter, r *http.Request) (by ledger.Principal, err error) {
	signature := r.Header.Get(signatureHeader)
	if signature == "" {
		return h.Authorize(r)
	}
	tenant, err := domain.ParseID(r.URL.Query().Get("tenant"))
	if err != nil || r.URL.Query().Get("as") != "ctm" || h.Secret == nil {
		return by, errSignature
	}
	secret, configured := h.Secret(tenant)
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxText))
	if err != nil {
		return by, &domain.Refusal{Code: domain.TooMuch, Rule: ruleText, Message: "a signed webhook holds at most 1 MiB, wholly sent"}
	}
	mac := hmac.New(sha1.New, []byte(secret))
	io.WriteString(mac, r.Header.Get(signedAtHeader))
	mac.Write(text)
	said, err := base64.StdEncoding.DecodeString(strings.TrimSpace(signature))
	// Compared even when no secret is configured, so that the time tells nothing.
	if fits := hmac.Equal(mac.Sum(nil), said); !fits || err != nil || !configured || secret == "" {
		return by, errSignature
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	return trackerOf(tenant), nil
}

// trackerOf is an account's call tracker, known by its secret: what it sees of that account's calls.
func trackerOf(tenant domain.ID) ledger.Principal {
	return ledger.Principal{Actor: domain.Actor{Kind: domain.Service}, Sources: []string{ctmSource}, Kinds: domain.Grant{string(domain.Interactions)},
		Tenants: []domain.ID{tenant}, Actors: true}
}
