package bundle_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/erasure"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/verify"
	"muniment/projections"
)

// world is a sealed ledger with two people who called each other, one of whom is erased on request.
type world struct {
	*ledgertest.Ledger
	t          testing.TB
	sealer     *seal.Sealer
	process    *erasure.Process
	maker      *bundle.Maker
	shop       domain.ID
	anna, bert domain.ID
	calls      []ledger.Receipt
	streams    []domain.Stream
}

var testKey = bytes.Repeat([]byte{3}, 32)

func newWorld(t testing.TB) *world {
	w := emptyWorld(t)
	w.shop = w.Tenant("Example Shop")
	for n := range 3 {
		w.call(n, 1)
		w.call(n+3, 2)
		w.call(n+6, 1, 2)
		w.Pass(time.Hour)
	}
	w.anna, w.bert = w.find(1), w.find(2)
	return w
}

func emptyWorld(t testing.TB) *world {
	w := &world{Ledger: ledgertest.Open(t), t: t}
	var err error
	w.sealer, err = seal.Open(t.Context(), seal.Config{Log: w.Log, DB: w.DB("seal.db"), Tiles: seal.Tiles(filepath.Join(w.Dir, "tiles")), Origin: "ledger.example.com/2026",
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { t.Error(what, err) }})
	w.ok(err)
	views, err := projections.Open(t.Context(), w.DB("views.db"), w.Log, []byte("cursors"))
	w.ok(err)
	w.process = &erasure.Process{Ledger: w.Ledger.Ledger, Keys: w.Ledger.Keys, Claims: w.Log.(erasure.Claims), Views: views}
	store, err := epochs.Open(t.Context(), w.DB("heads.db"))
	w.ok(err)
	keeper := &epochs.Keeper{Ledger: w.Ledger.Ledger, Seals: w.sealer, Store: store}
	w.maker = &bundle.Maker{Ledger: w.Ledger.Ledger, Seals: w.sealer, Epochs: keeper, Vault: w.Ledger.Keys, Policy: []byte("# none\n"), Key: testKey, Most: 1 << 20}
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func phone(n int) ledger.Identifier {
	return ledger.Identifier{Type: domain.Phone, Value: fmt.Sprintf("+120255501%02d", n)}
}

// submission is a call with people, an hour before the ledger's own time.
func (w *world) submission(n int, people ...int) *ledger.Submission {
	at := domain.At(domain.TimeOf(w.Clock().Add(-time.Hour)))
	s := &ledger.Submission{Source: "ctm", SourceID: fmt.Sprint("CA", n), Tenant: w.shop, Stream: ledger.StreamRef{ID: fmt.Sprint("CA", n), At: at.At}, Occurred: at,
		Event: domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(phone(people[0]).Value), Seconds: 7},
		Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}}
	for _, p := range people {
		s.Subjects = append(s.Subjects, ledger.SubjectClaim{Identifiers: []ledger.Identifier{phone(p)}, Capacity: domain.Processor})
	}
	return s
}

func (w *world) call(n int, people ...int) {
	w.t.Helper()
	o := w.Take(w.t.Context(), ledger.Own(), []*ledger.Submission{w.submission(n, people...)})[0]
	w.ok(o.Err)
	w.calls = append(w.calls, o.Receipt)
	records, err := w.Log.At(w.t.Context(), []int64{o.Receipt.Position})
	w.ok(err)
	w.streams = append(w.streams, records[0].Stream)
}

func (w *world) find(n int) domain.ID {
	w.t.Helper()
	id, ok, err := w.Ledger.Keys.Find(w.t.Context(), w.shop, phone(n))
	if err != nil || !ok {
		w.t.Fatal(ok, err)
	}
	return id
}

func (w *world) erase(person domain.ID) {
	w.t.Helper()
	_, err := ledger.Do(w.t.Context(), w.Ledger.Ledger, ledger.Command{Name: "test", Stream: domain.Stream{Noun: "subject", ID: person}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: w.shop, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO"}, Subjects: []domain.SubjectRef{{ID: person, Capacity: domain.Processor}}}},
		domain.Subject.Apply, func(s domain.Subject, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return s.Erase(domain.ErasureRequested{Ground: "OBJECTED", Case: "DSR-2026-014"})
		})
	w.ok(err)
	w.ok(w.process.Run(w.t.Context()))
}

// reading is why personal values are opened.
var reading = ledger.Reading{Actor: domain.Actor{Kind: domain.Person, Role: "DPO"}, Source: "test", Purpose: "AUDIT", Case: "AUD-1"}

func (w *world) make(q bundle.Question, r *ledger.Reading) []byte {
	w.t.Helper()
	text, err := w.tryMake(q, r)
	w.ok(err)
	return text
}

func (w *world) tryMake(q bundle.Question, r *ledger.Reading) ([]byte, error) {
	w.t.Helper()
	text, _, err := w.maker.Make(w.t.Context(), q, r)
	return text, err
}

func (w *world) demands() verify.Demands {
	return verify.Demands{Policy: verify.KeyPolicy(w.sealer.VKey()), Now: time.Now(), AcceptUnwitnessed: true}
}

// verdict is what the verifier says of a bundle, and its first lie.
func (w *world) verdict(text []byte) (string, error) {
	var out strings.Builder
	err := verify.Bundle(text, w.demands(), &out)
	return out.String(), err
}

// holds fails unless the bundle holds; it returns the verdict.
func (w *world) holds(text []byte) string {
	w.t.Helper()
	words, err := w.verdict(text)
	if err != nil {
		path := filepath.Join(os.TempDir(), "bundle.zip")
		os.WriteFile(path, text, 0o600)
		w.t.Fatalf("%v\n%s(kept as %s)", err, words, path)
	}
	return words
}

// files are a bundle's files, to be changed.
func (w *world) files(text []byte) map[string][]byte {
	w.t.Helper()
	files, err := bundle.Unpack(text)
	w.ok(err)
	return files
}

// resigned packs changed files as the operator would who lies: hashes, counts and signature fit.
func (w *world) resigned(files map[string][]byte, change func(*bundle.Manifest)) []byte {
	w.t.Helper()
	files = maps.Clone(files)
	m, err := bundle.OpenManifest(files[bundle.ManifestFile])
	w.ok(err)
	delete(files, bundle.ManifestFile)
	m.Files = map[string]bundle.File{}
	for name, text := range files {
		m.Files[name] = bundle.FileOf(text)
	}
	if change != nil {
		change(m)
	}
	signer, _, err := bundle.NewSigner(m.Origin, testKey)
	w.ok(err)
	files[bundle.ManifestFile], err = m.Sign(signer)
	w.ok(err)
	text, err := bundle.Pack(files)
	w.ok(err)
	return text
}
