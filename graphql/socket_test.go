package graphql

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"muniment/domain"
	"muniment/graphql/access"
)

// dial opens a socket; header are pairs.
func (l *door) dial(protocol string, header ...string) (*websocket.Conn, *http.Response, error) {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(l.url, "http"), &websocket.DialOptions{Subprotocols: []string{protocol}, HTTPHeader: h})
}

// TestCloseCodes: what a client does wrong closes the socket with the protocol's code.
func TestCloseCodes(t *testing.T) {
	d := newDesk(t)
	d.api.live.greeting = 200 * time.Millisecond
	door := d.open()
	init := `{"type":"connection_init","payload":{"token":"` + d.token(access.Principal{Role: access.DPO}) + `"}}`
	subscribe := `{"type":"subscribe","id":"a","payload":{"query":"subscription { events { number } }"}}`
	for name, c := range map[string]struct {
		protocol string
		say      []string
		code     websocket.StatusCode
	}{
		"no protocol":          {"graphql-ws", nil, 4406},
		"silent":               {subprotocol, nil, 4408},
		"no JSON":              {subprotocol, []string{"hello"}, 4400},
		"no type":              {subprotocol, []string{"{}"}, 4400},
		"unknown type":         {subprotocol, []string{init, `{"type":"start"}`}, 4400},
		"init twice":           {subprotocol, []string{init, init}, 4429},
		"init of another form": {subprotocol, []string{`{"type":"connection_init","payload":"mun_x"}`}, 4400},
		"no token":             {subprotocol, []string{`{"type":"connection_init"}`}, 4403},
		"wrong token":          {subprotocol, []string{`{"type":"connection_init","payload":{"token":"mun_x"}}`}, 4403},
		"before init":          {subprotocol, []string{subscribe}, 4401},
		"no id":                {subprotocol, []string{init, `{"type":"subscribe","payload":{"query":"{ __typename }"}}`}, 4400},
		"no query":             {subprotocol, []string{init, `{"type":"subscribe","id":"a","payload":{}}`}, 4400},
		"same id":              {subprotocol, []string{init, subscribe, subscribe}, 4409},
		"long before init":     {subprotocol, []string{`{"type":"ping","payload":{"x":"` + strings.Repeat("x", maxGreeting) + `"}}`}, websocket.StatusMessageTooBig},
		"too long":             {subprotocol, []string{init, `{"type":"ping","payload":{"x":"` + strings.Repeat("x", maxBody) + `"}}`}, websocket.StatusMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			conn, _, err := door.dial(c.protocol)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			for _, text := range c.say {
				if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			for err == nil {
				_, _, err = conn.Read(ctx)
			}
			if websocket.CloseStatus(err) != c.code {
				t.Errorf("%v, expected %d", err, c.code)
			}
		})
	}
}

// TestSockets: no client and no token has more sockets than it may, and each is given back.
func TestSockets(t *testing.T) {
	l := newLives()
	one, other := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32")
	var ends []func()
	for range maxSocketsOf {
		end, no := l.open(one)
		if no != nil {
			t.Fatal(no)
		}
		ends = append(ends, end)
	}
	if _, no := l.open(one); no == nil {
		t.Error("a socket too many of one client")
	}
	end, no := l.open(other)
	if no != nil {
		t.Fatal(no)
	}
	for _, end := range append(ends, end) {
		end()
	}
	if l.sockets != 0 || len(l.clients) != 0 {
		t.Errorf("places are left: %d, %v", l.sockets, l.clients)
	}

	d := newDesk(t)
	door := d.open()
	token := d.token(access.Principal{Role: access.DPO})
	said := func(token string) (err error) {
		conn, _, err := door.dial(subprotocol)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.CloseNow() })
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := conn.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init","payload":{"token":"`+token+`"}}`)); err != nil {
			t.Fatal(err)
		}
		_, _, err = conn.Read(ctx)
		return err
	}
	for range maxSocketsOf {
		if err := said(token); err != nil {
			t.Fatal(err)
		}
	}
	if err := said(token); websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
		t.Errorf("a socket too many of one token: %v", err)
	}
	if err := said(d.token(access.Principal{Role: access.DPO})); err != nil {
		t.Errorf("another token: %v", err)
	}
}

// TestSocketOrigins: pages of other origins get no socket, and a cookie counts only on our own pages.
func TestSocketOrigins(t *testing.T) {
	d := newDesk(t)
	door := d.open()
	secret, err := d.api.Access.Link(context.Background(), access.Principal{Role: access.DPO, Actor: domain.NewID()})
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := d.api.Access.SignIn(context.Background(), secret)
	if err != nil {
		t.Fatal(err)
	}
	cookie, own := "muniment_session="+session, strings.TrimSuffix(door.url, "/graphql")
	for name, c := range map[string]struct {
		header []string
		open   bool
		acked  bool
	}{
		"own page":      {[]string{"Cookie", cookie, "Origin", own}, true, true},
		"another page":  {[]string{"Cookie", cookie, "Origin", "https://page.example.com"}, false, false},
		"no page":       {[]string{"Cookie", cookie}, true, false},
		"token":         {[]string{"Authorization", "Bearer " + d.token(access.Principal{Role: access.DPO})}, true, true},
		"foreign token": {[]string{"Authorization", "Bearer " + d.token(access.Principal{Role: access.DPO}), "Origin", "https://page.example.com"}, false, false},
		"nothing":       {nil, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			conn, res, err := door.dial(subprotocol, c.header...)
			if (err == nil) != c.open {
				t.Fatal(err)
			}
			if !c.open {
				if res.StatusCode != http.StatusForbidden {
					t.Error(res.Status)
				}
				return
			}
			defer conn.CloseNow()
			conn.Write(context.Background(), websocket.MessageText, []byte(`{"type":"connection_init"}`))
			_, text, err := conn.Read(context.Background())
			if acked := err == nil && string(text) == `{"type":"connection_ack"}`; acked != c.acked {
				t.Errorf("%s %v", text, err)
			}
			if !c.acked && websocket.CloseStatus(err) != closeForbidden {
				t.Error(err)
			}
		})
	}
}

// TestIdsAreFreeAgain: an id may be used again as soon as its operation's end was told.
func TestIdsAreFreeAgain(t *testing.T) {
	d := newDesk(t)
	conn, _, err := d.open().dial(subprotocol, "Authorization", "Bearer "+d.token(access.Principal{Role: access.DPO}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	say := func(text string) { conn.Write(context.Background(), websocket.MessageText, []byte(text)) }
	hear := func(want string) {
		t.Helper()
		if _, text, err := conn.Read(context.Background()); err != nil || !strings.Contains(string(text), want) {
			t.Fatalf("%s %v, expected %s", text, err, want)
		}
	}
	say(`{"type":"connection_init"}`)
	hear("connection_ack")
	for range 50 {
		say(`{"type":"subscribe","id":"a","payload":{"query":"{ viewer { role } }"}}`)
		hear(`{"type":"next","id":"a","payload":{"data":{"viewer":{"role":"DPO"}}}}`)
		hear(`{"type":"complete","id":"a"}`)
		say(`{"type":"subscribe","id":"a","payload":{"query":"{ nonsense }"}}`)
		hear(`{"type":"error","id":"a","payload":[{"`)
		say(`{"type":"subscribe","id":"a","payload":{"query":"subscription { events { number } }"}}`)
		say(`{"type":"complete","id":"a"}`)
	}
	say(`{"type":"ping","payload":{"n":1}}`)
	hear(`{"type":"pong","payload":{"n":1}}`)
}

// TestStop: when the ledger closes, sockets and streams end so that clients come again.
func TestStop(t *testing.T) {
	d := newDesk(t)
	door := d.open()
	conn, _, err := door.dial(subprotocol, "Authorization", "Bearer "+d.token(access.Principal{Role: access.DPO}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.Write(context.Background(), websocket.MessageText, []byte(`{"type":"connection_init"}`))
	conn.Read(context.Background())
	conn.Write(context.Background(), websocket.MessageText, []byte(`{"type":"subscribe","id":"a","payload":{"query":"subscription { events { number } }"}}`))
	stream := d.stream(door, d.token(access.Principal{Role: access.DPO}), `subscription { events { number } }`).begun()
	stopped := make(chan struct{})
	go func() { d.api.Stop(context.Background()); close(stopped) }()
	if _, _, err := conn.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Error(err)
	}
	if text, err := stream.rest(); err == nil || strings.Contains(text, "complete") {
		t.Errorf("%q %v", text, err)
	}
	<-stopped
	if _, res, err := door.dial(subprotocol); err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Error("a closed ledger opens a socket")
	}
}

// TestCrowds: there are only so many subscriptions of one token.
func TestCrowds(t *testing.T) {
	d := newDesk(t)
	door := d.open()
	token := d.token(access.Principal{Role: access.DPO})
	for range maxLiveOf {
		d.stream(door, token, `subscription { events { number } }`).begun()
	}
	text, err := d.stream(door, token, `subscription { events { number } }`).rest()
	if err != nil || !strings.Contains(text, "TOO_MUCH") || !strings.Contains(text, "event: complete") {
		t.Errorf("%q %v", text, err)
	}
	text, err = d.stream(door, d.token(access.Principal{Role: access.DPO}), `{ viewer { role } }`).rest()
	if err != nil || text != "event: next\ndata: {\"data\":{\"viewer\":{\"role\":\"DPO\"}}}\n\nevent: complete\ndata:\n\n" {
		t.Errorf("%q %v", text, err)
	}
}
