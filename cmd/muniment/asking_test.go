package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// question is one GraphQL request.
type question struct {
	url, token, query, purpose, caseRef string
	variables                           map[string]any
}

// put asks it and returns the answer.
func (q question) put() (status int, answer map[string]any, err error) {
	body, err := json.Marshal(map[string]any{"query": q.query, "variables": q.variables})
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequest(http.MethodPost, q.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range map[string]string{"Authorization": "Bearer " + q.token, "Muniment-Purpose": q.purpose, "Muniment-Case": q.caseRef} {
		if strings.TrimPrefix(value, "Bearer ") != "" {
			r.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	in := json.NewDecoder(response.Body)
	in.UseNumber()
	if err := in.Decode(&answer); err != nil {
		return response.StatusCode, nil, fmt.Errorf("status %d and no JSON: %w", response.StatusCode, err)
	}
	return response.StatusCode, answer, nil
}

// cmdAsk: ask TOKEN FILE [purpose=P] [case=C] [NAME=VALUE…] puts a GraphQL question. The answer is
// its standard output, the HTTP status its standard error.
func cmdAsk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ask TOKEN FILE [purpose=P] [case=C] [VARIABLE=VALUE…]")
	}
	st := storyOf(ts)
	q := question{url: ts.Getenv("URL"), token: args[0], query: ts.ReadFile(args[1]), variables: map[string]any{}}
	for _, a := range args[2:] {
		name, value, ok := strings.Cut(a, "=")
		switch {
		case !ok:
			ts.Fatalf("ask: %s is not NAME=VALUE", a)
		case name == "purpose":
			q.purpose = value
		case name == "case":
			q.caseRef = value
		default:
			q.variables[name] = value
		}
	}
	st.last = q
	asked(ts, st)
}

func asked(ts *testscript.TestScript, st *story) {
	status, answer, err := st.last.put()
	ts.Check(err)
	st.answer = answer
	out := json.NewEncoder(ts.Stdout())
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	ts.Check(out.Encode(answer))
	fmt.Fprintf(ts.Stderr(), "HTTP %d\n", status)
}

// cmdSays: says PATH VALUE… demands what the last answer says at a path, in order: no more, no less.
// A path begins in data, or with errors; * stands for every element. Nothing is said where the path
// leads nowhere; null is the word null.
func cmdSays(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: says PATH VALUE…")
	}
	if got := said(storyOf(ts).answer, args[0]); slices.Equal(got, args[1:]) == neg {
		ts.Fatalf("%s says %q, want %q", args[0], got, args[1:])
	}
}

// cmdLists: lists PATH VALUE… is says in any order, for lists whose order says nothing.
func cmdLists(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: lists PATH VALUE…")
	}
	got := said(storyOf(ts).answer, args[0])
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(args[1:])); slices.Equal(got, want) == neg {
		ts.Fatalf("%s lists %q, want %q", args[0], got, want)
	}
}

// cmdComes: comes PATH VALUE… is says, asked again until it holds: for what follows by itself.
func cmdComes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: comes PATH VALUE…")
	}
	st := storyOf(ts)
	ts.Check(awaited(args[0]+" says "+strings.Join(args[1:], " "), func() (bool, error) {
		_, answer, err := st.last.put()
		st.answer = answer
		got := said(answer, args[0])
		return err == nil && slices.Equal(got, args[1:]), fmt.Errorf("it says %q (%v)", got, err)
	}))
}

// cmdKeep: keep NAME PATH keeps what the last answer says at a path, one value, as $NAME.
func cmdKeep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME PATH")
	}
	got := said(storyOf(ts).answer, args[1])
	if len(got) != 1 {
		ts.Fatalf("%s says %d values: %q", args[1], len(got), got)
	}
	ts.Setenv(args[0], got[0])
}

// cmdContent: content PATH FILE demands that the last answer says at a path what stands in a file,
// byte by byte.
func cmdContent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: content PATH FILE")
	}
	got := said(storyOf(ts).answer, args[0])
	if len(got) != 1 || got[0] != ts.ReadFile(args[1]) {
		ts.Fatalf("%s is not what stands in %s", args[0], args[1])
	}
}

// said lists the values at a path.
func said(answer any, path string) (values []string) {
	steps := strings.Split(path, ".")
	if steps[0] != "errors" {
		steps = append([]string{"data"}, steps...)
	}
	var walk func(v any, steps []string)
	walk = func(v any, steps []string) {
		if len(steps) == 0 {
			values = append(values, plain(v))
			return
		}
		switch v := v.(type) {
		case map[string]any:
			if inner, ok := v[steps[0]]; ok {
				walk(inner, steps[1:])
			} else if steps[0] == "*" {
				for _, name := range slices.Sorted(maps.Keys(v)) {
					walk(v[name], steps[1:])
				}
			}
		case []any:
			if n, err := strconv.Atoi(steps[0]); err == nil && n < len(v) {
				walk(v[n], steps[1:])
			} else if steps[0] == "*" {
				for _, e := range v {
					walk(e, steps[1:])
				}
			}
		}
	}
	walk(answer, steps)
	return values
}

// plain is a value as a script writes it.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case []any:
		words := make([]string, len(v))
		for i, e := range v {
			words[i] = plain(e)
		}
		return strings.Join(words, ", ")
	case map[string]any:
		words := []string{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			words = append(words, name+"="+plain(v[name]))
		}
		return strings.Join(words, ", ")
	}
	return fmt.Sprint(v)
}

// everyEdge turns the pages of a list and calls each with every node. The query takes $after.
func everyEdge(q question, list string, each func(node map[string]any)) error {
	for q.variables = map[string]any{}; ; {
		_, answer, err := q.put()
		if err != nil {
			return err
		}
		data, _ := answer["data"].(map[string]any)
		page, ok := data[list].(map[string]any)
		if !ok {
			return fmt.Errorf("no page of %s: %v", list, answer["errors"])
		}
		for _, e := range page["edges"].([]any) {
			each(e.(map[string]any)["node"].(map[string]any))
		}
		info := page["pageInfo"].(map[string]any)
		if info["hasNextPage"] != true {
			return nil
		}
		q.variables["after"] = info["endCursor"]
	}
}
