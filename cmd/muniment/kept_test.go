package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muniment"
	"muniment/domain"
)

// A whole data directory with its keys lies in testdata/kept, as a build of this format left it. What is
// tested here is that this build reads it: later builds that can't have broken the format. README.md
// there says what is in it, and how it is made.
const keptDir = "testdata/kept"

var updateKept = flag.Bool("update-kept", false, "make testdata/kept, once for each format")

// kept is a copy of that directory, and what is known of it.
type kept struct {
	home
	token string // of a DPO
	keptAnswers
}

// keptAnswers is what the ledger answered when it was made.
type keptAnswers struct {
	At      domain.Time                // the day in the world and of knowledge that is asked for
	Size    int64                      // events then
	First   string                     // the first event's id
	Policy  string                     // with the log's key
	Erased  []string                   // numbers of erased people
	Answers map[string]json.RawMessage // by query
}

// TestKept: everything that a ledger is for, of one that was made before.
func TestKept(t *testing.T) {
	if *updateKept {
		makeKept(t)
	}
	k := keptCopy(t)
	k.rightAnswers()
	k.verified()
	k.imported()
	k.muniment("rebuild")
	k.rightAnswers()
	k.bundled()
	k.nowhere()
	backup, again := filepath.Join(k.dir, "backup"), filepath.Join(k.dir, "again")
	k.muniment("backup", "--to", backup)
	k.muniment("restore", "--from", backup, "--data", again, "--keys", k.data+".keys")
	must(t, os.Rename(k.data+".keys", again+".keys"))
	k.data = again
	k.rightAnswers("epochs", "completeness") // of which there are newer ones since
	k.verified()
	k.nowhere()
}

// TestKeptIsComplete: as long as no kind came later, every kind there is lies in the directory, and every
// query is asked of it.
func TestKeptIsComplete(t *testing.T) {
	k := keptCopy(t)
	words, err := os.ReadFile(filepath.Join(k.data, formatFile))
	must(t, err)
	if string(words) != fmt.Sprintf("muniment %s\n", formatMark()) {
		t.Skip("the directory stays as it was made; kinds and queries that came later have directories of their own")
	}
	if missing := k.missing(); len(missing) > 0 {
		t.Errorf("no event of the kinds %s: see %s/README.md", strings.Join(missing, ", "), keptDir)
	}
	_, queries, _ := strings.Cut(muniment.Schema, "\ntype Query {")
	queries, _, _ = strings.Cut(queries, "\n}")
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z][A-Za-z]*)[(:]`).FindAllStringSubmatch(queries, -1) {
		if _, ok := k.Answers[m[1]]; !ok {
			t.Errorf("the query %s is not asked: add it to keptQueries and make the directory anew", m[1])
		}
	}
}

// missing are kinds that the trail doesn't tell of.
func (k *kept) missing() (kinds []string) {
	var told []string
	s := k.serve()
	for after := any(nil); ; {
		q := question{url: s.url, token: k.token, query: `query($after: String) { events(first: 100, after: $after) { edges { node { kind } } pageInfo { hasNextPage endCursor } } }`,
			variables: map[string]any{"after": after}}
		answer := q.answered(k.t)
		told = append(told, said(answer, "events.edges.*.node.kind")...)
		if said(answer, "events.pageInfo.hasNextPage")[0] != "true" {
			break
		}
		after = said(answer, "events.pageInfo.endCursor")[0]
	}
	must(k.t, s.stop())
	for _, kind := range domain.Catalogue {
		if !slices.Contains(told, strings.ToUpper(strings.ReplaceAll(kind.Kind, ".", "_"))) {
			kinds = append(kinds, kind.Kind)
		}
	}
	return kinds
}

// keptCopy unpacks the directory.
func keptCopy(t *testing.T) *kept {
	t.Helper()
	k := &kept{home: homeOf(t)}
	text, err := os.ReadFile(filepath.Join(keptDir, "answers.json"))
	must(t, err)
	must(t, json.Unmarshal(text, &k.keptAnswers))
	f, err := os.Open(filepath.Join(keptDir, "ledger.tar.gz"))
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		path := filepath.Join(k.dir, filepath.FromSlash(h.Name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		content, err := io.ReadAll(in)
		must(t, err)
		must(t, os.WriteFile(path, content, 0o600))
	}
	words, err := os.ReadFile(filepath.Join(k.data, formatFile))
	must(t, err)
	must(t, fits(keptDir, strings.Fields(string(words))))
	k.token = k.muniment("token", "create", "--role", "dpo", "--login", "reader")
	return k
}

// keptQueries are what is asked, by name of the query.
var keptQueries = map[string]string{
	"viewer":            `{ viewer { role tenants } }`,
	"node":              `{ node(id: "tenant-c0ffee00000000000000000000000001", AT) { id ... on Tenant { name closed } } }`,
	"tenants":           listOf(`id name role country closed legalBases { __typename } contacts { __typename } policy { window } agreement { model }`),
	"subjects":          listOf(`id identifiers { id type value { value state } } erasures { ground keys final suppressed } holds { id }`),
	"contactCheck":      `{ contactCheck(tenant: "c0ffee00000000000000000000000001", phone: "+12025550151") { blocked ground } }`,
	"consents":          listOf(`id purpose status channel act giver evidence { state }`),
	"interactions":      listOf(`id occurredAt medium direction number { value state } name { value state } seconds redacted subjects { id }`),
	"accesses":          listOf(`id action occurredAt purpose auth fields seconds`),
	"redactions":        listOf(`id trigger occurredAt fields survivors acknowledged`),
	"exports":           listOf(`id status channel categories requestedAt digest`),
	"users":             listOf(`id`),
	"findings":          listOf(`id finding status place raisedAt outcome`),
	"subprocessors":     listOf(`id legalName status locations purposes country mechanism changes { __typename }`),
	"notices":           listOf(`id effective status proof objection`),
	"policies":          listOf(`id window acknowledged lastRun`),
	"agreements":        listOf(`id active model list noticeDays objectionDays`),
	"reports":           listOf(`id digest asOf`),
	"retentionSchedule": `{ retentionSchedule(AT) { rules { family class ends period case } lastDisposal { completedAt keys final cuts { family class occurredBefore } } } }`,
	"strikes":           listOf(`id event status reason final`),
	"events":            listOf(`id kind position occurredAt recordedAt stream tenant source articles`),
	"checkpoint":        `{ checkpoint { origin vkey } }`,
	"proof":             `query($event: ID!) { proof(event: $event) { leaf } }`,
	"consistency":       `query($size: Position!) { consistency(from: 1, to: $size) }`,
	"epochs":            `{ epochs(newest: 100) { size heads root recordedAt } }`,
	"completeness":      `{ completeness(tenant: "c0ffee0000000000000000000000000a") { count } }`,
}

// listOf is the query of a list, as of the day that the directory was made.
func listOf(fields string) string {
	return `{ QUERY(AT, first: 100) { totalCount edges { node { ` + fields + ` } } } }`
}

// ask puts every query.
func (k *kept) ask(s *serving) map[string]json.RawMessage {
	k.t.Helper()
	answers := map[string]json.RawMessage{}
	for name, query := range keptQueries {
		at := fmt.Sprintf(`asOf: %q, knownAt: %q`, k.At, k.At)
		q := question{url: s.url, token: k.token, purpose: "AUDIT", caseRef: "KEPT-1", variables: map[string]any{},
			query: strings.NewReplacer("QUERY", name, "AT", at).Replace(query)}
		if name == "proof" {
			q.variables["event"] = k.First
		}
		if name == "consistency" {
			q.variables["size"] = k.Size
		}
		text, err := json.MarshalIndent(q.answered(k.t)["data"], "", " ")
		must(k.t, err)
		answers[name] = text
	}
	return answers
}

// rightAnswers asks again what was asked when the directory was made, but for some.
func (k *kept) rightAnswers(except ...string) {
	k.t.Helper()
	s := k.serve()
	for name, got := range k.ask(s) {
		if slices.Contains(except, name) {
			continue
		}
		var want bytes.Buffer
		must(k.t, json.Indent(&want, k.Answers[name], "", " "))
		if want.String() != string(got) {
			k.t.Errorf("%s of %s answers otherwise than it did:\n%s\nthen:\n%s", name, filepath.Base(k.data), got, &want)
		}
	}
	must(k.t, s.stop())
}

// verified checks all evidence by the policy that was pinned when the directory was made.
func (k *kept) verified() {
	k.t.Helper()
	told := k.muniment("verify", "--policy", k.file("policy.txt", k.Policy), "--accept-unwitnessed", "--min-size", fmt.Sprint(k.Size), k.data)
	for _, line := range []string{"intact     ok", "complete   ok", "fresh      ok"} {
		if !strings.Contains(told, line) {
			k.t.Errorf("verify doesn't say %q:\n%s", line, told)
		}
	}
}

// imports are the files that were taken in, and how.
var imports = [][]string{
	{"events.ndjson", "--as", "events"},
	{"people.ndjson", "--as", "events"},
	{"each.ndjson", "--as", "events"},
	{"ctm.json", "--as", "ctm", "--tenant", shop, "--region", "SE"},
	{"cloudevents.ndjson", "--as", "cloudevents", "--tenant", shop},
	{"cloudtrail.ndjson", "--as", "cloudtrail", "--recordings", "example-recordings", "--recording-keys", "calls/{tenant}/*/{id}.mp3"},
	{"register.md", "--as", "register"},
}

// take imports a file and returns the last line, which counts.
func (k *kept) take(file string, flags ...string) string {
	k.t.Helper()
	path, err := filepath.Abs(filepath.Join(keptDir, "inputs", file))
	must(k.t, err)
	lines := strings.Split(k.muniment(append(append([]string{"import"}, flags...), path)...), "\n")
	return lines[len(lines)-1]
}

var onlyDuplicates = regexp.MustCompile(`^kept 0, duplicate [1-9][0-9]*, refused 0$`)

// imported takes the same files in again: all of it was kept before, erased or not.
func (k *kept) imported() {
	k.t.Helper()
	for _, in := range imports {
		if told := k.take(in[0], in[1:]...); !onlyDuplicates.MatchString(told) {
			k.t.Errorf("%s again: %s", in[0], told)
		}
	}
}

// bundled makes bundles of an account and a person and checks them.
func (k *kept) bundled() {
	k.t.Helper()
	var told struct {
		Subjects struct {
			Edges []struct{ Node struct{ ID string } }
		}
	}
	must(k.t, json.Unmarshal(k.Answers["subjects"], &told))
	for name, flags := range map[string][]string{"shop.zip": {"--tenant", shop}, "each.zip": {"--tenant", "c0ffee0000000000000000000000000a"}, "person.zip": {"--subject", told.Subjects.Edges[0].Node.ID}} {
		path := filepath.Join(k.dir, name)
		k.muniment(append([]string{"bundle", "-o", path}, flags...)...)
		k.muniment("verify", "--policy", k.file("policy.txt", k.Policy), "--accept-unwitnessed", path)
	}
}

// nowhere looks for what was erased in every file.
func (k *kept) nowhere() {
	k.t.Helper()
	for _, dir := range []string{k.data, k.data + ".keys"} {
		must(k.t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			for _, number := range k.Erased {
				if bytes.Contains(text, []byte(strings.TrimPrefix(number, "+"))) {
					k.t.Errorf("the number of an erased person stands in %s", d.Name())
				}
			}
			return err
		}))
	}
}
