package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"muniment/graphql/explorer"
)

// browser is a headless Chromium that watches what its pages do.
type browser struct {
	t     *testing.T
	ctx   context.Context
	shots string // where pictures go, for people to look at; "" for none

	mu       sync.Mutex
	asked    []string // addresses that were requested
	offences []string // breaches of the content security policy, and scripts that failed
}

// newBrowser starts Chromium, or skips the test where there is none. MUNIMENT_SHOTS names a directory
// for pictures of the pages.
func newBrowser(t *testing.T) *browser {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED, LOUDLY: there is no chromium here, so the explorer was not tried in a browser (apt-get install chromium)")
	}
	if !explorer.Built() {
		t.Skip("SKIPPED, LOUDLY: the explorer's pages were not built, so they were not tried in a browser (make explorer)")
	}
	b := &browser{t: t, shots: os.Getenv("MUNIMENT_SHOTS")}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc, chromedp.WithListener(b.watch))
	t.Cleanup(end)
	must(t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, audits.Enable, cdp.Empty{})
		return err
	})))
	bounded, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b.ctx = bounded
	return b
}

func (b *browser) watch(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			b.offences = append(b.offences, fmt.Sprintf("policy: %+v", *e.Issue.Details.ContentSecurityPolicyIssueDetails))
		}
	case *log.EventEntryAdded:
		if e.Entry.Source == "security" || strings.Contains(e.Entry.Text, "Content Security Policy") {
			b.offences = append(b.offences, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.offences = append(b.offences, "script: "+e.ExceptionDetails.Text)
	}
}

// do does steps; the test fails with a picture when one can't be done.
func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.picture("failed")
		b.t.Fatalf("%s: %v", what, err)
	}
}

// script runs JavaScript in the page. Values stand in it as %s, and are quoted.
func script[T any](b *browser, text string, values ...any) (T, error) {
	for i, v := range values {
		quoted, err := json.Marshal(v)
		must(b.t, err)
		values[i] = quoted
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(text, values...)))
}

// until waits until JavaScript is true. (Poll of chromedp makes functions of texts, which the pages'
// policy forbids.)
func (b *browser) until(what, text string, values ...any) {
	b.t.Helper()
	err := awaited(what, func() (bool, error) { return script[bool](b, text, slices.Clone(values)...) })
	if err != nil {
		b.picture("failed")
		b.t.Fatal(err)
	}
}

// sees waits until the page has a text.
func (b *browser) sees(text string) {
	b.t.Helper()
	b.until("see "+text, `document.body.innerText.includes(%s)`, text)
}

// read waits until the explorer has read the question: the tab bears the operation's name. Until then
// it would send the name of the one before.
func (b *browser) read(operation string) {
	b.t.Helper()
	b.until("the explorer has read "+operation, `document.querySelector('.graphiql-tab-active').innerText.trim() === %s`, operation)
}

const (
	editor = `document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror`
	answer = `document.querySelector('.result-window .CodeMirror').CodeMirror`
)

// run presses the button and waits for a result with a text, which it returns.
func (b *browser) run(text string) string {
	b.t.Helper()
	_, err := script[bool](b, `(() => { const r = document.querySelector('.result-window .CodeMirror'); if (r) r.CodeMirror.setValue(''); return true })()`)
	must(b.t, err)
	b.do("run", chromedp.Click(chromedp.CSS(".graphiql-execute-button")))
	b.until("a result with "+text, answer+`.getValue().includes(%s)`, text)
	shown, err := script[string](b, answer+`.getValue()`)
	must(b.t, err)
	return shown
}

// choose picks an option of a list by its text, as a person would.
func (b *browser) choose(id, option string) {
	b.t.Helper()
	found, err := script[bool](b, `(() => {
		const list = document.getElementById(%s), found = [...list.options].find(o => o.text === %s);
		if (found) { list.value = found.value; list.dispatchEvent(new Event('change', {bubbles: true})) }
		return !!found;
	})()`, id, option)
	must(b.t, err)
	if !found {
		b.t.Fatalf("the list %s has no %s", id, option)
	}
}

// ready loads a ready query by its title and runs it.
func (b *browser) ready(title, text string) string {
	b.t.Helper()
	b.choose("ready", title)
	b.do("load "+title, chromedp.Click(chromedp.CSS(".field-ready button")))
	b.until("the editor has "+title, editor+`.getValue().startsWith(%s)`, "# Title: "+title)
	operation, err := script[string](b, editor+`.getValue().match(/^query (\w+)/m)[1]`)
	must(b.t, err)
	b.read(operation)
	return b.run(text)
}

// picture keeps a picture of the page at a width, light or dark.
func (b *browser) picture(name string) {
	if b.shots == "" {
		return
	}
	for _, look := range []struct {
		width  int64
		scheme string
	}{{1280, "light"}, {1280, "dark"}, {320, "light"}} {
		picture, err := chromedp.Run(b.ctx, chromedp.Action[[]byte](func(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
			if _, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}}); err != nil {
				return nil, err
			}
			if _, err := chromedp.EmulateViewport(look.width, 900)(ctx, tab); err != nil {
				return nil, err
			}
			return chromedp.FullScreenshot(100)(ctx, tab)
		}))
		if err == nil {
			err = os.WriteFile(filepath.Join(b.shots, fmt.Sprintf("%s-%d-%s.png", name, look.width, look.scheme)), picture, 0o600)
		}
		if err != nil {
			b.t.Logf("no picture %s: %v", name, err)
		}
	}
	b.do("look as before", chromedp.EmulateViewport(1280, 900))
}

// TestExplorer walks a DPO through signing in and asking, in a real browser.
func TestExplorer(t *testing.T) {
	h := newHome(t)
	b := newBrowser(t)
	h.muniment("import", "--as", "events", h.file("facts.ndjson", shopOnboarded()+listened))
	s := h.serve()

	b.do("open the link", chromedp.Navigate(s.link))
	b.sees("This link signs you in")
	b.picture("signin")
	b.do("open it again, as a mail scanner would", chromedp.Navigate(s.link), chromedp.Click(chromedp.CSS("main button")))
	b.sees("Notices that wait")
	b.picture("desk")
	b.do("go on to the explorer", chromedp.Click(chromedp.CSS(`a[href="/explorer"]`)), chromedp.WaitVisible(chromedp.CSS(".graphiql-query-editor .CodeMirror")))

	b.do("type a question",
		chromedp.Click(chromedp.CSS(".graphiql-query-editor .CodeMirror")),
		chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)),
		chromedp.KeyEvent("{ tenants(first: 5) { edges { node { name } } } }"))
	b.read("<untitled>")
	b.run(`"name": "Example Shop GmbH"`)
	b.picture("explorer-result")

	b.do("type another question",
		chromedp.Click(chromedp.CSS(".graphiql-query-editor .CodeMirror")),
		chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)),
		chromedp.KeyEvent("{ accesses(last: 5) { edges { node { action actor { name { value state } } } } } }"))
	if got := b.run(`"LISTENED"`); !strings.Contains(got, `"WITHHELD"`) || strings.Contains(got, "Agent Example") {
		t.Errorf("without purpose and case it shows %s", got)
	}
	b.choose("purpose", "Audit")
	b.do("state a case", chromedp.SendKeys(chromedp.CSS("#case"), "AUD-2025-7"))
	b.sees("Now: recorded under AUD-2025-7.")
	if got := b.run(`"Agent Example"`); !strings.Contains(got, `"CLEAR"`) {
		t.Errorf("with purpose and case it shows %s", got)
	}
	b.picture("explorer-clear")
	b.ready("Who read personal values in this ledger?", "AUD-2025-7")

	for _, q := range explorer.Queries() {
		if strings.Contains(q.Text, "($") {
			continue // it is about somebody, and nobody is named
		}
		if got := b.ready(q.Title, `"data"`); strings.Contains(got, `"errors"`) {
			t.Errorf("the ready query %s answers %s", q.File, got)
		}
	}

	b.do("use the link once more", chromedp.Navigate(s.link), chromedp.Click(chromedp.CSS("main button")))
	b.sees("This link no longer works")
	b.picture("link-used")
	b.do("sign out", chromedp.Navigate(s.url+"/"), chromedp.Click(chromedp.CSS("header button")))
	b.sees("You are signed out")
	b.do("try the explorer", chromedp.Navigate(s.url+"/explorer"))
	b.sees("Sign in first")
	b.picture("signed-out")

	b.mu.Lock()
	defer b.mu.Unlock()
	foreign := slices.DeleteFunc(slices.Clone(b.asked), func(u string) bool {
		return strings.HasPrefix(u, s.url+"/") || strings.HasPrefix(u, "data:") || strings.HasPrefix(u, "blob:"+s.url+"/")
	})
	if len(foreign) > 0 {
		t.Errorf("requests to other origins: %q", foreign)
	}
	if len(b.asked) < 10 {
		t.Errorf("only %d requests were watched", len(b.asked))
	}
	if len(b.offences) > 0 {
		t.Errorf("offences: %q", b.offences)
	}
}

// listened is a person of the shop who listens to a call.
const listened = `{"kind":"user.enrolled","tenant":"` + shop + `","source":"portal","sourceId":"user/u1","occurred":"2024-03-02T08:00:00Z","subjects":[{"login":"u1","system":"portal"}],"data":{"employer":"TENANT","system":"portal","login":"u1","name":"Agent Example","email":"agent@example.org"}}
{"kind":"interaction.recorded","tenant":"` + shop + `","source":"portal","sourceId":"CA1","occurred":"2025-10-01T08:17:00Z","of":{"id":"CA1","at":"2025-10-01T08:17:00Z"},"subjects":[{"phone":"+12025550143"}],"data":{"medium":"CALL","direction":"INBOUND","number":"+12025550143","seconds":180,"recorded":true}}
{"kind":"interaction.listened","tenant":"` + shop + `","source":"portal","sourceId":"listen/1","occurred":"2025-10-01T08:30:00Z","of":{"id":"CA1","at":"2025-10-01T08:17:00Z"},"actor":{"login":"u1","kind":"PERSON","role":"AGENT"},"auth":["PASSWORD","PIN"],"purpose":"QUALITY","subjects":[{"phone":"+12025550143"}],"data":{"seconds":42}}
`
