package report

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

func TestTheMakingIsKeptAndCanBeRepeated(t *testing.T) {
	w := called(t)
	by := domain.Envelope{Actor: domain.Actor{ID: maria, Kind: domain.Person, Role: "DPO"}, Source: "muniment", Auth: []domain.Auth{"PASSWORD"}}
	file, receipt, err := Issue(t.Context(), w.source(), Request{Kind: Accesses, Subject: ana, Format: HTML}, by)
	if err != nil {
		t.Fatal(err)
	}
	records, err := w.ledger.Log.At(t.Context(), []int64{receipt.Position})
	if err != nil {
		t.Fatal(err)
	}
	k, err := ledger.Decode(records[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file.Bytes)
	e := k.Event.(domain.ReportGenerated)
	if e.Digest != hex.EncodeToString(sum[:]) || e.Digest != file.Digest || e.Report != "ACCESSES" || e.Format != "HTML" || e.Seq != receipt.Position-1 {
		t.Errorf("got %+v", e)
	}
	if k.Stream != (domain.Stream{Noun: "audit", ID: dental}) || k.Actor.ID != maria || len(k.Subjects) != 1 || k.Subjects[0].ID != ana {
		t.Errorf("got %+v", k.Envelope)
	}
	again := w.file(Request{Kind: Accesses, Subject: ana, AsOf: e.AsOf, Size: e.Seq + 1}, HTML)
	if again.Digest != e.Digest {
		t.Error("made again from the event, the bytes differ")
	}

	if err := w.views.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Issue(t.Context(), w.source(), Request{Kind: Subprocessors, Format: CSV}, by); err != nil {
		t.Fatal(err)
	}
	if err := w.views.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := domain.Viewpoint{AsOf: anyDay, Known: receipt.Position + 1}
	made, err := w.views.In(projections.Scope{All: true}).Reports(t.Context(), domain.ID{}, v, projections.Page{})
	if err != nil || len(made.Edges) != 2 || made.Edges[1].Node.Tenant != domain.Operator || made.Edges[1].Node.Report != "SUBPROCESSORS" {
		t.Errorf("got %+v, %v", made.Edges, err)
	}
}
