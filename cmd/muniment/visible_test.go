package main

import (
	"bytes"
	"fmt"
	"testing"
)

// TestTheTerminalHidesNothing: a command's words show what hides or turns the direction of others; a file's bytes
// stay as they are.
func TestTheTerminalHidesNothing(t *testing.T) {
	var out, err bytes.Buffer
	term := terminal{out: &out, err: &err}.visible()
	fmt.Fprintf(term.out, "added\tfdp.\u202eexe\x1b[2J\r\n")
	fmt.Fprintf(term.err, "line 1: \u200b\n")
	term.file().Write([]byte("fdp.\u202eexe"))
	if got, want := out.String(), "added\tfdp.[U+202E]exe[U+001B][2J\r\nfdp.\u202eexe"; got != want {
		t.Errorf("%+q", got)
	}
	if got, want := err.String(), "line 1: [U+200B]\n"; got != want {
		t.Errorf("%+q", got)
	}
}
