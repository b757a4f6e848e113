package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// TestClockJumps: nothing is kept while the wall clock is far ahead of the time that has passed.
func TestClockJumps(t *testing.T) {
	for _, c := range []struct {
		wall, passed time.Duration
		jumped       bool
	}{
		{time.Hour, time.Hour, false}, {5 * time.Minute, 0, false}, {5*time.Minute + 1, 0, true}, {-time.Hour, time.Minute, false}, {24 * 365 * 25 * time.Hour, time.Second, true},
	} {
		if err := jumped(c.wall, c.passed); (err != nil) != c.jumped {
			t.Errorf("%s on the wall, %s passed: %v", c.wall, c.passed, err)
		}
	}
	h := homeOf(t)
	house, err := openHouse(t.Context(), houseConfig{Data: h.data, Keys: h.data + ".keys", Create: true, Log: newLogger(io.Discard, true, true), Now: time.Now})
	must(t, err)
	defer house.Close()
	tenant := &ledger.Submission{Source: "test", SourceID: "account", Tenant: domain.NewID(), Occurred: domain.At(domain.TimeOf(time.Now())),
		Event: domain.TenantOnboarded{Name: "Example Dental", Role: "CONTROLLER", Country: "SE"}, Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}}
	house.ledger.Steady = func() error { return jumped(time.Hour, 0) }
	if o := house.ledger.Take(t.Context(), ledger.Own(), []*ledger.Submission{tenant})[0]; o.Err == nil || !strings.Contains(o.Err.Error(), "clock jumped ahead by 1h0m0s") {
		t.Errorf("kept: %v", o.Err)
	}
	house.ledger.Steady = steady(time.Now)
	if o := house.ledger.Take(t.Context(), ledger.Own(), []*ledger.Submission{tenant})[0]; o.Err != nil {
		t.Error(o.Err)
	}
}

// TestClockBehind: a ledger that was written by a clock in 2050 isn't opened as if nothing were wrong.
func TestClockBehind(t *testing.T) {
	h := homeOf(t)
	open := func(now time.Time) error {
		house, err := openHouse(t.Context(), houseConfig{Data: h.data, Keys: h.data + ".keys", Create: true, Log: newLogger(io.Discard, true, true), Now: func() time.Time { return now }})
		if err != nil {
			return err
		}
		return house.Close()
	}
	then := time.Date(2050, 1, 1, 12, 0, 0, 0, time.UTC)
	house, err := openHouse(t.Context(), houseConfig{Data: h.data, Keys: h.data + ".keys", Create: true, Log: newLogger(io.Discard, true, true), Now: func() time.Time { return then }})
	must(t, err)
	o := house.ledger.Take(t.Context(), ledger.Own(), []*ledger.Submission{{Source: "test", SourceID: "account", Tenant: domain.NewID(), Occurred: domain.At(domain.TimeOf(then)),
		Event: domain.TenantOnboarded{Name: "Example Dental", Role: "CONTROLLER", Country: "SE"}, Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}}})[0]
	must(t, o.Err)
	must(t, house.Close())
	must(t, open(then.Add(-23*time.Hour)))
	if err := open(then.Add(-25 * time.Hour)); err == nil || !strings.Contains(err.Error(), "the machine's clock says") {
		t.Errorf("opened: %v", err)
	}
}
