// Command muniment is an event-sourced audit and sub-processor ledger for processors of personal
// data. See README.md; muniment --help lists the subcommands.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // customers' time zones are named in notices, also on machines without a database of them
)

func main() { os.Exit(Main()) }

// collectLess lets garbage grow to four times what is in use, up to a gigabyte in all: little is in use
// at a time, so it was collected every few milliseconds, and took a tenth of an import's processor time.
// GOGC and GOMEMLIMIT still have the last word.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(1 << 30)
	}
}

// importMemory bounds Go's memory while records are taken in: their number must not show in it. What is in
// use at a time is a fraction of this.
const importMemory = 112 << 20

// Main runs the command line and returns the exit code: 0 done, 1 failed or does not hold, 2 wrong usage.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	collectLess()
	return run(ctx, os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, interactive: isTerminal(os.Stderr)})
}
