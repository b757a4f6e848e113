package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// One process owns a data directory. While serve runs, other subcommands go through its control
// socket: they send their arguments and input, and get their output back. Only the owner of the
// directory can reach the socket (0600 in a 0700 directory).

const controlSocket = "control.sock"

// maxSocketPath is what the operating system allows for the path of a socket.
const maxSocketPath = 100

// frame is one piece of a remote command's output, one JSON text a line.
type frame struct {
	Out  []byte `json:"out,omitempty"`
	Err  []byte `json:"err,omitempty"`
	Exit *int   `json:"exit,omitempty"`
}

// exitError is the exit code of a remote command, which has said why itself.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

var errWentAway = errors.New("the running serve went away before the command was done: look at what it logged, start it and run this again; nothing is kept twice")

// order is what a command asks of the process that owns the directory.
type order struct {
	Args        []string `json:"args"`
	Dir         string   `json:"dir"` // where relative paths begin
	Interactive bool     `json:"interactive"`
}

// remote runs a subcommand in the serve that owns the directory. done is false when none runs.
func remote(ctx context.Context, c *cli, args []string, t terminal) (done bool, err error) {
	path := filepath.Join(c.Data, controlSocket)
	conn, err := net.DialTimeout("unix", path, 5*time.Second)
	if err != nil {
		return false, nil // nobody listens: the lock will tell if somebody else has the directory
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}}
	dir := t.dir
	if dir == "" {
		if dir, err = os.Getwd(); err != nil {
			return true, err
		}
	}
	head, err := json.Marshal(order{Args: args, Dir: dir, Interactive: t.interactive})
	if err != nil {
		return true, err
	}
	in := t.in
	if !slices.Contains(args, "-") {
		in = strings.NewReader("") // nobody asked for standard input: it may be the list a shell loop reads
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/run", io.MultiReader(bytes.NewReader(append(head, '\n')), in))
	if err != nil {
		return true, err
	}
	r.Close = true
	response, err := client.Do(r)
	if err != nil && ctx.Err() == nil {
		err = errWentAway
	}
	if err != nil {
		return true, err
	}
	defer response.Body.Close()
	frames := json.NewDecoder(response.Body)
	for {
		var f frame
		if err := frames.Decode(&f); err != nil {
			return true, errWentAway
		}
		t.file().Write(f.Out)
		t.err.Write(f.Err)
		if f.Exit != nil {
			if *f.Exit != exitDone {
				return true, exitError(*f.Exit)
			}
			return true, nil
		}
	}
}

// control serves the socket until ctx ends.
func (h *house) control(ctx context.Context) error {
	path := filepath.Join(h.dir.path, controlSocket)
	if len(path) > maxSocketPath {
		return fmt.Errorf("--data: the path %s is too long for a control socket: use one of at most %d characters", h.dir.path, maxSocketPath-len(controlSocket)-1)
	}
	os.Remove(path) // of an earlier run; we hold the directory's lock
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return fmt.Errorf("control socket: %w", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(h.obey), BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

// obey runs one remote command.
func (h *house) obey(w http.ResponseWriter, r *http.Request) {
	http.NewResponseController(w).EnableFullDuplex()
	w.Header().Set("Connection", "close") // one order a connection: input that nobody read is no next one
	in := &lineReader{r: r.Body}
	head, err := in.line()
	var o order
	if err == nil {
		err = json.Unmarshal(head, &o)
	}
	if err != nil {
		http.Error(w, "expected an order", http.StatusBadRequest)
		return
	}
	out := &framer{w: w}
	t := terminal{in: in, out: frameWriter{out, false}, err: frameWriter{out, true}, interactive: o.Interactive, dir: o.Dir}.visible()
	code := h.obeyed(r.Context(), o.Args, t)
	out.write(frame{Exit: &code})
}

func (h *house) obeyed(ctx context.Context, args []string, t terminal) int {
	_, cmd, err := parse(args, t)
	if err != nil {
		fmt.Fprintf(t.err, "muniment: %s\n", err)
		return exitUsage
	}
	c, ok := cmd.(command)
	if !ok {
		fmt.Fprintln(t.err, "muniment: this directory is served already")
		return exitFailed
	}
	// Whoever asks this serve next finds what the command kept, even where it failed half-way.
	err = c.run(ctx, h, t)
	return exitCode(errors.Join(err, h.settled(ctx)), t)
}

type framer struct {
	mu sync.Mutex
	w  http.ResponseWriter
}

func (f *framer) write(x frame) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := json.NewEncoder(f.w).Encode(x); err != nil {
		return err
	}
	return http.NewResponseController(f.w).Flush()
}

type frameWriter struct {
	f   *framer
	err bool
}

func (w frameWriter) Write(b []byte) (int, error) {
	x := frame{Out: b}
	if w.err {
		x = frame{Err: b}
	}
	return len(b), w.f.write(x)
}

// lineReader reads one line byte by byte, and leaves what follows to its readers.
type lineReader struct{ r io.Reader }

func (l *lineReader) Read(b []byte) (int, error) { return l.r.Read(b) }

func (l *lineReader) line() ([]byte, error) {
	var line []byte
	var b [1]byte
	for len(line) < 1<<20 {
		if _, err := io.ReadFull(l.r, b[:]); err != nil {
			return nil, err
		}
		if b[0] == '\n' {
			return line, nil
		}
		line = append(line, b[0])
	}
	return nil, errors.New("the order is too long")
}
