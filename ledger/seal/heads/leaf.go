package heads

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/domain/canon"
)

// Leaf is what a leaf says of itself: docs/formats.md, section 10.
type Leaf struct {
	Seq, Rev int64
	Time     int64 // log time, in seconds since 1970
	Hash     tlog.Hash
	Env, Pay tlog.Hash  // commitments to the event's fields
	Prev     *tlog.Hash // nil at revision 0
	Stream   tlog.Hash
	Tenant   tlog.Hash
	Subjects []tlog.Hash
	Epoch    *Epoch // of an epoch's leaf
	Withdraw *Withdrawal
}

// Withdrawal is that an epoch counts no more: Size is what the epoch at Position covers.
type Withdrawal struct {
	Position, Size int64
	Reason         string
}

// OfEpochs tells whether it is a leaf of the stream of epochs. Such leaves are in no head.
func (l *Leaf) OfEpochs() bool { return l.Epoch != nil || l.Withdraw != nil }

// Tags are the heads that a leaf belongs to: none for an epoch's.
func (l *Leaf) Tags() []tlog.Hash {
	if l.OfEpochs() {
		return nil
	}
	return append(l.Subjects[:len(l.Subjects):len(l.Subjects)], l.Tenant)
}

// operatorTag is the tag of the tenant whose epochs are: somebody else's event would be in no head.
var operatorTag = tlog.Hash(sha256.Sum256(domain.LP("muniment/tag/1", "tenant", domain.Operator.Raw(), domain.Operator.Raw())))

var errLeaf = errors.New("it is no leaf that this build knows")

// ParseLeaf reads a leaf's exact bytes.
func ParseLeaf(text []byte) (l Leaf, err error) {
	var r reading
	var typ, v string
	kept := 0
	r.object(text, func(name string, value []byte) {
		switch name {
		case "env":
			l.Env = r.digest(value)
			kept++
		case "pay":
			l.Pay = r.digest(value)
			kept++
		case "epoch":
			l.Epoch = r.epoch(value)
		case "withdrawal":
			l.Withdraw = r.withdrawal(value)
		case "prev":
			h := r.digest(value)
			l.Prev = &h
		case "rev":
			l.Rev = r.number(value)
		case "seq":
			l.Seq = r.number(value)
		case "t":
			l.Time = r.number(value)
		case "tags":
			r.tags(&l, value)
		case "type":
			typ = string(value)
		case "v":
			v = string(value)
		default:
			r.bad = true
		}
	})
	event := !l.OfEpochs()
	if !event {
		event = l.Tenant == operatorTag && l.Subjects == nil && (l.Epoch == nil) != (l.Withdraw == nil)
	}
	event = event && typ == `"`+l.kind()+`"`
	twice := slices.Contains(l.Subjects, l.Tenant) // an event counts once for each head
	if r.bad || kept != 2 || twice || !event || v != "1" || l.Stream == (tlog.Hash{}) || l.Tenant == (tlog.Hash{}) || (l.Prev == nil) != (l.Rev == 0) {
		return l, errLeaf
	}
	l.Hash = tlog.RecordHash(text)
	return l, nil
}

// kind is the leaf's type.
func (l *Leaf) kind() string {
	switch {
	case l.Epoch != nil:
		return "epoch"
	case l.Withdraw != nil:
		return "withdrawal"
	}
	return "event"
}

// reading reads values and remembers whether one was bad.
type reading struct{ bad bool }

func (r *reading) object(text []byte, each func(name string, value []byte)) {
	if canon.Members(text, func(name, value []byte) { each(string(name), value) }) != nil {
		r.bad = true
	}
}

func (r *reading) array(text []byte, each func(value []byte)) {
	if canon.Elements(text, each) != nil {
		r.bad = true
	}
}

func (r *reading) number(text []byte) int64 {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n < 0 {
		r.bad = true
	}
	return n
}

func (r *reading) digest(text []byte) (h tlog.Hash) {
	if len(text) != 66 || text[0] != '"' {
		r.bad = true
		return h
	}
	for _, c := range text[1:65] {
		if c >= 'A' && c <= 'F' {
			r.bad = true
		}
	}
	if canon.Unhex(h[:], text[1:65]) != nil {
		r.bad = true
	}
	return h
}

func (r *reading) tags(l *Leaf, text []byte) {
	r.object(text, func(name string, value []byte) {
		switch name {
		case "stream":
			l.Stream = r.digest(value)
		case "subjects":
			r.array(value, func(value []byte) { l.Subjects = append(l.Subjects, r.digest(value)) })
			for i := 1; i < len(l.Subjects); i++ { // one event counts once for a subject
				r.bad = r.bad || string(l.Subjects[i-1][:]) >= string(l.Subjects[i][:])
			}
		case "tenant":
			l.Tenant = r.digest(value)
		default:
			r.bad = true
		}
	})
}

func (r *reading) epoch(text []byte) *Epoch {
	e, members := &Epoch{}, 0
	r.object(text, func(name string, value []byte) {
		members++
		switch name {
		case "count":
			e.Count = r.number(value)
		case "map":
			r.bad = r.bad || string(value) != `"`+Map+`"`
		case "root":
			e.Root = r.digest(value)
		case "size":
			e.Size = r.number(value)
		default:
			r.bad = true
		}
	})
	r.bad = r.bad || members != 4
	return e
}

// ParseEpoch reads the plain fields of an epoch.sealed event, which its leaf shows as they are.
func ParseEpoch(plain []byte) (Epoch, error) {
	var r reading
	e := r.epoch(plain)
	if r.bad {
		return *e, fmt.Errorf("payload: these are not the fields of an epoch")
	}
	return *e, nil
}

func (r *reading) withdrawal(text []byte) *Withdrawal {
	w, members := &Withdrawal{}, 0
	r.object(text, func(name string, value []byte) {
		members++
		switch name {
		case "position":
			w.Position = r.number(value)
		case "reason":
			w.Reason = strings.Trim(string(value), `"`)
			r.bad = r.bad || !word.Match(value)
		case "size":
			w.Size = r.number(value)
		default:
			r.bad = true
		}
	})
	r.bad = r.bad || members != 3
	return w
}

// word is a reason as it is kept.
var word = regexp.MustCompile(`^"[A-Z][A-Z0-9_]{0,63}"$`)

// ParseWithdrawal reads the plain fields of an epoch.withdrawn event, which its leaf shows as they are.
func ParseWithdrawal(plain []byte) (Withdrawal, error) {
	var r reading
	w := r.withdrawal(plain)
	if r.bad {
		return *w, fmt.Errorf("payload: these are not the fields of an epoch's withdrawal")
	}
	return *w, nil
}
