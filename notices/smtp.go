package notices

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"muniment/domain"
)

// SMTP is the mail relay that notices are handed to.
type SMTP struct {
	Host     string
	Port     int // 0: 587, or 465 with TLS "implicit"
	TLS      TLSPolicy
	Username string // "" for a relay that trusts us by address
	Password string
	Hello    string // our name in EHLO; the machine's own when empty
	// TLSConfig overrides how the relay's certificate is checked; nil: against the system's roots.
	TLSConfig *tls.Config
}

// TLSPolicy is how the way to the relay is encrypted.
type TLSPolicy string

// The policies. Required is the default: a notice names people.
const (
	TLSRequired TLSPolicy = "required" // STARTTLS or nothing
	TLSImplicit TLSPolicy = "implicit" // TLS from the first byte
	TLSOptional TLSPolicy = "optional" // STARTTLS when offered: for a relay on this machine
	TLSNone     TLSPolicy = "none"     // for a relay on this machine
)

// relay hands mails to a mail relay.
type relay struct {
	host    string
	options []gomail.Option
}

func newRelay(s SMTP) (relay, error) {
	options := []gomail.Option{gomail.WithTimeout(sendTimeout), gomail.WithoutNoop()}
	port := s.Port
	if s.TLSConfig != nil {
		options = append(options, gomail.WithTLSConfig(s.TLSConfig))
	}
	switch s.TLS {
	case TLSRequired, "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLSImplicit:
		options = append(options, gomail.WithSSL())
		if port == 0 {
			port = 465
		}
	case TLSOptional:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return relay{}, fmt.Errorf("unknown TLS policy %q for the mail relay; give required, implicit, optional or none", s.TLS)
	}
	if port == 0 {
		port = 587
	}
	options = append(options, gomail.WithPort(port))
	if s.Hello != "" {
		options = append(options, gomail.WithHELO(s.Hello))
	}
	if s.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.Username), gomail.WithPassword(s.Password))
	}
	if _, err := gomail.NewClient(s.Host, options...); err != nil {
		return relay{}, fmt.Errorf("mail relay: %w", err)
	}
	return relay{s.Host, options}, nil
}

func (relay) channel() domain.NoticeChannel { return domain.ByEmail }

// send has one conversation with the relay. What follows the relay's yes to the content, such as a
// connection cut before QUIT, changes nothing: it has the mail.
func (r relay) send(ctx context.Context, m mailing) *failure {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	client, err := gomail.NewClient(r.host, r.options...) // one each: a client is one conversation
	if err != nil {
		return &failure{Word: "RELAY_SETTINGS"}
	}
	err = client.DialAndSendWithContext(ctx, m.msg)
	if err == nil || m.msg.IsDelivered() {
		return nil
	}
	return explain(err)
}

// explain reduces an error to a word. A permanent no to this recipient or this content is final; a no
// to us (our sender, our login, our TLS) is for the operator to mend, so it is tried again.
func explain(err error) *failure {
	var said *gomail.SendError
	if errors.As(err, &said) {
		code := said.ErrorCode()
		aboutIt := said.Reason == gomail.ErrSMTPRcptTo || said.Reason == gomail.ErrSMTPData || said.Reason == gomail.ErrSMTPDataClose
		switch {
		case code == 0:
			return &failure{Word: "RELAY_CUT_OFF"}
		case said.Reason == gomail.ErrSMTPMailFrom:
			return &failure{Word: "SENDER_REFUSED_" + strconv.Itoa(code)}
		}
		return &failure{Word: "SMTP_" + strconv.Itoa(code), Final: aboutIt && code >= 500}
	}
	var network net.Error
	var unknown *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate), strings.Contains(err.Error(), "STARTTLS"):
		return &failure{Word: "RELAY_TLS"}
	case errors.As(err, &unknown):
		return &failure{Word: "RELAY_UNKNOWN_HOST"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return &failure{Word: "RELAY_TIMEOUT"}
	case errors.As(err, &network):
		return &failure{Word: "RELAY_UNREACHABLE"}
	}
	return &failure{Word: "RELAY_REFUSED"}
}
