package notices

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"muniment/domain"
	"muniment/domain/canon"
)

// A link carries its right in itself: whoever holds it may read one notice, acknowledge it and object
// to it, until it expires. It gives no right to authorise. The token is base64url without padding of
//
//	version (1) ‖ notice (16) ‖ contact (16) ‖ expiry, Unix seconds (8) ‖ HMAC-SHA256 (32)
//
// where the MAC is over lp("muniment/notice-link/1", what comes before it).

const (
	linkVersion = 1
	linkBody    = 1 + 16 + 16 + 8
	// linkLife is how long a link holds: longer than notice period and window together usually are.
	linkLife = 180 * 24 * time.Hour
)

// link is what a token says.
type link struct {
	Notice, Contact domain.ID
	Expires         time.Time
}

var (
	errNoLink  = errors.New("no such link")
	errExpired = errors.New("the link has expired")
)

func (n *Notices) linkMAC(body []byte) []byte {
	mac := hmac.New(sha256.New, n.Links)
	mac.Write(domain.LP("muniment/notice-link/1", string(body)))
	return mac.Sum(nil)
}

// token signs a link.
func (n *Notices) token(l link) string {
	body := make([]byte, 0, linkBody+sha256.Size)
	body = append(body, linkVersion)
	body = append(body, l.Notice[:]...)
	body = append(body, l.Contact[:]...)
	body = binary.BigEndian.AppendUint64(body, uint64(l.Expires.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(body, n.linkMAC(body)...))
}

// openLink reads a token: errNoLink when we never signed it, errExpired when we did.
func (n *Notices) openLink(token string) (link, error) {
	raw, err := canon.Unbase64(token) // one link, one spelling
	if err != nil || len(raw) != linkBody+sha256.Size || raw[0] != linkVersion {
		return link{}, errNoLink
	}
	body, mac := raw[:linkBody], raw[linkBody:]
	if !hmac.Equal(mac, n.linkMAC(body)) { // in constant time
		return link{}, errNoLink
	}
	l := link{domain.ID(body[1:17]), domain.ID(body[17:33]), time.Unix(int64(binary.BigEndian.Uint64(body[33:])), 0).UTC()}
	if !n.now().Before(l.Expires) {
		return l, errExpired
	}
	return l, nil
}
