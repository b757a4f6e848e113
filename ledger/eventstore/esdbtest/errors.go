package esdbtest

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A node's errors are a gRPC status and trailers that say which.

func trail(ctx context.Context, code codes.Code, text string, pairs ...string) error {
	grpc.SetTrailer(ctx, metadata.Pairs(pairs...))
	return status.Error(code, text)
}

type deletedError string

func (e deletedError) Error() string { return "Event stream '" + string(e) + "' is deleted." }

func tell(ctx context.Context, err error) error {
	if d, ok := err.(deletedError); ok {
		return trail(ctx, codes.FailedPrecondition, d.Error(), "exception", "stream-deleted", "stream-name", string(d))
	}
	return err
}

func tooLarge(ctx context.Context, limit int) error {
	return trail(ctx, codes.InvalidArgument, fmt.Sprintf("Maximum Append Size of %d Exceeded.", limit),
		"exception", "maximum-append-size-exceeded", "maximum-append-size", strconv.Itoa(limit))
}

func missingMetadata(ctx context.Context, name string) error {
	return trail(ctx, codes.InvalidArgument, "Required Metadata Property '"+name+"' is missing",
		"exception", "missing-required-metadata-property")
}

func notLeader(ctx context.Context, leader string) error {
	host, port, _ := net.SplitHostPort(leader)
	return trail(ctx, codes.NotFound, "Leader info available", "exception", "not-leader",
		"leader-endpoint-host", host, "leader-endpoint-port", port)
}
