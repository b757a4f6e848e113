package ledger

import (
	"encoding/base64"

	"muniment/domain"
	"muniment/domain/canon"
)

// atMost bounds the size of an event before its people are known: its boxes' texts are padded, and a third
// longer as base64; an envelope without its subjects stays below 4 KiB.
func atMost(subjects, plain int, personal []domain.PersonalField) int {
	type box struct {
		class domain.Class
		owner int
	}
	texts := map[box]int{}
	n := 4096 + 100*subjects + plain
	for _, p := range personal {
		b := box{p.Class, p.Owner}
		if p.Class.OfThing() {
			b.owner = -1
		}
		path := len(canon.AppendString(nil, p.Path))
		texts[b] += path + len(canon.AppendString(nil, p.Value)) + 2
		n += path + 68 // its commitment
	}
	for _, text := range texts {
		n += 256 + base64.RawURLEncoding.EncodedLen(Padded(text+1)+16)
	}
	return n
}
