package bench

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine says what a figure depends on, and nothing that tells whose machine it is.
func machine(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("Measured on %s at commit %s: %d cores, %d GiB of memory, %s on %s/%s, data on %s.",
		time.Now().UTC().Format(time.DateOnly), commit(), runtime.NumCPU(), memory(), runtime.Version(), runtime.GOOS, runtime.GOARCH, fileSystem(t.TempDir()))
}

func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func memory() uint64 {
	var i syscall.Sysinfo_t
	if syscall.Sysinfo(&i) != nil {
		return 0
	}
	return (i.Totalram*uint64(i.Unit) + 1<<29) >> 30
}

// fileSystem names the kind of file system that a directory lies on.
func fileSystem(dir string) string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "an unknown file system"
	}
	switch s.Type {
	case 0xef53:
		return "ext4"
	case 0x58465342:
		return "xfs"
	case 0x9123683e:
		return "btrfs"
	case 0x01021994:
		return "tmpfs, which syncs nothing"
	case 0x794c7630:
		return "overlayfs"
	}
	return fmt.Sprintf("a file system of type %#x", s.Type)
}

// load is the load average of the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
