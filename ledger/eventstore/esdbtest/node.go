package esdbtest

import (
	"context"
	"net"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
)

type featureService struct {
	serverfeatures.UnimplementedServerFeaturesServer
	s *Server
}

// GetSupportedMethods answers with names in lower case, as a node does.
func (v *featureService) GetSupportedMethods(ctx context.Context, _ *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	if err := v.s.faults.onConnect(ctx); err != nil {
		return nil, err
	}
	const s = "event_store.client.streams.streams"
	return &serverfeatures.SupportedMethods{
		EventStoreServerVersion: v.s.options.Version,
		Methods: []*serverfeatures.SupportedMethod{
			{ServiceName: s, MethodName: "append"},
			{ServiceName: s, MethodName: "read", Features: []string{"position", "events"}},
			{ServiceName: s, MethodName: "delete"},
			{ServiceName: s, MethodName: "tombstone"},
			{ServiceName: s, MethodName: "batchappend", Features: []string{"deadline_duration"}},
			{ServiceName: "event_store.client.persistent_subscriptions.persistentsubscriptions", MethodName: "create", Features: []string{"stream", "all"}},
			{ServiceName: "event_store.client.gossip.gossip", MethodName: "read"},
		},
	}, nil
}

type gossipService struct {
	gossip.UnimplementedGossipServer
	s *Server
}

// Read lists this node, and the leader when this node follows one.
func (v *gossipService) Read(context.Context, *shared.Empty) (*gossip.ClusterInfo, error) {
	state := gossip.MemberInfo_Leader
	var members []*gossip.MemberInfo
	if l := v.s.options.Follower; l != "" {
		state = gossip.MemberInfo_Follower
		members = append(members, member(l, gossip.MemberInfo_Leader))
	}
	return &gossip.ClusterInfo{Members: append(members, member(v.s.address, state))}, nil
}

func member(address string, state gossip.MemberInfo_VNodeState) *gossip.MemberInfo {
	host, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	return &gossip.MemberInfo{State: state, IsAlive: true, HttpEndPoint: &gossip.EndPoint{Address: host, Port: uint32(n)}}
}

// persistentService only lets persistent subscriptions be made: client tests use that to try out
// credentials. Muniment uses none, because they give no order.
type persistentService struct {
	persistent.UnimplementedPersistentSubscriptionsServer
}

// Create says yes.
func (*persistentService) Create(context.Context, *persistent.CreateReq) (*persistent.CreateResp, error) {
	return &persistent.CreateResp{}, nil
}
