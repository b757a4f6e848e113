package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Role is what a principal may do. interfaces.md, "Roles".
type Role string

// The roles.
const (
	DPO       Role = "DPO"
	Operator  Role = "OPERATOR"
	Customer  Role = "CUSTOMER"
	Regulator Role = "REGULATOR"
)

// ParseRole reads a role as people type it.
func ParseRole(s string) (Role, error) {
	switch r := Role(strings.ToUpper(s)); r {
	case DPO, Operator, Customer, Regulator:
		return r, nil
	}
	return "", fmt.Errorf("unknown role: expected dpo, operator, customer or regulator")
}

// Principal is somebody who was recognised.
type Principal struct {
	ID      domain.ID // of the credential
	Actor   domain.ID // who acts with it
	Role    Role
	Tenants []domain.ID // customer: its accounts; regulator: its grant; empty for DPO and operator
	Content bool        // may see personal values, with purpose and case
	Expires time.Time
	Session bool    // came by cookie
	Person  bool    // Actor is an enrolled person's id; else the credential is a program's
	Writer  *Writer // what it may state; nil: it decides and reads, and writes no facts
}

// kind of credential.
type kind string

const (
	token   kind = "TOKEN"
	session kind = "SESSION"
	link    kind = "LINK" // one use, ten minutes
)

const (
	prefix = "mun_"
	// LinkLife is how long a one-time sign-in link works.
	LinkLife = 10 * time.Minute
	// SessionLife is how long a session lasts.
	SessionLife = 12 * time.Hour
)

// Revocations is where it is written down, apart from the data, that a credential is revoked. Revoke is
// durable when it returns nil.
type Revocations interface {
	Revoke(domain.ID) error
	Revoked() ([]domain.ID, error)
}

// Store keeps credentials.
type Store struct {
	db      *sqldb.DB
	now     func() time.Time
	journal Revocations
	record  Recorder
	refused refusals
}

// ErrRefused: the secret is wrong, expired, used or revoked. Which of them is not said.
var ErrRefused = &domain.Refusal{Code: domain.Unauthed, Rule: "access.token",
	Message: "not signed in: the token or link is unknown, expired, used or revoked. Make a new one with: muniment token create --role …"}

// Open opens the store. What the journal names is revoked, whichever copy of the tokens this is.
func Open(ctx context.Context, db *sqldb.DB, now func() time.Time, journal Revocations, record Recorder) (*Store, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, dir); err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	s := &Store{db: db, now: now, journal: journal, record: record}
	return s, s.replay(ctx)
}

// replay revokes again what the journal names.
func (s *Store) replay(ctx context.Context) error {
	ids, err := s.journal.Revoked()
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, `UPDATE credentials SET revoked = $2 WHERE id = $1 AND revoked = 0`, id[:], s.now().UnixMicro()); err != nil {
				return fmt.Errorf("revoke again: %w", err)
			}
		}
		return nil
	})
}

// Token makes a token and returns its secret, which is kept nowhere.
func (s *Store) Token(ctx context.Context, p Principal) (secret string, id domain.ID, err error) {
	return s.create(ctx, token, p)
}

// Link makes a one-time sign-in secret.
func (s *Store) Link(ctx context.Context, p Principal) (secret string, err error) {
	p.Expires = s.now().Add(LinkLife)
	secret, _, err = s.create(ctx, link, p)
	return secret, err
}

func (s *Store) create(ctx context.Context, k kind, p Principal) (string, domain.ID, error) {
	raw := make([]byte, 32)
	rand.Read(raw)
	secret := prefix + base64.RawURLEncoding.EncodeToString(raw)
	hash := sha256.Sum256([]byte(secret))
	id := domain.NewID()
	if k != session { // which is recorded as the use of a link
		if err := s.record(ctx, machine, made(k, id, p)); err != nil { // before anybody can use it
			return "", id, fmt.Errorf("record a %s: %w", strings.ToLower(string(k)), err)
		}
	}
	tenants, err := json.Marshal(p.Tenants)
	if err != nil {
		return "", id, err
	}
	limits, err := json.Marshal(bound{p.Person, p.Writer})
	if err != nil {
		return "", id, err
	}
	err = s.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO credentials (hash, id, kind, role, actor, tenants, content, bound, created, expires, revoked) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,0)`,
			hash[:], id[:], string(k), string(p.Role), p.Actor[:], string(tenants), number(p.Content), string(limits), s.now().UnixMicro(), p.Expires.UnixMicro())
		return err
	})
	if err != nil {
		return "", id, fmt.Errorf("keep a token: %w", err)
	}
	return secret, id, nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Recognise finds who holds a token or session. The look-up is by hash, so its timing tells nothing
// about secrets.
func (s *Store) Recognise(ctx context.Context, secret string) (Principal, error) {
	p, k, err := s.find(ctx, s.db.Reader(), secret)
	if err == nil && k == link {
		err = ErrRefused
	}
	if err != nil {
		s.noteRefused(ctx, err)
		return p, err
	}
	p.Session = k == session
	return p, nil
}

// SignIn uses up a one-time secret and makes a session.
func (s *Store) SignIn(ctx context.Context, secret string) (cookie string, p Principal, err error) {
	err = s.db.Tx(ctx, func(tx *sql.Tx) error {
		var k kind
		if p, k, err = s.find(ctx, tx, secret); err != nil {
			return err
		}
		if k != link {
			return ErrRefused
		}
		hash := sha256.Sum256([]byte(secret))
		_, err := tx.ExecContext(ctx, `UPDATE credentials SET revoked = $2 WHERE hash = $1`, hash[:], s.now().UnixMicro())
		return err
	})
	if err != nil {
		s.noteRefused(ctx, err)
		return "", p, err
	}
	used := p.ID
	p.Expires = s.now().Add(SessionLife)
	cookie, id, err := s.create(ctx, session, p)
	if err != nil {
		return "", p, err
	}
	err = s.record(ctx, p.Acting(), domain.LinkUsed{Credential: used, Session: id, Expires: domain.TimeOf(p.Expires)})
	if err != nil {
		return "", p, fmt.Errorf("record a sign-in: %w", err) // the session's secret is given to nobody
	}
	return cookie, p, nil
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (s *Store) find(ctx context.Context, q queryer, secret string) (p Principal, k kind, err error) {
	hash := sha256.Sum256([]byte(secret))
	var id, actor []byte
	var tenants, limits string
	var content, expires, revoked int64
	err = q.QueryRowContext(ctx, `SELECT id, kind, role, actor, tenants, content, bound, expires, revoked FROM credentials WHERE hash = $1`, hash[:]).
		Scan(&id, &k, &p.Role, &actor, &tenants, &content, &limits, &expires, &revoked)
	if errors.Is(err, sql.ErrNoRows) {
		return p, k, ErrRefused
	}
	if err != nil {
		return p, k, fmt.Errorf("look up a token: %w", err)
	}
	p.ID, p.Actor, p.Content, p.Expires = domain.ID(id), domain.ID(actor), content == 1, time.UnixMicro(expires).UTC()
	if revoked != 0 || !s.now().Before(p.Expires) {
		return p, k, ErrRefused
	}
	return p, k, p.read(tenants, limits)
}

// read takes what the database keeps as JSON.
func (p *Principal) read(tenants, limits string) error {
	var b bound
	if err := json.Unmarshal([]byte(limits), &b); err != nil {
		return fmt.Errorf("what a token is bound to: %w", err)
	}
	p.Person, p.Writer = b.Person, b.Writer
	return json.Unmarshal([]byte(tenants), &p.Tenants)
}

// Listed is a credential as the list shows it.
type Listed struct {
	Principal
	Kind    string
	Created time.Time
	Revoked bool
}

// List lists tokens and sessions, the newest first.
func (s *Store) List(ctx context.Context) ([]Listed, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT id, kind, role, tenants, content, bound, created, expires, revoked FROM credentials WHERE kind <> 'LINK' ORDER BY created DESC`)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	defer rows.Close()
	var all []Listed
	for rows.Next() {
		var l Listed
		var id []byte
		var tenants, limits string
		var content, created, expires, revoked int64
		if err := rows.Scan(&id, &l.Kind, &l.Role, &tenants, &content, &limits, &created, &expires, &revoked); err != nil {
			return nil, fmt.Errorf("list tokens: %w", err)
		}
		l.ID, l.Content, l.Created, l.Expires, l.Revoked = domain.ID(id), content == 1, time.UnixMicro(created).UTC(), time.UnixMicro(expires).UTC(), revoked != 0
		if err := l.read(tenants, limits); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// Revoke ends a credential at once, and in every copy of the tokens.
func (s *Store) Revoke(ctx context.Context, id domain.ID) error { return s.revoke(ctx, id, machine) }

// SignOut ends the session that somebody came with.
func (s *Store) SignOut(ctx context.Context, p Principal) error {
	return s.revoke(ctx, p.ID, p.Acting())
}

func (s *Store) revoke(ctx context.Context, id domain.ID, by domain.Actor) error {
	var there int
	if err := s.db.Reader().QueryRowContext(ctx, `SELECT COUNT(*) FROM credentials WHERE id = $1 AND revoked = 0`, id[:]).Scan(&there); err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	if there == 0 {
		return errNotInForce
	}
	if err := s.journal.Revoke(id); err != nil {
		return err
	}
	err := s.db.Tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE credentials SET revoked = $2 WHERE id = $1 AND revoked = 0`, id[:], s.now().UnixMicro())
		if err != nil {
			return fmt.Errorf("revoke: %w", err)
		}
		if n, err := r.RowsAffected(); err == nil && n == 0 {
			return errNotInForce
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.record(ctx, by, domain.CredentialRevoked{Credential: id}); err != nil {
		return fmt.Errorf("it is revoked, and that could not be recorded: %w", err)
	}
	return nil
}

var errNotInForce = errors.New("no token with this id is in force: see muniment token list")
