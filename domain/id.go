package domain

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"muniment/domain/canon"
)

// ID is 16 bytes: 32 lower-case hex digits in text. docs/formats.md, section 3.
type ID [16]byte

// Operator is the reserved tenant of register and system events.
var Operator = ID{15: 1}

// NewID returns 128 random bits: for ledgers, tenants, subjects, actors and cases.
func NewID() (id ID) {
	rand.Read(id[:]) // never fails (crypto/rand, Go 1.24)
	return id
}

// NewEventID returns a UUIDv7 (RFC 9562, 5.7) for an event of our own.
func NewEventID(now time.Time) ID {
	id := NewID()
	id.stamp(now.UnixMilli())
	return id
}

// DeriveID returns the id that a record of another system has at every import.
func DeriveID(namingKey []byte, at time.Time, source, sourceID, kind string, ordinal uint32) ID {
	var id ID
	copy(id[TimePrefix:], nameMAC(namingKey, source, sourceID, kind, ordinal))
	id.stamp(at.UnixMilli())
	return id
}

// KeyedID returns the id made from an idempotency key: the same for the same principal and key.
func KeyedID(namingKey []byte, principal, key, kind string, ordinal uint32) ID {
	var id ID
	copy(id[:], nameMAC(namingKey, "idempotency", principal+":"+key, kind, ordinal))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

func nameMAC(namingKey []byte, source, sourceID, kind string, ordinal uint32) []byte {
	mac := hmac.New(sha256.New, namingKey)
	mac.Write(LP("muniment/id/1", source, sourceID, kind, U32(ordinal)))
	return mac.Sum(nil)
}

// TimePrefix is how many bytes of a derived id are its time; the others follow from its name.
const TimePrefix = 6

func (id *ID) stamp(milliseconds int64) {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(milliseconds))
	copy(id[:TimePrefix], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
}

// LP joins length-prefixed parts: docs/formats.md, section 1.
func LP(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	b := make([]byte, 0, n)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// U32 is n as four bytes, big endian, for [LP].
func U32(n uint32) string {
	return string(binary.BigEndian.AppendUint32(nil, n))
}

// Raw is the id's 16 bytes as a string, for [LP] and map keys.
func (id ID) Raw() string { return string(id[:]) }

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether the id was never set.
func (id ID) IsZero() bool { return id == ID{} }

// ParseID reads 32 hex digits; a UUID's dashes and capitals are accepted from outside.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) == 36 {
		s = strings.ReplaceAll(s, "-", "")
	}
	if len(s) != 32 {
		return id, fmt.Errorf("expected an id of 32 hex digits, got %d characters", len(s))
	}
	if canon.Unhex(id[:], s) != nil {
		return id, fmt.Errorf("expected an id of 32 hex digits")
	}
	return id, nil
}

// MarshalText and UnmarshalText make an ID its 32 hex digits in JSON.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what [ParseID] reads.
func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}

// Stream names a stream: a noun and an id, nothing else.
type Stream struct {
	Noun string
	ID   ID
}

func (s Stream) String() string { return s.Noun + "-" + s.ID.String() }

// IsZero reports whether the stream was never set.
func (s Stream) IsZero() bool { return s == Stream{} }

// ParseStream reads a stream name.
func ParseStream(name string) (Stream, error) {
	noun, hexID, ok := strings.Cut(name, "-")
	if !ok || noun == "" || strings.Trim(noun, "abcdefghijklmnopqrstuvwxyz") != "" {
		return Stream{}, fmt.Errorf("expected a stream name such as interaction-<32 hex digits>")
	}
	id, err := ParseID(hexID)
	return Stream{noun, id}, err
}
