package seal

import (
	"io"
	"testing"

	"go.uber.org/goleak"
	"k8s.io/klog/v2"

	"muniment/ledger/crashtest"
)

func TestMain(m *testing.M) {
	klog.LogToStderr(false) // Tessera tells of every check
	klog.SetOutput(io.Discard)
	crashtest.Child(map[string]func(string) error{"seal until killed": sealUntilKilled, "seal step by step": sealSteps})
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("k8s.io/klog/v2.(*flushDaemon).run.func1"))
}
