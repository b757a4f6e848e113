package ledger_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// rows is a log that anybody may write to, and its authentication.
type rows struct {
	t     *testing.T
	raw   ledger.Log
	id    domain.ID
	first ledger.RowKey
}

func newRows(t *testing.T) *rows {
	l := ledgertest.Open(t)
	return &rows{t, l.Raw, l.ID, ledger.RowKey{Number: 1, Key: [32]byte{1}}}
}

func (r *rows) by(keys ...ledger.RowKey) ledger.Log {
	r.t.Helper()
	log, err := ledger.Authenticate(r.raw, r.id, keys...)
	if err != nil {
		r.t.Fatal(err)
	}
	return log
}

// append keeps one event and returns how the raw log has it.
func (r *rows) append(to ledger.Log, s domain.Stream, expected int64, e ledger.Entry) ledger.Record {
	r.t.Helper()
	result := to.Append(r.t.Context(), ledger.Batch{Stream: s, Expected: expected, Entries: []ledger.Entry{e}})[0]
	if result.Err != nil {
		r.t.Fatal(result.Err)
	}
	records, err := r.raw.At(r.t.Context(), []int64{result.Placed[0].Seq})
	if err != nil {
		r.t.Fatal(err)
	}
	return records[0]
}

func rowEntry(content string) ledger.Entry {
	id := domain.NewID()
	return ledger.Entry{ID: id, Recorded: 1, Envelope: []byte(`{"id":"` + id.String() + `"}`), Payload: []byte(content), Claim: make([]byte, 32)}
}

// TestForgedRows: a record is shown only when the code beside it is right for its bytes, its stream and,
// where it was decided upon, its revision.
func TestForgedRows(t *testing.T) {
	r := newRows(t)
	log := r.by(r.first)
	s := domain.Stream{Noun: "thing", ID: domain.NewID()}
	decided := r.append(log, s, ledger.NoStream, rowEntry(`{"n":0}`))
	fact := r.append(log, s, ledger.Any, rowEntry(`{"n":1}`))
	for _, c := range []struct {
		name   string
		of     ledger.Record
		change func(*ledger.Record)
		forged bool
	}{
		{"as it was", decided, func(*ledger.Record) {}, false},
		{"a fact as it was", fact, func(*ledger.Record) {}, false},
		{"a fact at another revision", fact, func(r *ledger.Record) { r.Revision++ }, true},
		{"a decision at another revision", decided, func(r *ledger.Record) { r.Revision++ }, true},
		{"another payload", decided, func(r *ledger.Record) { r.Payload = []byte(`{"n":2}`) }, true},
		{"another envelope", fact, func(r *ledger.Record) { r.Envelope = append([]byte(nil), fact.Envelope[1:]...) }, true},
		{"bytes moved from one to the other", fact, func(r *ledger.Record) {
			r.Envelope, r.Payload = append(append([]byte(nil), fact.Envelope...), fact.Payload[0]), fact.Payload[1:]
		}, true},
		{"another stream", fact, func(r *ledger.Record) { r.Stream.ID[0]++ }, true},
		{"another noun", fact, func(r *ledger.Record) { r.Stream.Noun = "erasure" }, true},
		{"no code", fact, func(r *ledger.Record) { r.MAC = nil }, true},
		{"a short code", fact, func(r *ledger.Record) { r.MAC = r.MAC[:36] }, true},
		{"another's code", fact, func(r *ledger.Record) { r.MAC = decided.MAC }, true},
		{"a key that isn't there", fact, func(r *ledger.Record) { r.MAC = append([]byte{9}, fact.MAC[1:]...) }, true},
		{"a revision left out", decided, func(r *ledger.Record) {
			r.MAC = append(append(append([]byte(nil), decided.MAC[:4]...), 0), decided.MAC[5:]...)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := c.of
			c.change(&changed)
			of := r.by(r.first).(interface {
				Genuine(ledger.Record) bool
			})
			if got := !of.Genuine(changed); got != c.forged {
				t.Errorf("forged %t, want %t", got, c.forged)
			}
		})
	}
	forged := rowEntry(`{"n":3}`)
	forged.MAC = func(int64) []byte { return fact.MAC }
	r.append(r.raw, s, ledger.Any, forged)
	without := rowEntry(`{"n":4}`)
	without.MAC = func(int64) []byte { return []byte{} }
	r.append(r.raw, s, ledger.Any, without)
	for name, read := range map[string]func() ([]ledger.Record, error){
		"read":   func() ([]ledger.Record, error) { return log.Read(t.Context(), 0, 10) },
		"stream": func() ([]ledger.Record, error) { return log.Stream(t.Context(), s, 0, 10) },
		"at":     func() ([]ledger.Record, error) { return log.At(t.Context(), []int64{0, 1, 2, 3}) },
	} {
		records, err := read()
		if err != nil || len(records) != 4 || records[0].Forged || records[1].Forged {
			t.Fatalf("%s: %+v, %v", name, records, err)
		}
		for i, forged := range records[2:] {
			if !forged.Forged || forged.Payload != nil || forged.Envelope != nil {
				t.Errorf("%s: %+v", name, forged)
			}
			k, err := ledger.Decode(forged)
			if _, void := k.Event.(domain.Void); err != nil || !void || k.Seq != int64(2+i) {
				t.Errorf("%s: decoded as %+v, %v", name, k, err)
			}
		}
	}
}

// TestRowKeysEnd: a key that another has taken over from vouches for what was kept before, and for nothing
// after, however it got into somebody's hands.
func TestRowKeysEnd(t *testing.T) {
	r := newRows(t)
	s := domain.Stream{Noun: "thing", ID: domain.NewID()}
	r.append(r.by(r.first), s, ledger.Any, rowEntry(`{}`))
	second := ledger.RowKey{Number: 2, Key: [32]byte{2}}
	ended := r.first
	ended.Until = 1
	log := r.by(ended, second)
	r.append(log, s, ledger.Any, rowEntry(`{}`))
	r.append(r.by(r.first), s, ledger.Any, rowEntry(`{}`)) // by whoever has the old key
	records, err := log.Read(t.Context(), 0, 10)
	if err != nil || len(records) != 3 || records[0].Forged || records[1].Forged || !records[2].Forged {
		t.Errorf("%+v, %v", records, err)
	}
	if _, err := ledger.Authenticate(r.raw, r.id, ended); err == nil {
		t.Error("a log is written with a key that has ended")
	}
	if _, err := ledger.Authenticate(r.raw, r.id); err == nil {
		t.Error("a log is written without a key")
	}
}

// TestStruckRow: what takes a payload's place is authentic, and a forged record isn't struck into one that is.
func TestStruckRow(t *testing.T) {
	r := newRows(t)
	log := r.by(r.first)
	s := domain.Stream{Noun: "thing", ID: domain.NewID()}
	for _, expected := range []int64{ledger.NoStream, ledger.Any} {
		e := rowEntry(`{}`)
		r.append(log, s, expected, e)
		if _, err := log.(ledger.Striker).Strike(t.Context(), ledger.Removal{At: ledger.Key{Stream: s, ID: e.ID}, Stub: ledger.Stub([32]byte{7})}); err != nil {
			t.Fatal(err)
		}
	}
	forged := rowEntry(`{}`)
	forged.MAC = func(int64) []byte { return make([]byte, 37) }
	r.append(r.raw, s, ledger.Any, forged)
	if _, err := log.(ledger.Striker).Strike(t.Context(), ledger.Removal{At: ledger.Key{Stream: s, ID: forged.ID}, Stub: ledger.Stub([32]byte{7})}); err == nil {
		t.Error("a forged record was struck")
	}
	records, err := log.Read(t.Context(), 0, 10)
	if err != nil || len(records) != 3 || records[0].Forged || records[1].Forged || !records[2].Forged {
		t.Errorf("%+v, %v", records, err)
	}
}
