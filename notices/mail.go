package notices

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"muniment/domain"
	"muniment/notices/render"
)

// mailing is one notice as an e-mail.
type mailing struct {
	msg  *gomail.Msg
	file string // its name in the outbox: the same for the same notice
}

// compose writes the e-mail of a notice, or of its withdrawal. The Message-ID is the notice's own,
// whatever the attempt, so that a second delivery is recognised by every mail program.
//
// It carries no List-Unsubscribe: the contact is mandatory under the agreement and can be changed,
// not silenced. It carries no picture, so nothing tells when it was read.
func (n *Notices) compose(ctx context.Context, k kept, t task, tenant domain.Tenant, contact domain.ID) (mailing, *failure, error) {
	name, address, fail, err := n.reveal(ctx, tenant)
	if fail != nil || err != nil {
		return mailing{}, fail, err
	}
	from := n.sender()
	if from.Address == "" {
		return mailing{}, &failure{"SENDER_UNKNOWN", false}, nil
	}
	to, err := mail.ParseAddress(address)
	if err != nil {
		return mailing{}, &failure{"ADDRESS_MALFORMED", true}, nil // the parser's words would quote it
	}
	f, err := n.facts(ctx, k, tenant)
	if err != nil {
		return mailing{}, nil, err
	}
	f.Addressee = domain.Visible(oneLine(name))
	l := link{k.stream.ID, contact, n.now().Add(linkLife)}
	f.Link, f.Expires = n.BaseURL+"/notices/"+n.token(l), domain.TimeOf(l.Expires)
	write, part := render.Announced, ""
	if t == taskWithdrawal {
		write, part = render.Withdrawn, ".withdrawn"
	}
	letter, err := write(f)
	if err != nil {
		return mailing{}, nil, fmt.Errorf("write the mail: %w", err)
	}
	_, host, _ := strings.Cut(from.Address, "@")
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(&from)
	m.AddToMailAddress(&mail.Address{Name: f.Addressee, Address: to.Address})
	if reply := n.askedAt(); reply != from {
		m.ReplyToMailAddress(&reply)
	}
	m.Subject(oneLine(letter.Subject))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation replies
	m.SetDateWithValue(n.now())
	m.SetMessageIDWithValue(k.stream.ID.String() + part + "@" + host)
	if part != "" {
		first := "<" + k.stream.ID.String() + "@" + host + ">"
		m.SetGenHeader(gomail.HeaderInReplyTo, first)
		m.SetGenHeader(gomail.HeaderReferences, first)
	}
	m.SetBodyString(gomail.TypeTextPlain, letter.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, letter.HTML)
	return mailing{m, k.stream.ID.String() + part + ".eml"}, nil, nil
}

// oneLine makes a text fit for a header: no control character can begin another one.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }), " ")
}
