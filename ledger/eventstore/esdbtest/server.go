package esdbtest

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Options of a double. The zero value is an insecure node of version 24.10 on a free port.
type Options struct {
	Address   string            // default 127.0.0.1:0
	Version   string            // default 24.10.6.0; from 25.0.1 on CaughtUp and FellBehind have details
	MaxAppend int               // bytes; default 1 MiB, as a node's
	TLS       *Certificates     // nil: no TLS, and then passwords are ignored, as a node's
	Users     map[string]string // name → password, with TLS; nil: nobody is asked
	Follower  string            // HOST:PORT of the leader: this node refuses calls that require one
}

// Server is the double. Its events survive Stop and Start: those are a node that goes and comes back.
type Server struct {
	options Options
	store   *store
	faults  faults

	mu       sync.Mutex
	grpc     *grpc.Server
	listener *listener
	address  string
}

// Start starts a double for the length of a test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatalf("start the test double: %v", err)
	}
	t.Cleanup(s.Stop)
	return s
}

// New starts a double.
func New(o Options) (*Server, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Version == "" {
		o.Version = "24.10.6.0"
	}
	if o.MaxAppend == 0 {
		o.MaxAppend = 1 << 20
	}
	s := &Server{options: o, store: newStore()}
	return s, s.Start()
}

// Address is HOST:PORT; it stays the same over Stop and Start.
func (s *Server) Address() string { return s.address }

// URL is the connection string of the double.
func (s *Server) URL() string {
	if s.options.TLS != nil {
		return "esdb://admin:changeit@" + s.address + "?tlsCaFile=" + s.options.TLS.CAFile
	}
	return "esdb://" + s.address + "?tls=false"
}

// Start listens again after a Stop.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.grpc != nil {
		return nil
	}
	at := s.address
	if at == "" {
		at = s.options.Address
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	s.address = l.Addr().String()
	s.listener = &listener{Listener: l}
	o := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(64 << 20),
		grpc.UnaryInterceptor(s.unary), grpc.StreamInterceptor(s.stream),
		// grpc-go's own policy would drop a client that pings every 10 s after half a minute; a node doesn't.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	}
	if c := s.options.TLS; c != nil {
		o = append(o, grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{c.Node}})))
	}
	s.grpc = grpc.NewServer(o...)
	streams.RegisterStreamsServer(s.grpc, &service{s: s})
	gossip.RegisterGossipServer(s.grpc, &gossipService{s: s})
	serverfeatures.RegisterServerFeaturesServer(s.grpc, &featureService{s: s})
	persistent.RegisterPersistentSubscriptionsServer(s.grpc, &persistentService{})
	go s.grpc.Serve(s.listener)
	return nil
}

// Stop is kill -9: every connection is cut, calls under way get no answer.
func (s *Server) Stop() {
	s.mu.Lock()
	g := s.grpc
	s.grpc = nil
	s.mu.Unlock()
	if g != nil {
		g.Stop()
	}
}

// DropConnections cuts every connection and goes on listening.
func (s *Server) DropConnections() {
	s.mu.Lock()
	l := s.listener
	s.mu.Unlock()
	l.drop()
}

func (s *Server) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := s.allowed(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

func (s *Server) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if err := s.allowed(ss.Context(), info.FullMethod); err != nil {
		return err
	}
	return next(srv, ss)
}

// allowed checks the password and, for calls that require the leader, whether this node is it.
func (s *Server) allowed(ctx context.Context, method string) error {
	md, _ := metadata.FromIncomingContext(ctx)
	open := method == serverfeatures.ServerFeatures_GetSupportedMethods_FullMethodName || method == gossip.Gossip_Read_FullMethodName
	if s.options.TLS != nil && s.options.Users != nil && !open && !s.known(md.Get("authorization")) {
		return status.Error(codes.Unauthenticated, "Unauthenticated")
	}
	if leader := s.options.Follower; leader != "" && !open && len(md.Get("requires-leader")) > 0 {
		return notLeader(ctx, leader)
	}
	return nil
}

func (s *Server) known(authorization []string) bool {
	for name, password := range s.options.Users {
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
		if len(authorization) == 1 && authorization[0] == want {
			return true
		}
	}
	return false
}

// listener knows its connections, so that they can be cut.
type listener struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.conns = append(l.conns, c)
		l.mu.Unlock()
	}
	return c, err
}

func (l *listener) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}
