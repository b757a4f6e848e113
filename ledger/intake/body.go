package intake

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"muniment/domain"
)

// unusable is a body that is refused as a whole.
type unusable struct {
	status int
	*domain.Refusal
}

func unusableBody(status int, format string, args ...any) *unusable {
	code := domain.Invalid
	if status == http.StatusRequestEntityTooLarge {
		code = domain.TooMuch
	}
	return &unusable{status, &domain.Refusal{Code: code, Rule: ruleText, Message: fmt.Sprintf(format, args...)}}
}

// open checks what the request says about its body and makes its reader.
func (h *handler) open(w http.ResponseWriter, r *http.Request, source string) (Reader, *body, *unusable) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	s := lineShape
	switch {
	case err == nil && params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8"):
		return nil, nil, unusableBody(http.StatusUnsupportedMediaType, "send UTF-8")
	case err == nil && (kind == "application/json" || kind == cloudEventType || kind == cloudBatchType):
		s = oneShape
	case err != nil || kind != "application/x-ndjson":
		return nil, nil, unusableBody(http.StatusUnsupportedMediaType, "send Content-Type application/x-ndjson (one event a line), application/json (one event, or a list), %s or %s", cloudEventType, cloudBatchType)
	}
	if r.ContentLength > h.MaxBody {
		return nil, nil, tooLarge(h.MaxBody)
	}
	sent := http.MaxBytesReader(w, r.Body, h.MaxBody)
	b := &body{sent: sent, in: &patient{sent, http.NewResponseController(w)}, left: h.MaxUnpacked, limit: h.MaxUnpacked}
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(b.in)
		if err != nil {
			return nil, nil, asUnusable(b.explain(err))
		}
		b.in = unpacked
	default:
		w.Header().Set("Accept-Encoding", "gzip")
		return nil, nil, unusableBody(http.StatusUnsupportedMediaType, "send the body as it is or with Content-Encoding gzip")
	}
	reader, no := h.reader(b, r, kind, source, s)
	if no != nil {
		return nil, nil, &unusable{http.StatusBadRequest, no}
	}
	return reader, b, nil
}

// patient reads from a sender that is known: it may take as long as it likes, but not say nothing for
// longer than a stall.
type patient struct {
	sent io.Reader
	conn *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	p.conn.SetReadDeadline(time.Now().Add(stall))
	n, err := p.sent.Read(b)
	if err == io.EOF { // the server listens on for a client that leaves
		p.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// body reads a request's body, unpacked, up to its limit.
type body struct {
	mu          sync.Mutex // held while reading
	sent        io.Reader  // as sent
	in          io.Reader  // unpacked
	left, limit int64
	texts       *texts // that are read from it
}

// abandon returns when nobody reads the body any more: the server takes it back when the handler
// returns, and the parser, which runs ahead of the ledger, may be waiting for more of it.
func (b *body) abandon(w http.ResponseWriter) {
	if !b.mu.TryLock() {
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Second))
		b.mu.Lock()
	}
	b.in = strings.NewReader("")
	b.mu.Unlock()
}

// drain reads what is left of an abandoned body. In full duplex the server doesn't, and would take
// it for the next request.
func (b *body) drain(w http.ResponseWriter) error {
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(stall))
	_, err := io.Copy(io.Discard, b.sent)
	return err
}

// Read fails behind the limit rather than ending there: a body cut short would look complete.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 0 {
		return 0, tooLarge(b.limit)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, tooLarge(b.limit)
	}
	return n, err
}

func tooLarge(limit int64) *unusable {
	return unusableBody(http.StatusRequestEntityTooLarge, "the body is larger than %d MiB: send it in parts, records are never kept twice", limit>>20)
}

// explain tells errors of the body from those of the ledger.
func (b *body) explain(err error) error {
	var long *http.MaxBytesError
	var corrupt flate.CorruptInputError
	switch {
	case errors.As(err, &long):
		return tooLarge(long.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return unusableBody(http.StatusRequestTimeout, "nothing came for %s: send the same again, nothing is kept twice", stall)
	case errors.As(err, &corrupt) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF):
		return unusableBody(http.StatusBadRequest, "the body is cut short or no gzip")
	}
	return err
}

func asUnusable(err error) *unusable {
	var no *unusable
	if errors.As(err, &no) {
		return no
	}
	return unusableBody(http.StatusBadRequest, "the body can't be read")
}

// whole is the reader of a body that is one JSON text. When that is no JSON there is no line to
// answer: it fails instead.
type whole struct {
	Reader
	texts *texts
	begun bool
}

func (w *whole) Next() (Item, error) {
	item, err := w.Reader.Next()
	inList := w.texts.numbers && !w.texts.over
	if err == nil && !w.begun && !inList && item.Err != nil && item.Err.Rule == ruleText {
		return item, &unusable{http.StatusBadRequest, item.Err}
	}
	w.begun = true
	return item, err
}
