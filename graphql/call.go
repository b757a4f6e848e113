package graphql

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"muniment/domain"
	"muniment/graphql/transport"
)

// call is one operation as a client sends it, over whichever transport.
type call struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// read takes the call out of the request.
func read(r *http.Request) (c call, status int, no *domain.Refusal) {
	switch r.Method {
	case http.MethodGet:
		q := r.URL.Query()
		c.Query, c.OperationName = q.Get("query"), q.Get("operationName")
		for name, into := range map[string]*map[string]any{"variables": &c.Variables, "extensions": &c.Extensions} {
			v := q.Get(name)
			if no := lean([]byte(v)); no != nil {
				return c, http.StatusRequestEntityTooLarge, no
			}
			if v != "" && json.Unmarshal([]byte(v), into) != nil {
				return c, http.StatusBadRequest, domain.Malformed(name, "expected a JSON object")
			}
		}
	case http.MethodPost:
		media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || media != "application/json" || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
			return c, http.StatusUnsupportedMediaType, domain.Malformed("", "expected Content-Type: application/json, in UTF-8")
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if errors.Is(err, transport.ErrCrowded) {
			return c, http.StatusTooManyRequests, &domain.Refusal{Code: domain.TooMuch, Rule: "query.body", Message: "too many bodies are being read at once: wait a little, and ask again"}
		}
		if err != nil {
			return c, http.StatusBadRequest, domain.Malformed("", "the body ended early")
		}
		if len(body) > maxBody {
			return c, http.StatusRequestEntityTooLarge, &domain.Refusal{Code: domain.TooMuch, Rule: "query.body", Message: "the body is larger than 1 MiB"}
		}
		if no := lean(body); no != nil {
			return c, http.StatusRequestEntityTooLarge, no
		}
		if json.Unmarshal(body, &c) != nil {
			return c, http.StatusBadRequest, domain.Malformed("", "expected a JSON object with query, and operationName, variables, extensions where needed")
		}
	default:
		return c, http.StatusMethodNotAllowed, domain.Malformed("", "use POST, or GET for queries")
	}
	if c.Query == "" {
		return c, http.StatusBadRequest, domain.Malformed("query", "missing")
	}
	return c, 0, nil
}

// stated reads purpose and case: from headers, or where a client can't set them from the call's
// extensions.
func stated(h http.Header, c call) (purpose, caseRef string, no *domain.Refusal) {
	one := func(header, extension string) string {
		if v := h.Get(header); v != "" {
			return v
		}
		v, _ := c.Extensions[extension].(string)
		return v
	}
	purpose, caseRef = one("Muniment-Purpose", "purpose"), one("Muniment-Case", "case")
	if purpose != "" && !slices.Contains(domain.ReadPurposes, purpose) {
		return "", "", domain.Malformed("Muniment-Purpose", "expected one of %s", strings.Join(domain.ReadPurposes, ", "))
	}
	if caseRef != "" {
		if err := domain.Reasons["reference"].Check(caseRef); err != nil {
			return "", "", domain.Malformed("Muniment-Case", "%s", err)
		}
	}
	return purpose, caseRef, nil
}

const (
	jsonType     = "application/json"
	responseType = "application/graphql-response+json"
	streamType   = "text/event-stream"
)

// accepted is the type of answer that the client likes best; JSON when it names none that we have.
func accepted(r *http.Request) string {
	best, weight := jsonType, 0.0
	for _, part := range strings.Split(strings.Join(r.Header.Values("Accept"), ","), ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if s, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(s, 64); err != nil {
				continue
			}
		}
		if media == "*/*" || media == "application/*" {
			media = jsonType
		}
		if q > weight && slices.Contains([]string{jsonType, responseType, streamType}, media) {
			best, weight = media, q
		}
	}
	return best
}

// unexecuted is the status of a request that was never executed: GraphQL over HTTP keeps 200 for
// clients that know only application/json.
func unexecuted(r *http.Request) int {
	if accepted(r) == jsonType {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

// result is what an operation ended in. Data is absent when it was never executed.
type result struct {
	Errors any             `json:"errors,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
}

func answer(w http.ResponseWriter, r *http.Request, status int, body result) {
	media := jsonType
	if accepted(r) == responseType {
		media = responseType
	}
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	if status == http.StatusMethodNotAllowed && w.Header().Get("Allow") == "" {
		w.Header().Set("Allow", "GET, POST")
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
