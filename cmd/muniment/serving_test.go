package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long anything awaited may take before a test fails.
const patience = 20 * time.Second

// tick is how often a condition is looked at while it is awaited.
const tick = 10 * time.Millisecond

// awaited looks at a condition until it holds.
func awaited(what string, holds func() (bool, error)) error {
	end := time.Now().Add(patience)
	for {
		ok, err := holds()
		switch {
		case ok:
			return nil
		case time.Now().After(end):
			return errors.Join(fmt.Errorf("%s: not within %s", what, patience), err)
		}
		time.Sleep(tick)
	}
}

// anyCertificate is a client that doesn't ask who signed a test's certificate.
var anyCertificate = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// serving is a muniment serve of a test.
type serving struct {
	cmd    *exec.Cmd
	out    *output
	url    string // such as http://127.0.0.1:40123
	link   string // for signing in, once
	ended  chan struct{}
	result error
}

// output is what a process wrote so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

var (
	addressOf = regexp.MustCompile(`Muniment serves (https?://\S+)`)
	linkOf    = regexp.MustCompile(`https?://\S+/signin/\S+`)
)

// serve starts muniment serve on a free port, in an environment like MUNIMENT_DATA=…, and returns
// when it is ready.
func serve(dir string, environment []string, flags ...string) (*serving, error) {
	return started(exec.Command("muniment", append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...), dir, environment)
}

// started is a service once it is ready.
func started(cmd *exec.Cmd, dir string, environment []string) (*serving, error) {
	s := &serving{cmd: cmd, out: &output{}, ended: make(chan struct{})}
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), environment...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.result = s.cmd.Wait()
		close(s.ended)
	}()
	err := awaited("muniment serve is ready", func() (bool, error) {
		select {
		case <-s.ended:
			return true, nil
		default:
		}
		told := s.out.String()
		m := addressOf.FindStringSubmatch(told)
		if s.link = linkOf.FindString(told); m == nil || s.link == "" {
			return false, nil
		}
		s.url = m[1]
		return s.ready()
	})
	select {
	case <-s.ended:
		return nil, fmt.Errorf("muniment serve ended at once: %v\n%s", s.result, s.out)
	default:
	}
	if err != nil {
		s.kill()
		return nil, fmt.Errorf("%w\n%s", err, s.out)
	}
	return s, nil
}

func (s *serving) ready() (bool, error) {
	r, err := anyCertificate.Get(s.url + "/readyz")
	if err != nil {
		return false, err
	}
	defer r.Body.Close()
	said, err := io.ReadAll(r.Body)
	return r.StatusCode == http.StatusOK || strings.Contains(string(said), "sound: no"), err
}

// stop ends it as a service manager does, and demands that it ends well and soon.
func (s *serving) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop serve: %w (it had ended: %v)\n%s", err, s.result, s.out)
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.cmd.Process.Signal(syscall.SIGQUIT) // its goroutines tell what hangs
		<-s.ended
		return fmt.Errorf("serve did not end on SIGTERM:\n%s", s.out)
	}
	if s.result != nil {
		return fmt.Errorf("serve ended with %w\n%s", s.result, s.out)
	}
	if strings.Contains(s.out.String(), "panic") || strings.Contains(s.out.String(), "DATA RACE") {
		return fmt.Errorf("serve panicked:\n%s", s.out)
	}
	return nil
}

// kill ends it as a power loss does.
func (s *serving) kill() {
	s.cmd.Process.Kill()
	<-s.ended
}

// cmdServe: serve FLAGS… starts the service. $URL is its address, $LINK the link to sign in.
func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	st := storyOf(ts)
	if neg || st.serving != nil {
		ts.Fatalf("usage: serve FLAGS…, one at a time")
	}
	var environment []string
	for _, name := range []string{"MUNIMENT_DATA", "MUNIMENT_LEDGER", "MUNIMENT_STORE"} {
		environment = append(environment, name+"="+ts.Getenv(name))
	}
	s, err := serve(ts.MkAbs("."), environment, args...)
	ts.Check(err)
	st.serving = s
	ts.Setenv("URL", s.url)
	ts.Setenv("LINK", strings.TrimPrefix(s.link, s.url))
	ts.Defer(func() {
		if st.serving != s {
			return
		}
		st.serving = nil
		if err := s.stop(); err != nil {
			st.fail("%v", err)
		}
	})
}

// cmdHalt: halt ends the service and demands exit code 0. What it logged can be matched by stdout.
func cmdHalt(ts *testscript.TestScript, neg bool, args []string) {
	s := running(ts, neg, args)
	ts.Check(s.stop())
	io.WriteString(ts.Stdout(), s.out.String())
}

// cmdKill9: kill9 ends the service without a warning.
func cmdKill9(ts *testscript.TestScript, neg bool, args []string) { running(ts, neg, args).kill() }

func running(ts *testscript.TestScript, neg bool, args []string) *serving {
	st := storyOf(ts)
	s := st.serving
	if neg || len(args) > 0 || s == nil {
		ts.Fatalf("usage: halt or kill9, after serve")
	}
	st.serving = nil
	return s
}
