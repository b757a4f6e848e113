package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"muniment/domain"
)

type versionCmd struct{}

func (versionCmd) alone(_ context.Context, _ *cli, t terminal) error {
	fmt.Fprintf(t.out, "muniment %s, format %s, %s %s/%s\n", version, formatMark(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

type schemaCmd struct {
	Kind string `arg:"" optional:"" name:"KIND" help:"Such as interaction.listened; without it the kinds are listed."`
}

// Help shows examples.
func (*schemaCmd) Help() string {
	return "Examples:\n  muniment schema\n  muniment schema consent.granted"
}

func (c *schemaCmd) alone(_ context.Context, _ *cli, t terminal) error {
	if c.Kind == "" {
		for _, k := range domain.Catalogue {
			fmt.Fprintf(t.out, "%-38s %-9s %s (Art. %s)\n", k.Kind, k.Stated, k.Doc, strings.Join(k.Articles, ", "))
		}
		return nil
	}
	k, ok := domain.Lookup(c.Kind)
	if !ok {
		return usage{fmt.Errorf("there is no kind %q: muniment schema lists them", c.Kind)}
	}
	text, err := json.MarshalIndent(k.JSONSchema(), "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, string(bytes.TrimSpace(text)))
	return nil
}

type rebuildCmd struct{}

// Help explains.
func (*rebuildCmd) Help() string {
	return "The log is never touched. Takes as long as reading all of it; questions are answered from what is rebuilt so far."
}

func (rebuildCmd) run(ctx context.Context, h *house, t terminal) error {
	if err := h.views.Rebuild(ctx); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "rebuilt the views from %d events\n", h.views.Seen())
	return nil
}

// counts prints names with how often each was met, the most frequent first.
func counts(m map[string]int) string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if m[a] != m[b] {
			return m[b] - m[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, m[name])
	}
	return strings.Join(names, ", ")
}
