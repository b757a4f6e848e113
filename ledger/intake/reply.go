package intake

import (
	"bufio"
	"encoding/json"
	"net/http"
	"time"

	"muniment/domain"
)

// answers writes one JSON object a line as the answers come.
type answers struct {
	w     http.ResponseWriter
	buf   *bufio.Writer
	lines int
	begun bool // the status was sent
}

func newAnswers(w http.ResponseWriter) *answers {
	return &answers{w: w, buf: bufio.NewWriterSize(w, 64<<10)}
}

// reply is the wire form of an [Answer].
type reply struct {
	Line     int         `json:"line,omitempty"`
	State    State       `json:"state"`
	ID       string      `json:"id,omitempty"`
	Position *int64      `json:"position,omitempty"`
	Compared *bool       `json:"compared,omitempty"` // false: whether the duplicate is the same can't be told any more
	Code     domain.Code `json:"code,omitempty"`
	Field    string      `json:"field,omitempty"`
	Message  string      `json:"message,omitempty"`
}

func (a *answers) add(x Answer) {
	a.lines++
	r := reply{Line: x.Line, State: x.State}
	switch {
	case x.Err != nil:
		r.Code, r.Field, r.Message = x.Err.Code, x.Err.Field, x.Err.Message
	case x.State == Passed:
		r.Message = x.Pass
	default:
		r.ID, r.Position = x.Receipt.ID.String(), &x.Receipt.Position
		if x.State == Duplicate && x.Receipt.Uncompared {
			r.Compared = new(bool)
		}
	}
	a.write(r)
}

// last says, behind answers already sent, that the rest of the body was not read.
func (a *answers) last(no *domain.Refusal) {
	a.write(reply{State: Refused, Code: no.Code, Message: no.Message + "; the lines not answered here were not kept or not read"})
}

// begin sends the status, once.
func (a *answers) begin() {
	if a.begun {
		return
	}
	a.begun = true
	// Without this the server would read the rest of the body before the first answer leaves.
	// HTTP/2 needs no such word and says so by an error.
	http.NewResponseController(a.w).EnableFullDuplex()
	a.w.Header().Set("Content-Type", "application/x-ndjson")
	a.w.Header().Set("X-Content-Type-Options", "nosniff")
	a.w.WriteHeader(http.StatusOK)
}

func (a *answers) write(r reply) {
	a.begin()
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and numbers only
	}
	a.buf.Write(append(line, '\n')) // a sender who hung up is seen at its body
}

// flush sends what is there. A sender that doesn't read its answers stops being waited for.
func (a *answers) flush() {
	if !a.begun {
		return
	}
	c := http.NewResponseController(a.w)
	c.SetWriteDeadline(time.Now().Add(stall)) // the server takes it off when the handler returns
	a.buf.Flush()
	c.Flush()
}

// fail answers a request as a whole.
func fail(w http.ResponseWriter, status int, code domain.Code, message string) {
	body, err := json.Marshal(map[string]any{"code": code, "message": message})
	if err != nil {
		panic(err) // strings only
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
