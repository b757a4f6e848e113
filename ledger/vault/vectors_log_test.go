package vault

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
)

// fixedLog is a log of five calls, an hour apart, and an epoch over them: everything of it is fixed.
type fixedLog struct {
	t       *testing.T
	id      domain.ID
	tenant  domain.ID
	subject domain.ID
	dir     string
	log     *sqlstore.Log
	seals   *seal.Sealer
	leaves  []heads.Leaf
	texts   [][]byte
	epoch   heads.Epoch
	trie    heads.Trie
	head    heads.Head // the tenant's
}

const vectorOrigin = "ledger.example.com/2026"

var begun = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)

// recordedAt is when the events of the log were recorded, by our clock: once it went back.
var recordedAt = []time.Duration{0, time.Hour, 59 * time.Minute, 3 * time.Hour, 4 * time.Hour, 5 * time.Hour}

func newFixedLog(t *testing.T, id, tenant, subject domain.ID) *fixedLog {
	ctx := t.Context()
	l := &fixedLog{t: t, id: id, tenant: tenant, subject: subject, dir: t.TempDir()}
	l.log = must(sqlstore.Open(ctx, dbtest.Open(t, filepath.Join(l.dir, "log.db"), sqldb.Options{})))
	t.Cleanup(func() { l.log.Close() })
	db := dbtest.Open(t, filepath.Join(l.dir, "seal.db"), sqldb.Options{})
	t.Cleanup(func() { db.Close() })
	l.seals = must(seal.Open(ctx, seal.Config{Log: l.log, DB: db, Tiles: seal.Tiles(filepath.Join(l.dir, "tiles")), Origin: vectorOrigin, Ledger: id,
		Keys: func(bool) ([][]byte, error) { return [][]byte{fill(0x91)}, nil }, Warn: func(what string, err error) { t.Error(what, err) }}))
	return l
}

// keep appends an event with fixed salts.
func (l *fixedLog) keep(n int, s domain.Stream, e domain.Event, tenant domain.ID, subjects ...domain.ID) {
	recorded := domain.TimeOf(begun.Add(recordedAt[n]))
	f := domain.Fact{Event: e}
	f.Envelope = domain.Envelope{Actor: domain.Actor{Kind: domain.System}, ID: domain.ID{0x70, byte(n)}, Kind: e.Kind(), Occurred: domain.At(recorded), Recorded: recorded,
		Source: "muniment", Stream: s, Tenant: tenant, Version: 1}
	for _, id := range subjects {
		f.Subjects = append(f.Subjects, domain.SubjectRef{ID: id, Capacity: domain.Processor})
	}
	copy(f.Salt[:], fill(byte(0x20+n)))
	plain, _ := domain.Split(e)
	entry := ledger.Entry{ID: f.ID, Recorded: recorded, Envelope: f.Envelope.Append(nil), Payload: ledger.AppendPayload(nil, plain, nil, [32]byte(fill(byte(0x30+n)))), Claim: fill(0), MAC: func(int64) []byte { return fill(0) }}
	must(0, l.log.Append(l.t.Context(), ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{entry}})[0].Err)
}

// fill keeps all of it, seals it, and makes its heads by hand.
func (l *fixedLog) fill() {
	ctx := l.t.Context()
	calls := domain.Stream{Noun: "interaction", ID: domain.ID{0x60}}
	for n := range 5 {
		l.keep(n, calls, domain.InteractionListened{Seconds: int64(n)}, l.tenant, l.subject)
	}
	must(0, l.seals.Seal(ctx))
	l.leaves = must(l.seals.Places(ctx, 0, 5))
	l.texts = must(l.seals.Leaves(ctx, []int64{0, 1, 2, 3, 4}))
	var stack heads.Stack
	for _, leaf := range l.leaves {
		stack.Add(leaf.Hash)
	}
	l.head = heads.Head{Count: 5, Root: stack.Root()}
	for _, tag := range []tlog.Hash{l.leaves[0].Tenant, l.leaves[0].Subjects[0]} {
		l.trie.Set(heads.EntryOf(tag, l.head.Inner()))
	}
	l.epoch = heads.Epoch{Size: 5, Count: 2, Root: l.trie.Root()}
	l.keep(5, domain.Stream{Noun: "epoch", ID: l.id}, domain.EpochSealed{Size: 5, Count: 2, Root: hex.EncodeToString(l.epoch.Root[:]), Map: domain.HeadsMap1}, domain.Operator)
	must(0, l.seals.Seal(ctx))
}

// logVectors is the log as it is published, and what is proven by it: sections 9, 11 and 12, and a bundle.
func logVectors(t *testing.T, id, tenant, subject domain.ID) map[string]any {
	l := newFixedLog(t, id, tenant, subject)
	empty := string(l.seals.Checkpoint().Text)
	l.fill()
	return map[string]any{"order": l.order(), "log": l.published(empty), "completeness": l.complete(), "replayed": l.replayed(), "bundle": l.bundled()}
}

// order is what the log makes of a clock that goes back.
func (l *fixedLog) order() map[string]any {
	ctx := l.t.Context()
	var recorded, logTimes []string
	for i, r := range must(l.log.Read(ctx, 0, 10)) {
		recorded = append(recorded, domain.TimeOf(begun.Add(recordedAt[i])).String())
		logTimes = append(logTimes, r.LogTime.String())
	}
	var known []any
	for _, d := range []time.Duration{-time.Second, 0, 59 * time.Minute, time.Hour, 2 * time.Hour, 9 * time.Hour} {
		at := domain.TimeOf(begun.Add(d))
		known = append(known, map[string]any{"at": at.String(), "seq": must(l.log.Known(ctx, at))})
	}
	return map[string]any{"recorded": recorded, "logTimes": logTimes, "known": known}
}

// published is what everybody can read, with the proof of one event.
func (l *fixedLog) published(empty string) map[string]any {
	ctx := l.t.Context()
	tiles := map[string]string{}
	dir := filepath.Join(l.dir, "tiles")
	must(0, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "checkpoint" {
			tiles[must(filepath.Rel(dir, path))] = base64.StdEncoding.EncodeToString(must(os.ReadFile(path)))
		}
		return err
	}))
	entries := must(l.seals.Bundle(ctx, 0, 6))
	proof := must(l.seals.Proof(ctx, 3))
	var consistency []string
	for _, h := range must(l.seals.Consistency(ctx, 3, 6)) {
		consistency = append(consistency, h.String())
	}
	root3 := must(l.seals.RootAt(ctx, 3))
	two := must(seal.NewSigner(vectorOrigin, fill(0x91), fill(0x92)))
	return map[string]any{"key": hex.EncodeToString(fill(0x91)), "nextKey": hex.EncodeToString(fill(0x92)), "origin": vectorOrigin, "ledger": l.id.String(), "defaultOrigin": seal.DefaultOrigin(l.id),
		"vkey": l.seals.VKey(), "vkeys": two.VKeys(), "empty": empty, "checkpoint": string(l.seals.Checkpoint().Text), "tiles": tiles, "entries": base64.StdEncoding.EncodeToString(entries),
		"leaf": string(proof.Leaf), "proof": string(proof.Text), "from": 3, "fromRoot": root3.String(), "consistency": consistency}
}

// complete is the proof of the tenant's head with a period in its middle, and that a third has none.
func (l *fixedLog) complete() map[string]any {
	epoch := must(l.seals.Proof(l.t.Context(), 5))
	tag := l.leaves[0].Tenant
	path, _ := l.trie.Path(tag)
	begin := int64(l.leaves[2].Time)
	member := heads.Proof{Leaf: epoch.Leaf, Log: epoch.Text, Head: heads.HeadProof{Tag: tag, Head: &l.head, Path: path},
		Period: &heads.Period{Start: begin + 1, End: begin + 7200, From: 2, To: 4, Leaves: l.texts[2:4], Right: []tlog.Hash{l.leaves[4].Hash}}}
	var left heads.Stack
	left.Add(l.leaves[0].Hash)
	left.Add(l.leaves[1].Hash)
	member.Period.Left = left.Roots
	nobody := tlog.Hash(seal.Tag("subject", l.tenant, domain.ID{0x99}))
	path, reached := l.trie.Path(nobody)
	absent := heads.Proof{Leaf: epoch.Leaf, Log: epoch.Text, Head: heads.HeadProof{Tag: nobody, Other: &heads.Other{Tag: reached.Tag, Inner: l.head.Inner()}, Path: path}}
	for _, p := range []heads.Proof{member, absent} {
		if _, _, err := p.Check(must(torchwood.ParsePolicy([]byte("log " + l.seals.VKey() + "\nquorum none\n")))); err != nil {
			l.t.Error(err)
		}
	}
	return map[string]any{"vkey": l.seals.VKey(), "tenant": l.tenant.String(), "member": string(member.Text()), "absent": string(absent.Text())}
}

// replayed is what a replayer signs, with the events and without.
func (l *fixedLog) replayed() map[string]any {
	c := l.seals.Checkpoint()
	signer, vkey, err := bundle.NewSigner("auditor.example.org", fill(0x93)) // a signed-note key of any name
	must(0, err)
	sign := func(r heads.Replayed) string { return string(must(note.Sign(&note.Note{Text: r.String()}, signer))) }
	last := &heads.Sealed{Epoch: l.epoch, Seq: 5}
	return map[string]any{"vkey": vkey, "origin": vectorOrigin, "size": c.Size, "root": c.Root.String(), "covers": l.epoch.Size, "epoch": hex.EncodeToString(l.epoch.Root[:]),
		"bodies": sign(heads.NewReplayed(vectorOrigin, tlog.Tree{N: c.Size, Hash: c.Root}, last, nil, true)),
		"leaves": sign(heads.NewReplayed(vectorOrigin, tlog.Tree{N: c.Size, Hash: c.Root}, last, nil, false)),
		"none":   sign(heads.NewReplayed(vectorOrigin, tlog.Tree{N: c.Size, Hash: c.Root}, nil, []int64{5}, false))}
}

// bundled is a whole bundle of the ledger: docs/bundle.md.
func (l *fixedLog) bundled() map[string]any {
	maker := bundle.Maker{Ledger: &ledger.Ledger{ID: l.id, Log: l.log, Now: func() time.Time { return begun.Add(6 * time.Hour) }}, Seals: l.seals, Policy: []byte("# none\n"), Key: fill(0x94), Most: 10}
	text, _, err := maker.Make(context.Background(), bundle.Question{Of: bundle.OfStream, Tenant: l.tenant, Stream: domain.Stream{Noun: "interaction", ID: domain.ID{0x60}}}, nil)
	must(0, err)
	return map[string]any{"vkey": l.seals.VKey(), "zip": base64.StdEncoding.EncodeToString(text)}
}
