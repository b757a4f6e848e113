package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"muniment/ledger/sqldb/pgtest"
)

// eventSize is about what one event of the imports has in the log, envelope and payload.
const eventSize = 1800

// probe is the floor: append to a plain file, fdatasync once for all who wait, answer.
type probe struct {
	file  *os.File
	queue chan probeRequest
	over  chan struct{}
}

type probeRequest struct {
	size int
	done chan error
}

func newProbe(t *testing.T) *probe {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "probe"))
	must(t, err)
	p := &probe{f, make(chan probeRequest, 1024), make(chan struct{})}
	go p.run()
	return p
}

func (p *probe) close() {
	close(p.queue)
	<-p.over
	p.file.Close()
	os.Remove(p.file.Name())
}

func (p *probe) append(size int) error {
	r := probeRequest{size, make(chan error, 1)}
	p.queue <- r
	return <-r.done
}

func (p *probe) run() {
	defer close(p.over)
	text := make([]byte, 2<<20)
	rand.Read(text)
	for r := range p.queue {
		group, size := []probeRequest{r}, r.size
		for len(p.queue) > 0 {
			more := <-p.queue
			group, size = append(group, more), size+more.size
		}
		_, err := p.file.Write(text[:min(size, len(text))])
		if err == nil {
			err = syscall.Fdatasync(int(p.file.Fd()))
		}
		for _, r := range group {
			r.done <- err
		}
	}
}

// postgres is the peer: a bare audit table on a server of its own, with everything as it comes.
type postgres struct {
	db  *sql.DB
	url string
	row []any
}

// newPostgres starts the peer; nil, and its rows stay empty, where its programs are missing.
func newPostgres(t *testing.T) *postgres {
	t.Helper()
	server, ok := startPostgres(t)
	if !ok {
		return nil
	}
	p := &postgres{url: server.Database()}
	var err error
	p.db, err = sql.Open("pgx", p.url)
	must(t, err)
	t.Cleanup(func() { p.db.Close() })
	p.db.SetMaxIdleConns(64)
	p.db.SetMaxOpenConns(64)
	_, err = p.db.Exec(`CREATE TABLE audit (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now(),
		stream BYTEA NOT NULL, envelope BYTEA NOT NULL, payload BYTEA NOT NULL)`)
	must(t, err)
	_, err = p.db.Exec(`CREATE TABLE bare (stream BYTEA NOT NULL, envelope BYTEA NOT NULL, payload BYTEA NOT NULL)`)
	must(t, err)
	stream, envelope, payload := make([]byte, 28), make([]byte, eventSize/3), make([]byte, eventSize*2/3)
	for _, b := range [][]byte{stream, envelope, payload} {
		rand.Read(b)
	}
	p.row = []any{stream, envelope, payload}
	return p
}

// startPostgres keeps a missing PostgreSQL from skipping the rest.
func startPostgres(t *testing.T) (s *pgtest.Server, ok bool) {
	t.Helper()
	if _, err := os.Stat("/usr/lib/postgresql"); err != nil && os.Getenv("CI") == "" {
		t.Log("PostgreSQL isn't installed: its rows are left out")
		return nil, false
	}
	return pgtest.Start(t), true
}

func (p *postgres) insert(ctx context.Context) error {
	_, err := p.db.ExecContext(ctx, `INSERT INTO audit (stream, envelope, payload) VALUES ($1, $2, $3)`, p.row...)
	return err
}

// copy takes n rows in one COPY, committed.
func (p *postgres) copy(t *testing.T, n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.url)
	must(t, err)
	defer conn.Close(context.Background())
	_, err = conn.CopyFrom(t.Context(), pgx.Identifier{"bare"}, []string{"stream", "envelope", "payload"},
		pgx.CopyFromSlice(n, func(int) ([]any, error) { return p.row, nil }))
	must(t, err)
}
