package verify

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain/canon"
	"muniment/ledger/seal"
)

// leaf is what a leaf says. docs/formats.md, section 10.
type leaf struct {
	hash           tlog.Hash
	seq, rev, time int64
	env, pay       seal.Hash
	prev           seal.Hash // zero at revision 0
	stream, tenant seal.Hash
	subjects       []seal.Hash
	epoch          *epoch // of a leaf of that type
}

// epoch is what an epoch's leaf says of the heads.
type epoch struct {
	count, size int64
	root        seal.Hash
	mapping     string
}

// parseLeaf reads a leaf strictly: no member is unknown, missing or in another form than it should have.
func parseLeaf(text []byte) (l leaf, err error) {
	l.hash = tlog.RecordHash(text)
	r := reading{}
	names := ""
	typ, version := "", ""
	r.members(text, func(name string, value []byte) {
		names += name + " "
		switch name {
		case "env":
			l.env = r.hash(value)
		case "epoch":
			l.epoch = r.epoch(value)
		case "pay":
			l.pay = r.hash(value)
		case "prev":
			l.prev = r.hash(value)
		case "rev":
			l.rev = r.number(value)
		case "seq":
			l.seq = r.number(value)
		case "t":
			l.time = r.number(value)
		case "tags":
			r.tags(value, &l)
		case "type":
			typ = string(value)
		case "v":
			version = string(value)
		}
	})
	want := "env "
	if typ == `"epoch"` {
		want += "epoch "
	}
	want += "pay "
	if l.rev > 0 {
		want += "prev "
	}
	want += "rev seq t tags type v "
	if r.bad || names != want || version != "1" || typ != `"event"` && typ != `"epoch"` {
		return l, errors.New("it is no leaf that this build knows")
	}
	return l, nil
}

// reading takes canonical JSON apart and remembers whether anything was not as it should be.
type reading struct{ bad bool }

func (r *reading) check(ok bool) { r.bad = r.bad || !ok }

func (r *reading) members(text []byte, each func(name string, value []byte)) {
	r.check(canon.Members(text, func(name, value []byte) { each(string(name), value) }) == nil)
}

func (r *reading) number(value []byte) int64 {
	n, err := strconv.ParseInt(string(value), 10, 64)
	r.check(err == nil && n >= 0)
	return n
}

func (r *reading) hash(value []byte) (h seal.Hash) {
	r.check(len(value) == 2*len(h)+2 && bytes.Equal(value, bytes.ToLower(value)))
	if !r.bad {
		_, err := hex.Decode(h[:], value[1:len(value)-1])
		r.check(err == nil)
	}
	return h
}

func (r *reading) tags(value []byte, l *leaf) {
	names := ""
	r.members(value, func(name string, value []byte) {
		names += name + " "
		switch name {
		case "stream":
			l.stream = r.hash(value)
		case "tenant":
			l.tenant = r.hash(value)
		case "subjects":
			r.check(canon.Elements(value, func(value []byte) { l.subjects = append(l.subjects, r.hash(value)) }) == nil && len(l.subjects) > 0)
		}
	})
	for i := 1; i < len(l.subjects); i++ {
		r.check(bytes.Compare(l.subjects[i-1][:], l.subjects[i][:]) < 0)
	}
	r.check(names == "stream tenant " || names == "stream subjects tenant ")
}

func (r *reading) epoch(value []byte) *epoch {
	e, names := &epoch{}, ""
	r.members(value, func(name string, value []byte) {
		names += name + " "
		switch name {
		case "count":
			e.count = r.number(value)
		case "map":
			e.mapping = string(value)
		case "root":
			e.root = r.hash(value)
		case "size":
			e.size = r.number(value)
		}
	})
	r.check(names == "count map root size ")
	return e
}

// tagged reports whether the leaf of an event bears a tag of a tenant or subject.
func (l *leaf) tagged(tag seal.Hash) bool {
	return l.epoch == nil && (l.tenant == tag || slices.Contains(l.subjects, tag))
}
