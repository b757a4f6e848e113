package verify

import (
	"encoding/hex"
	"encoding/json"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain/canon"
)

// chains follows what leaves say of themselves: their place, and the leaf before them in their stream.
// It holds 40 bytes for each stream.
type chains struct {
	last map[tlog.Hash]link // by stream tag
	time int64
}

type link struct {
	rev  int64
	leaf tlog.Hash
}

func newChains() *chains { return &chains{last: map[tlog.Hash]link{}} }

func (c *chains) follow(seq int64, text []byte, h tlog.Hash) error {
	var values struct{ seq, rev, time, typ, prev, tags, v []byte }
	err := canon.Members(text, func(name, value []byte) {
		switch string(name) {
		case "seq":
			values.seq = value
		case "rev":
			values.rev = value
		case "t":
			values.time = value
		case "type":
			values.typ = value
		case "prev":
			values.prev = value
		case "tags":
			values.tags = value
		case "v":
			values.v = value
		}
	})
	if err != nil || string(values.v) != "1" || string(values.typ) != `"event"` {
		return lie("events: leaf %d is none that this build knows", seq)
	}
	if string(values.seq) != strconv.FormatInt(seq, 10) {
		return lie("events: leaf %d says that it is leaf %s", seq, values.seq)
	}
	t, err := strconv.ParseInt(string(values.time), 10, 64)
	if err != nil || t < c.time {
		return lie("events: the time of leaf %d lies before that of the leaf before it", seq)
	}
	c.time = t
	var tags struct{ Stream string }
	var stream tlog.Hash
	if err := json.Unmarshal(values.tags, &tags); err != nil || !unhex(stream[:], tags.Stream) {
		return lie("events: leaf %d names no stream", seq)
	}
	rev, err := strconv.ParseInt(string(values.rev), 10, 64)
	before, known := c.last[stream]
	switch {
	case err != nil || known && rev != before.rev+1 || !known && rev != 0:
		return lie("events: leaf %d has revision %s, and does not follow the one before it in its stream", seq, values.rev)
	case known && string(values.prev) != `"`+hex.EncodeToString(before.leaf[:])+`"`, !known && values.prev != nil:
		return lie("events: leaf %d does not name the leaf before it in its stream", seq)
	}
	c.last[stream] = link{rev, h}
	return nil
}

func unhex(to []byte, text string) bool {
	n, err := hex.Decode(to, []byte(text))
	return err == nil && n == len(to) && len(text) == 2*n
}
