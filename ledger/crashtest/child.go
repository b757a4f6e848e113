// Package crashtest ends processes in the middle of their work, or lets one of their file-system
// calls fail, so that a test can look at what they leave behind. It never links into the binary.
//
//	child.go   the process that suffers: a test binary started again in another role
//	strace.go  one failing call of a child, and which calls there are to fail
//	dump.go    every row of a database, for comparing two of them
//	tally.go   how long a test goes on, and what it did
package crashtest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

const (
	roleVariable = "MUNIMENT_CRASHTEST_ROLE"
	dirVariable  = "MUNIMENT_CRASHTEST_DIR"
)

// A child's main goroutine keeps its thread: that is the one that strace watches.
func init() {
	if os.Getenv(roleVariable) != "" {
		runtime.LockOSThread()
	}
}

// Child plays a role when this process was started for one, and doesn't return then. TestMain calls
// it first. A role tells what it did line by line on standard output, not before it is done.
func Child(roles map[string]func(dir string) error) {
	role := os.Getenv(roleVariable)
	if role == "" {
		return
	}
	play, ok := roles[role]
	if !ok {
		fmt.Fprintf(os.Stderr, "no role %q\n", role)
		os.Exit(2)
	}
	if err := play(os.Getenv(dirVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Ended is a child that has ended.
type Ended struct {
	Told   []string // its lines, the last perhaps cut off by its end
	Errors string   // what it wrote to standard error
	Killed bool
	Failed bool // it ended by itself, not well
}

// patience is how long a child may go on; it bounds a test that hangs.
const patience = 2 * time.Minute

// Kill plays a role in dir and kills it when it has told so many lines; with less than none at once,
// when it may still be starting.
func Kill(t testing.TB, role, dir string, lines int) Ended {
	t.Helper()
	e := start(t, command(role, dir), func(told int, kill func()) {
		if told == max(lines, 0) {
			kill()
		}
	})
	if !e.Killed {
		t.Fatalf("the child ended by itself after %d lines: %s", len(e.Told), e.Errors)
	}
	return e
}

func command(role, dir string, before ...string) *exec.Cmd {
	args := append(before, os.Args[0])
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	return c
}

// start runs a child to its end. told is called with the number of its lines so far, first with 0.
func start(t testing.TB, c *exec.Cmd, told func(n int, kill func())) (e Ended) {
	t.Helper()
	var errors bytes.Buffer
	c.Stderr = &errors
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that strace's child ends with it
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	late := time.AfterFunc(patience, kill)
	told(0, kill)
	for in := bufio.NewScanner(out); in.Scan(); { // also what it still wrote into the pipe
		e.Told = append(e.Told, in.Text())
		told(len(e.Told), kill)
	}
	c.Wait()
	if !late.Stop() {
		t.Fatalf("the child didn't end within %s: %s", patience, &errors)
	}
	e.Errors = errors.String()
	e.Killed = !c.ProcessState.Exited()
	e.Failed = c.ProcessState.Exited() && !c.ProcessState.Success()
	return e
}
