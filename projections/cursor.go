package projections

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"muniment/domain"
	"muniment/domain/canon"
)

// A cursor carries the sort key of a row and the viewpoint of its page, for one question. It is
// sealed, so that nobody can forge one, read a position from it or use it for another question.

type cursorBody struct {
	Question []byte
	AsOf     domain.Time
	Known    int64
	Ints     map[int]int64  `json:",omitempty"`
	Texts    map[int]string `json:",omitempty"`
	Blobs    map[int][]byte `json:",omitempty"`
	N        int
}

// question is what a cursor belongs to: who asks for which list with which filter.
func question(s Scope, list string, filter any) []byte {
	text, err := json.Marshal([]any{s, list, filter})
	if err != nil {
		panic(err) // plain structs always have a form
	}
	sum := sha256.Sum256(text)
	return sum[:16]
}

func (v *Views) sealer() cipher.AEAD {
	key := sha256.Sum256(append([]byte("muniment/cursor/seal"), v.cursorKey...))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (v *Views) cursor(question []byte, at domain.Viewpoint, key []any) string {
	c := cursorBody{Question: question, AsOf: at.AsOf, Known: at.Known, N: len(key), Ints: map[int]int64{}, Texts: map[int]string{}, Blobs: map[int][]byte{}}
	for i, k := range key {
		switch k := k.(type) {
		case int64:
			c.Ints[i] = k
		case string:
			c.Texts[i] = k
		case []byte:
			c.Blobs[i] = k
		default:
			panic(fmt.Sprintf("projections: no cursor form for %T", k))
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	// How long a position is would tell how much is kept.
	text = append(text, bytes.Repeat([]byte{' '}, (64-len(text)%64)%64)...)
	mac := hmac.New(sha256.New, v.cursorKey)
	mac.Write(text)
	nonce := mac.Sum(nil)[:12] // from the content: the same row has the same cursor
	return base64.RawURLEncoding.EncodeToString(v.sealer().Seal(nonce, nonce, text, nil))
}

func (v *Views) open(cursor, field string, question []byte) (c cursorBody, key []any, err error) {
	forged := domain.Malformed(field, "not a cursor of this ledger: take cursors only from pageInfo or edges, unchanged")
	raw, err := canon.Unbase64(cursor)
	if err != nil || len(raw) < 28 {
		return c, nil, forged
	}
	text, err := v.sealer().Open(nil, raw[:12], raw[12:], nil)
	if err != nil || json.Unmarshal(text, &c) != nil {
		return c, nil, forged
	}
	if !hmac.Equal(c.Question, question) {
		return c, nil, domain.Malformed(field, "the cursor belongs to another question: keep filter, order and sign-in the same while paging, or begin without a cursor")
	}
	if c.Known >= v.Seen() {
		return c, nil, domain.Malformed(field, "the cursor is newer than this ledger's views, which are being rebuilt or were restored: begin without a cursor")
	}
	for i := range c.N {
		if n, ok := c.Ints[i]; ok {
			key = append(key, n)
		} else if s, ok := c.Texts[i]; ok {
			key = append(key, s)
		} else {
			key = append(key, c.Blobs[i])
		}
	}
	return c, key, nil
}

// position reads a page's cursors. The page is read at the viewpoint of the first one, so that a
// list stays the same while somebody turns its pages.
func (v *Views) position(p Page, question []byte, at *domain.Viewpoint) (after, before []any, err error) {
	for _, x := range []struct {
		cursor, field string
		key           *[]any
	}{{p.After, "after", &after}, {p.Before, "before", &before}} {
		if x.cursor == "" {
			continue
		}
		c, key, err := v.open(x.cursor, x.field, question)
		if err != nil {
			return nil, nil, err
		}
		*x.key = key
		at.AsOf, at.Known = c.AsOf, c.Known
	}
	return after, before, nil
}
