package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"muniment/ledger/vault"
)

// readConfig reads a file of lines NAME = VALUE; # begins a comment. Names are the flags' long names.
func readConfig(r io.Reader) (kong.Resolver, error) {
	values := map[string]string{}
	lines := map[string]int{}
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		text := strings.TrimSpace(in.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return nil, fmt.Errorf("line %d: expected NAME = VALUE, such as listen = 127.0.0.1:8080", n)
		}
		if earlier, twice := lines[name]; twice {
			return nil, fmt.Errorf("line %d: %s stands on line %d already", n, name, earlier)
		}
		if file, ok := r.(*os.File); ok && holdsPassword(value) {
			if info, err := file.Stat(); err != nil {
				return nil, err
			} else if err := vault.Private(file.Name(), info); err != nil {
				return nil, fmt.Errorf("line %d holds a password: %w", n, err)
			}
		}
		values[name], lines[name] = strings.Trim(strings.TrimSpace(value), `"`), n
	}
	if err := in.Err(); err != nil {
		return nil, err
	}
	return &configFile{values, lines}, nil
}

type configFile struct {
	values map[string]string
	lines  map[string]int
}

// Validate refuses names that no flag has, with their line.
func (c *configFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	kong.Visit(app, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			known[f.Name] = true
		}
		return next(nil)
	})
	for name, line := range c.lines {
		if !known[name] {
			return fmt.Errorf("configuration, line %d: there is no setting %q; settings have the long names of flags", line, name)
		}
	}
	return nil
}

// Resolve is kong's hook.
func (c *configFile) Resolve(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	if v, ok := c.values[f.Name]; ok {
		return v, nil
	}
	return nil, nil
}
