package intake

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// HandlerOptions of [Handler].
type HandlerOptions struct {
	// Authorize says who sends a request. Its error ends the request: a *[domain.Refusal] as what it
	// says, any other as an internal one. Whoever has no source of its own speaks for the format's.
	Authorize func(*http.Request) (ledger.Principal, error)
	// Internal is told errors that the sender is not told.
	Internal func(error)
	// Secret is what a tenant's call tracker signs its webhooks with; nil: none does.
	Secret func(tenant domain.ID) (secret string, configured bool)
	// Recordings says how a request with ?as=cloudtrail is read, its tenant aside.
	Recordings CloudTrailOptions

	MaxBody     int64 // bytes of a body as sent; 64 MiB when 0
	MaxUnpacked int64 // bytes of a body unpacked; 512 MiB when 0
	// MaxRequests is how many requests are at work at once; 8 when 0. Each holds three chunks of at
	// most 512 lines; one more request is answered 429. One sender has at most half of them.
	MaxRequests int
}

// stall is how long a sender may leave its answers unread before it is given up.
const stall = 30 * time.Second

type handler struct {
	ledger *ledger.Ledger
	HandlerOptions
	work chan struct{} // a place per request at work

	mu sync.Mutex
	of map[holder]int // of these, of one sender
}

// holder is who a place belongs to: a token, or an account's call tracker.
type holder struct{ actor, tenant domain.ID }

func placeOf(by ledger.Principal) holder {
	if by.Actor.ID != (domain.ID{}) || len(by.Tenants) == 0 {
		return holder{actor: by.Actor.ID}
	}
	return holder{tenant: by.Tenants[0]}
}

// place takes a place for a sender; false when there is none.
func (h *handler) place(s holder) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of[s] >= max(1, h.MaxRequests/2) {
		return false
	}
	select {
	case h.work <- struct{}{}:
		h.of[s]++
		return true
	default:
		return false
	}
}

func (h *handler) done(s holder) {
	h.mu.Lock()
	defer h.mu.Unlock()
	<-h.work
	if h.of[s]--; h.of[s] == 0 {
		delete(h.of, s)
	}
}

// Handler takes POST /ingest/v1/events: native events, CloudEvents by their content type, or with ?as=
// another format. It answers every line while the body is still being read; docs/intake.md.
func Handler(l *ledger.Ledger, o HandlerOptions) http.Handler {
	if o.MaxBody == 0 {
		o.MaxBody = 64 << 20
	}
	if o.MaxUnpacked == 0 {
		o.MaxUnpacked = 512 << 20
	}
	if o.MaxRequests == 0 {
		o.MaxRequests = 8
	}
	return &handler{ledger: l, HandlerOptions: o, work: make(chan struct{}, o.MaxRequests), of: map[holder]int{}}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		fail(w, http.StatusMethodNotAllowed, domain.Invalid, "send events with POST")
		return
	}
	by, err := h.authorize(w, r)
	if err != nil {
		h.unauthorised(w, err)
		return
	}
	from := placeOf(by)
	if !h.place(from) {
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusTooManyRequests, domain.Unavailable, "as many requests as can be served, or of one sender, are at work: try again in a second")
		return
	}
	defer h.done(from)
	by = inFormat(by, r)
	reader, body, no := h.open(w, r, by.Source())
	if no != nil {
		fail(w, no.status, no.Code, no.Error())
		return
	}
	out := newAnswers(w)
	_, err = Run(r.Context(), h.ledger, reader, RunOptions{
		By: by, Each: out.add, Progress: func(int64, Summary) { out.flush() },
	})
	body.abandon(w)
	if err == nil && out.lines == 0 && body.texts.listed { // an empty batch
		out.begin()
	} else if err == nil && out.lines == 0 {
		err = &unusable{http.StatusBadRequest, domain.Malformed("", "the body is empty: send one event a line")}
	}
	if err != nil {
		h.broken(out, body.explain(err))
	}
	if !out.begun {
		return
	}
	out.flush()
	if body.drain(w) != nil {
		panic(http.ErrAbortHandler) // closes the connection without a word; all there is to say was said
	}
}

// broken answers a request whose body or ledger failed: by status while nothing was answered yet,
// else by a last line, since the status is gone.
func (h *handler) broken(out *answers, err error) {
	var no *unusable
	if !errors.As(err, &no) {
		if h.Internal != nil {
			h.Internal(err)
		}
		why := "the ledger can't take more now"
		if outage := sqldb.Outage(err); outage != nil {
			why = outage.Message
		}
		no = &unusable{http.StatusServiceUnavailable, &domain.Refusal{Code: domain.Unavailable, Message: why + "; send the same again later, nothing is kept twice"}}
	}
	if out.begun {
		out.last(no.Refusal)
		return
	}
	if no.status == http.StatusServiceUnavailable {
		out.w.Header().Set("Retry-After", strconv.Itoa(int(stall.Seconds())))
	}
	fail(out.w, no.status, no.Code, no.Error())
}

func (h *handler) unauthorised(w http.ResponseWriter, err error) {
	var no *domain.Refusal
	if !errors.As(err, &no) {
		if h.Internal != nil {
			h.Internal(err)
		}
		if outage := sqldb.Outage(err); outage != nil {
			fail(w, http.StatusServiceUnavailable, outage.Code, outage.Message)
			return
		}
		fail(w, http.StatusInternalServerError, domain.Unavailable, "internal error")
		return
	}
	status := http.StatusForbidden
	switch no.Code {
	case domain.Unauthed:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", "Bearer")
	case domain.Unavailable:
		status = http.StatusServiceUnavailable
	case domain.TooMuch:
		status = http.StatusRequestEntityTooLarge
	}
	fail(w, status, no.Code, no.Error())
}
