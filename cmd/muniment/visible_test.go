package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
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

// TestPagesOfOurs: whatever a page of the desk shows, it hides nothing, loads nothing of others and is kept by nobody.
func TestPagesOfOurs(t *testing.T) {
	h := &house{}
	for name, data := range map[string]any{
		"signin.html": map[string]any{"Missing": true},
		"desk.html":   &desk{Role: "fdp.\u202eexe\u200b", Notices: []deskNotice{{Tenant: "fdp.\u202eexe\u200b"}}},
	} {
		w := httptest.NewRecorder()
		h.page(w, http.StatusOK, name, data)
		if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: its policy is %q", name, got)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: kept: %q", name, got)
		}
		body := w.Body.String()
		if w.Code != http.StatusOK || strings.ContainsAny(body, "\u202e\u200b") || strings.Contains(body, "<script") {
			t.Errorf("%s: %d %+q", name, w.Code, body)
		}
	}
}
