package verify

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// TestUnreadablePolicy: a policy that can't be read is said to be that, and is nobody's lie.
func TestUnreadablePolicy(t *testing.T) {
	f := newFound(t)
	for _, policy := range []string{"log\n", "log nonsense\nquorum none\n", "quorum none\nquorum none\nlog x\n", "witness w\n"} {
		d := f.demands()
		d.Policy = []byte(policy)
		err := Log(t.Context(), f.kept, d, io.Discard)
		var l Lie
		if err == nil || errors.As(err, &l) || !strings.Contains(err.Error(), "policy") {
			t.Errorf("%q: %v", policy, err)
		}
	}
}
