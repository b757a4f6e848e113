package notices

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/notices/queue"
)

//go:embed migrations
var migrations embed.FS

// Config says whom to tell, how, and in whose name.
type Config struct {
	Ledger    *ledger.Ledger
	DB        *sqldb.DB // the queue's own; everything in it can be derived anew
	Directory Directory
	Register  Register
	Links     []byte // 32 bytes that sign the links in notices
	BaseURL   string // where customers reach the pages, such as https://ledger.example.com
	// Organisation tells our name, for notices and pages; From.Name when it tells none.
	Organisation func() string
	// Address tells our e-mail address, for when From is empty; nil or "": nothing is sent.
	Address func() string
	From    mail.Address // the sender of notices
	Contact mail.Address // whom to ask; From when empty
	SMTP    *SMTP        // nil: notices are written into Outbox, and nobody is told
	Outbox  string       // directory for .eml files
	Log     logrus.FieldLogger
	// Tick is how often due work is looked for. 5 s when zero.
	Tick time.Duration
	// Retry is how long to wait after each failed attempt; when it is used up, the next failure is
	// final. Eight attempts in about two days when nil.
	Retry []time.Duration
}

// Notices is the room: a follower of the log, a queue, a deliverer, and pages.
type Notices struct {
	Config
	queue  *queue.Queue
	send   sender
	pages  *pages
	origin *http.CrossOriginProtection
}

// sender hands one mail over. It answers with a failure whose words name nobody.
type sender interface {
	channel() domain.NoticeChannel
	send(ctx context.Context, m mailing) *failure
}

// Open opens the room. It sends nothing and follows nothing before [Notices.Run].
func Open(ctx context.Context, c Config) (*Notices, error) {
	n := &Notices{Config: c}
	if err := n.check(); err != nil {
		return nil, fmt.Errorf("open notices: %w", err)
	}
	var err error
	if n.queue, err = queue.Open(ctx, queue.Config{DB: c.DB, Now: c.Ledger.Now, Log: c.Log, Tick: c.Tick}); err != nil {
		return nil, fmt.Errorf("open notices: %w", err)
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open notices: %w", err)
	}
	if err := c.DB.Migrate(ctx, dir); err != nil {
		return nil, fmt.Errorf("open notices: %w", sqldb.Explain(err))
	}
	if n.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("open notices: %w", err)
	}
	if c.SMTP != nil {
		n.send, err = newRelay(*c.SMTP)
	} else {
		n.send, err = newOutbox(c.Outbox)
	}
	if err != nil {
		return nil, fmt.Errorf("open notices: %w", err)
	}
	return n, nil
}

// check completes and validates the configuration.
func (n *Notices) check() error {
	switch {
	case n.Ledger == nil || n.DB == nil || n.Directory == nil || n.Register == nil || n.Log == nil:
		return errors.New("ledger, database, directory, register and log are all needed")
	case len(n.Links) != 32:
		return fmt.Errorf("the secret for links has %d bytes; give 32", len(n.Links))
	case n.SMTP == nil && n.Outbox == "":
		return errors.New("neither a mail relay nor an outbox is configured; give one of them")
	}
	if _, err := mail.ParseAddress(n.From.Address); err != nil && n.From != (mail.Address{}) {
		return errors.New("the sender of notices is no e-mail address; give one such as privacy@company.example")
	}
	if n.Retry == nil {
		n.Retry = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}
	}
	base, err := url.Parse(n.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return errors.New("the base URL must be an address such as https://ledger.example.com")
	}
	n.BaseURL = strings.TrimSuffix(n.BaseURL, "/")
	n.origin = http.NewCrossOriginProtection()
	return n.origin.AddTrustedOrigin(base.Scheme + "://" + base.Host)
}

// organisation is our own name, as people may be shown it.
func (n *Notices) organisation() string {
	name := n.From.Name
	if n.Organisation != nil {
		name = cmp.Or(n.Organisation(), name)
	}
	return domain.Visible(name)
}

// sender is in whose name notices leave: an empty address means that nobody said yet.
func (n *Notices) sender() mail.Address {
	if n.From.Address == "" && n.Address != nil {
		return mail.Address{Name: n.organisation(), Address: n.Address()}
	}
	return n.From
}

// askedAt is where customers ask.
func (n *Notices) askedAt() mail.Address {
	if n.Contact.Address != "" {
		return n.Contact
	}
	return n.sender()
}

func (n *Notices) now() time.Time { return n.Ledger.Now() }

func (n *Notices) today() domain.Date { return domain.Date(n.now().UTC().Format(time.DateOnly)) }

// The topics of the queue.
const (
	topicTell    = "notices.tell"
	topicSilence = "notices.silence"
)

// Run follows the log, delivers and deems, until ctx ends; then it lets deliveries under way come to
// their end. It returns an error only when the room can't go on at all.
func (n *Notices) Run(ctx context.Context) error {
	if n.SMTP == nil {
		n.Log.WithField("outbox", n.Outbox).Warn("no mail relay is configured: notices are written as .eml files, nobody is told and no window opens; configure SMTP to send them")
	}
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: sendTimeout + 5*time.Second}, routerLog{n.Log})
	if err != nil {
		return fmt.Errorf("notices: %w", err)
	}
	router.AddConsumerHandler("tell", topicTell, n.queue, n.tell)
	router.AddConsumerHandler("silence", topicSilence, n.queue, n.deem)
	run, ctx := errgroup.WithContext(ctx)
	run.Go(func() error { return n.follow(ctx) })
	run.Go(func() error {
		if err := router.Run(ctx); err != nil {
			return fmt.Errorf("notices: %w", err)
		}
		return nil
	})
	err = run.Wait()
	return errors.Join(err, n.queue.Close())
}

// routerLog gives Watermill's words to our log: its errors come from our own handlers, which name
// nobody; its fields are names of handlers, topics and messages.
type routerLog struct{ logrus.FieldLogger }

func (l routerLog) Error(msg string, err error, f watermill.LogFields) {
	l.WithFields(logrus.Fields(f)).WithError(err).Error("watermill: " + msg)
}
func (l routerLog) Info(msg string, f watermill.LogFields) {
	l.WithFields(logrus.Fields(f)).Debug("watermill: " + msg)
}
func (l routerLog) Debug(string, watermill.LogFields) {}
func (l routerLog) Trace(string, watermill.LogFields) {}
func (l routerLog) With(f watermill.LogFields) watermill.LoggerAdapter {
	return routerLog{l.WithFields(logrus.Fields(f))}
}
