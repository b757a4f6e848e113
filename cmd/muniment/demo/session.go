package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"muniment/domain"
	"muniment/graphql/access"
)

// session is somebody who uses the API with a token.
type session struct {
	World
	secret string
	id     domain.ID
}

// signIn makes a token that outlives no load.
func (w World) signIn(ctx context.Context, p access.Principal) (session, error) {
	p.Expires = w.Now().Add(2 * patience)
	secret, id, err := w.Access.Token(ctx, p)
	return session{w, secret, id}, err
}

// leave ends the token. One that can't be ended expires by itself.
func (s session) leave(ctx context.Context) { _ = s.Access.Revoke(ctx, s.id) }

// do gives one command. A refusal is an error: the demo tells only what can be done.
func (s session) do(ctx context.Context, name string, input object) error {
	query := fmt.Sprintf("mutation($input: %s!) { %s(input: $input) { receipt { eventId } refusal { message rule field } } }",
		strings.ToUpper(name[:1])+name[1:]+"Input", name)
	body, err := json.Marshal(object{"query": query, "variables": object{"input": input}})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.secret)
	var got answer
	s.API.ServeHTTP(&got, r)
	var said struct {
		Errors []struct{ Message string }
		Data   map[string]struct {
			Refusal *struct{ Message, Rule, Field string }
		}
	}
	if err := json.Unmarshal(got.Bytes(), &said); err != nil {
		return fmt.Errorf("%s: status %d: %w", name, got.status, err)
	}
	if len(said.Errors) > 0 {
		return fmt.Errorf("%s: %s", name, said.Errors[0].Message)
	}
	if no := said.Data[name].Refusal; no != nil {
		return fmt.Errorf("%s: %s (%s %s)", name, no.Message, no.Rule, no.Field)
	}
	return nil
}

// answer receives what a handler writes.
type answer struct {
	bytes.Buffer
	status int
	header http.Header
}

// Header is of [http.ResponseWriter].
func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

// WriteHeader is of [http.ResponseWriter].
func (a *answer) WriteHeader(status int) { a.status = status }
