package intake

import (
	"cmp"
	"mime"
	"net/http"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

const (
	cloudEventType = "application/cloudevents+json"
	cloudBatchType = "application/cloudevents-batch+json"
)

// voices are the systems that a format's records come from: whoever sends them without a source of its own
// speaks for these. tracker: its records say themselves who acted, in a place of their own.
var voices = map[string]struct {
	sources []string
	tracker bool
}{
	"events":      {sources: []string{eventsSource}},
	"cloudevents": {sources: []string{cloudSource, twilioSource}},
	"ctm":         {sources: []string{ctmSource}, tracker: true},
	"cloudtrail":  {sources: []string{trailSource}, tracker: true},
}

// inFormat is the sender of a request as the request's format makes it: with a source, and as a system
// that reports who acted where the format is such a system's own.
func inFormat(by ledger.Principal, r *http.Request) ledger.Principal {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	v := voices[cmp.Or(formatOf(r, kind), "events")]
	if len(by.Sources) == 0 {
		by.Sources = v.sources
	}
	by.Actors = by.Actors || v.tracker && slices.Contains(by.Sources, v.sources[0])
	return by
}

// formatOf is which format a request is in: what it says, else what its headers show.
func formatOf(r *http.Request, kind string) string {
	as := r.URL.Query().Get("as")
	if as == "" && (kind == cloudEventType || kind == cloudBatchType || isBinary(r)) {
		return "cloudevents"
	}
	return as
}

// reader makes the reader of a request's body.
func (h *handler) reader(b *body, r *http.Request, kind, source string, s shape) (Reader, *domain.Refusal) {
	t := newTexts(b, s)
	b.texts = t
	reader, err := h.format(t, r, kind, source)
	if err != nil {
		return nil, refusal("", err)
	}
	switch {
	case s != oneShape:
		return reader, nil
	case isBinary(r):
		c, ok := reader.(*cloudEvents)
		if !ok {
			return nil, domain.Malformed("as", "ce- headers make it a CloudEvent: leave as out, or say cloudevents")
		}
		return &binary{c, b, r.Header, false}, nil
	}
	return &whole{Reader: reader, texts: t}, nil
}

func (h *handler) format(t *texts, r *http.Request, kind, source string) (Reader, error) {
	q := r.URL.Query()
	var tenant domain.ID
	if s := q.Get("tenant"); s != "" {
		var err error
		if tenant, err = domain.ParseID(s); err != nil {
			return nil, domain.Malformed("tenant", "expected the tenant's id, as in ?as=ctm&tenant=<32 hex digits>")
		}
	}
	switch formatOf(r, kind) {
	case "", "events":
		return newEvents(t, EventOptions{Source: source}), nil
	case "ctm":
		if tenant.IsZero() {
			return nil, domain.Malformed("tenant", "expected the tenant's id, as in ?as=ctm&tenant=<32 hex digits>")
		}
		return newCTM(t, CTMOptions{Tenant: tenant, DefaultRegion: q.Get("region"), Now: h.ledger.Now})
	case "cloudevents":
		return newCloudEvents(t, CloudEventsOptions{Source: source, Tenant: tenant, DefaultRegion: strings.ToUpper(q.Get("region"))})
	case "cloudtrail":
		o := h.Recordings
		o.Tenant = tenant
		return newCloudTrail(t, o)
	}
	return nil, domain.Malformed("as", "expected events, ctm, cloudevents or cloudtrail")
}
