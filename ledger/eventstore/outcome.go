package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"muniment/ledger"
)

// verdict is what an error says about the append that it answers.
type verdict int

const (
	kept     verdict = iota
	moved            // the stream isn't where we expected it: perhaps by our own hand
	refused          // nothing was kept, and trying again wouldn't help
	notSent          // nothing was kept, trying again may help
	unclear          // it may be kept, now or in a moment
	oversize         // nothing was kept: over the engine's own limit
)

// judge reads the client's error. The client wraps what goes wrong while it still sends, and returns
// bare what comes after: a batch isn't complete before the client has said so, so the former was never
// kept. (errors.As, because esdb.FromError only knows bare ones.)
func judge(err error) verdict {
	if err == nil {
		return kept
	}
	var c *cut
	if errors.As(err, &c) {
		return judgeCut(c.error)
	}
	var e *esdb.Error
	if !errors.As(err, &e) {
		return unclear // our own deadline, mostly
	}
	switch e.Code() {
	case esdb.ErrorCodeWrongExpectedVersion:
		return moved
	case esdb.ErrorCodeConnectionClosed, esdb.ErrorCodeNotLeader:
		return notSent
	case esdb.ErrorCodeUnauthenticated, esdb.ErrorCodeAccessDenied, esdb.ErrorCodeStreamDeleted, esdb.ErrorCodeUnsupportedFeature:
		return refused
	}
	if status.Code(err) == codes.InvalidArgument {
		if strings.Contains(err.Error(), "Append Size") {
			return oversize
		}
		return refused
	}
	if _, bare := err.(*esdb.Error); !bare {
		return notSent
	}
	return unclear
}

// judgeCut is judge for a call that was cut short: certain, whatever the reason.
func judgeCut(err error) verdict {
	if v := judge(err); v == refused || v == oversize {
		return v
	}
	return notSent
}

// broken reports whether the connection should be made anew. One that answers, even with a refusal,
// is sound; a deadline may mean that it is dead and nobody has noticed.
func broken(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var e *esdb.Error
	if errors.As(err, &e) {
		switch e.Code() {
		case esdb.ErrorUnavailable, esdb.ErrorCodeConnectionClosed, esdb.ErrorCodeDeadlineExceeded:
			return true
		}
	}
	return status.Code(err) == codes.Unavailable
}

// transient reports whether a read may be tried again.
func transient(err error) bool {
	var e *esdb.Error
	if errors.As(err, &e) && (e.Code() == esdb.ErrorCodeNotLeader || e.Code() == esdb.ErrorAborted) {
		return true
	}
	return broken(err)
}

// away marks an error of a read that will pass by itself.
func away(err error) error {
	var u *unreachable
	if errors.As(err, &u) || transient(err) {
		return fmt.Errorf("%w: %w", ledger.ErrAway, err)
	}
	return err
}

func isCode(err error, codes ...esdb.ErrorCode) bool {
	var e *esdb.Error
	if errors.As(err, &e) {
		for _, c := range codes {
			if e.Code() == c {
				return true
			}
		}
	}
	return false
}

// explain adds what to do to the errors that an operator can meet and mend.
func explain(err error) error {
	advice := ""
	switch {
	case err == nil:
		return nil
	case isCode(err, esdb.ErrorCodeUnauthenticated):
		advice = "check user name and password in the URL, and that the URL doesn't say tls=false: then they aren't sent"
	case isCode(err, esdb.ErrorCodeAccessDenied):
		advice = "give this user the rights to append to and read the ledger's streams and to read $all"
	case isCode(err, esdb.ErrorCodeStreamDeleted):
		advice = "somebody has closed this stream for ever; see the incidents"
	case strings.Contains(err.Error(), "first record does not look like a TLS handshake"):
		advice = "the node speaks without TLS: add ?tls=false to the URL, on a trusted network only"
	case strings.Contains(err.Error(), "x509:"):
		advice = "give the authority that signed the node's certificate as tlsCaFile in the URL"
	case broken(err):
		advice = "check host and port, and that the node runs"
	}
	if advice == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}

// nothingKept is the answer when certainly nothing was kept.
func nothingKept(err error) error {
	if judge(err) == oversize {
		return fmt.Errorf("append: nothing was kept: the engine takes less in one append than the contract says: raise its MaxAppendSize to 1 MiB: %w", ledger.ErrTooLarge)
	}
	return fmt.Errorf("append: nothing was kept: %w", explain(err))
}
