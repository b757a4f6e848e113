package projections

import (
	"context"
	"fmt"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// BenchmarkCatchUp applies b.N events to empty views: calls in full, and three accesses to each.
//
//	go test -run - -bench CatchUp -benchtime 60000x ./projections
func BenchmarkCatchUp(b *testing.B) {
	h := newHouse(b)
	tenant := h.Tenant("Example Dental")
	people := make([]domain.ID, 1000)
	for i := range people {
		people[i] = domain.NewID()
	}
	var list []*ledger.Submission
	for i := range b.N {
		call, at := fmt.Sprint("CA", i/4), ledgertest.Day(1).At+domain.Time(i)*domain.Time(time.Minute/time.Microsecond)/10
		s := &ledger.Submission{Source: "test", ID: domain.NewEventID(h.Clock()), Tenant: tenant, Stream: ledger.StreamRef{ID: call, At: at - at%40}, Occurred: domain.At(at),
			Actor: ledger.ActorClaim{Actor: domain.Actor{ID: people[i%30], Kind: domain.Person}}, Purpose: "SUPPORT"}
		switch i % 4 {
		case 0:
			s.Subjects = []ledger.SubjectClaim{{ID: people[i/4%len(people)], Capacity: domain.Processor}}
			s.Event = domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear("+12025550143"), Name: domain.Clear("Example Caller"),
				Email: domain.Clear("person@example.com"), City: domain.Clear("Stockholm"), Country: "SE", TrackingNumber: "+46846500400", Status: "ANSWERED", Seconds: 42}
		case 1:
			s.Event = domain.InteractionListened{Seconds: 42}
		default:
			s.Event = domain.InteractionViewed{Fields: []domain.DataField{"NAME", "NUMBER"}}
		}
		if list = append(list, s); len(list) < ledger.MaxTake && i+1 < b.N {
			continue
		}
		for _, o := range h.Take(context.Background(), ledger.Own(), list) {
			if o.Err != nil {
				b.Fatal(o.Err)
			}
		}
		list = list[:0]
	}
	b.ResetTimer()
	if err := h.views.CatchUp(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ev/s")
}
