package intake

import (
	"net/http"
	"strings"

	"muniment/domain"
)

const (
	cloudEventType = "application/cloudevents+json"
	cloudBatchType = "application/cloudevents-batch+json"
)

// formatOf is which format a request is in: what it says, else what its headers show.
func formatOf(r *http.Request, kind string) string {
	as := r.URL.Query().Get("as")
	if as == "" && (kind == cloudEventType || kind == cloudBatchType || isBinary(r)) {
		return "cloudevents"
	}
	return as
}

// reader makes the reader of a request's body.
func (h *handler) reader(b *body, r *http.Request, kind string, s shape) (Reader, *domain.Refusal) {
	t := newTexts(b, s)
	b.texts = t
	reader, err := h.format(t, r, kind)
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

func (h *handler) format(t *texts, r *http.Request, kind string) (Reader, error) {
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
		return newEvents(t, EventOptions{}), nil
	case "ctm":
		if tenant.IsZero() {
			return nil, domain.Malformed("tenant", "expected the tenant's id, as in ?as=ctm&tenant=<32 hex digits>")
		}
		return newCTM(t, CTMOptions{Tenant: tenant, DefaultRegion: q.Get("region"), Now: h.ledger.Now})
	case "cloudevents":
		return newCloudEvents(t, CloudEventsOptions{Tenant: tenant, DefaultRegion: strings.ToUpper(q.Get("region"))})
	case "cloudtrail":
		o := h.Recordings
		o.Tenant = tenant
		return newCloudTrail(t, o)
	}
	return nil, domain.Malformed("as", "expected events, ctm, cloudevents or cloudtrail")
}
