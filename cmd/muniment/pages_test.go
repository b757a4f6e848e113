package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// visit is one request for a page.
type visit struct {
	method, token, media, origin string
	gzip, packed                 bool // to be packed, or packed already
	cookie                       bool
	body                         io.Reader
}

// cmdGet: get [as=TOKEN] [cookie] PATH fetches a page: status, headers, an empty line, body.
func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	v := visit{method: http.MethodGet}
	args = v.flags(args)
	if neg || len(args) != 1 {
		ts.Fatalf("usage: get [as=TOKEN] [cookie] PATH")
	}
	fetch(ts, v, args[0])
}

// cmdPost: post [as=TOKEN] [type=MEDIA] [gzip|packed] [from=ORIGIN] [cookie] PATH [FILE | NAME=VALUE…] sends
// a file, or the fields of a form.
func cmdPost(ts *testscript.TestScript, neg bool, args []string) {
	v := visit{method: http.MethodPost}
	args = v.flags(args)
	if neg || len(args) == 0 {
		ts.Fatalf("usage: post [as=TOKEN] [type=MEDIA] [gzip|packed] [from=ORIGIN] [cookie] PATH [FILE | NAME=VALUE…]")
	}
	path, rest := args[0], args[1:]
	if len(rest) == 1 && !strings.Contains(rest[0], "=") {
		v.body = strings.NewReader(ts.ReadFile(rest[0]))
	} else {
		form := url.Values{}
		for _, a := range rest {
			name, value, _ := strings.Cut(a, "=")
			form.Add(name, value)
		}
		v.body = strings.NewReader(form.Encode())
		if v.media == "" {
			v.media = "application/x-www-form-urlencoded"
		}
	}
	fetch(ts, v, path)
}

// flags takes the words before the path.
func (v *visit) flags(args []string) []string {
	for len(args) > 0 && !strings.HasPrefix(args[0], "/") {
		name, value, _ := strings.Cut(args[0], "=")
		switch name {
		case "as":
			v.token = value
		case "type":
			v.media = value
		case "from":
			v.origin = value
		case "gzip":
			v.gzip = true
		case "packed":
			v.packed = true
		case "cookie":
			v.cookie = true
		default:
			return nil
		}
		args = args[1:]
	}
	return args
}

func fetch(ts *testscript.TestScript, v visit, path string) {
	if v.gzip {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := io.Copy(w, v.body)
		ts.Check(errors.Join(err, w.Close()))
		v.body = &packed
	}
	r, err := http.NewRequest(v.method, ts.Getenv("URL")+path, v.body)
	ts.Check(err)
	for name, value := range map[string]string{"Content-Type": v.media, "Origin": v.origin} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	if v.gzip || v.packed {
		r.Header.Set("Content-Encoding", "gzip")
	}
	if v.cookie {
		r.Header.Set("Cookie", ts.Getenv("COOKIE"))
	}
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	for _, c := range answer.Cookies() {
		ts.Setenv("COOKIE", c.Name+"="+c.Value)
	}
	fmt.Fprintf(ts.Stdout(), "HTTP %s\n", answer.Status)
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		if name != "Date" {
			fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, strings.Join(answer.Header[name], ", "))
		}
	}
	fmt.Fprintln(ts.Stdout())
	_, err = io.Copy(ts.Stdout(), answer.Body)
	ts.Check(err)
}

var noticeLink = regexp.MustCompile(`https?://[^/\s]+(/notices/[A-Za-z0-9_-]+)`)

// cmdLetter: letter ADDRESS waits for the notice to an address in the outbox and shows it: the
// headers, an empty line, the text. $NOTICE is the path of its link.
func cmdLetter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: letter ADDRESS")
	}
	var m *mail.Message
	ts.Check(awaited("a letter to "+args[0], func() (_ bool, err error) {
		m, err = letterTo(filepath.Join(ts.Getenv("MUNIMENT_DATA"), "outbox"), args[0])
		return m != nil, err
	}))
	for _, name := range []string{"From", "To", "Subject", "Message-Id", "Auto-Submitted"} {
		value, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
		ts.Check(err)
		fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, value)
	}
	text, err := textOf(m)
	ts.Check(err)
	link := noticeLink.FindStringSubmatch(text)
	if link == nil {
		ts.Fatalf("the letter has no link:\n%s", text)
	}
	ts.Setenv("NOTICE", link[1])
	fmt.Fprintf(ts.Stdout(), "\n%s\n", text)
}

// letterTo finds the first letter to an address; nil when there is none yet.
func letterTo(outbox, address string) (*mail.Message, error) {
	files, err := filepath.Glob(filepath.Join(outbox, "*.eml"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		if to, err := mail.ParseAddress(m.Header.Get("To")); err == nil && to.Address == address {
			return m, nil
		}
	}
	return nil, nil
}

// textOf is the plain text of a letter.
func textOf(m *mail.Message) (string, error) {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			continue
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		return strings.ReplaceAll(string(text), "\r\n", "\n"), err
	}
}
