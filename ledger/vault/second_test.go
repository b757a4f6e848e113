package vault

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// second runs testdata/check-vectors.mjs, the implementation written from docs/formats.md alone.
func second(t *testing.T, args ...string) (string, error) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("NOT CHECKED: node is missing, so nothing but our own code has read the golden vectors; install Node 20 or later")
	}
	out, err := exec.CommandContext(t.Context(), node, append([]string{"testdata/check-vectors.mjs"}, args...)...).CombinedOutput()
	return string(out), err
}

// TestSecondImplementation: what we keep can be read from the document, without our code.
func TestSecondImplementation(t *testing.T) {
	out, err := second(t)
	if err != nil || !strings.HasSuffix(out, " checks passed\n") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestSecondRefuses: an implementation that agrees with everything proves nothing, so each part of
// the vectors is changed once, by one character, and must be named as wrong.
func TestSecondRefuses(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, member, part, old, new string }{
		{"envelope: purpose", "envelope", "", `"purpose":"SERVICE"`, `"purpose":"SERVICF"`},
		{"envelope: tenant", "envelope", "", `"tenant":"1`, `"tenant":"2`},
		{"envelope: salt", "envelope", "", `"salt":"b`, `"salt":"c`},
		{"envelope: a space", "envelope", "", `,"id"`, `, "id"`},
		{"envelope: an escape", "envelope", "", `SERVICE`, `S\u0045RVICE`},
		{"payload: plain field", "payload", "", `"seconds":107`, `"seconds":108`},
		{"payload: salt", "payload", "", `"salt":"b`, `"salt":"c`},
		{"payload: ciphertext", "payload", "", `"ct":"hV`, `"ct":"hW`},
		{"payload: last bits of the tag", "payload", "", `nA","key"`, `nB","key"`},
		{"payload: nonce", "payload", "", `"nonce":"d1`, `"nonce":"d0`},
		{"payload: commitment in a box", "payload", "", `"/name":"c7`, `"/name":"c8`},
		{"payload: owner of a box", "payload", "", `"owner":"3`, `"owner":"4`},
		{"payload: class of a box", "payload", "", `"class":"INTERACTION"`, `"class":"CONTACT"`},
		{"payload: key id of a box", "payload", "", `"key":"0a`, `"key":"0b`},
		{"payload: members out of order", "payload", "", `"country":"US","direction":"INBOUND"`, `"direction":"INBOUND","country":"US"`},
		{"commitment", "openings", "/name", `"commitment":"c7`, `"commitment":"c8`},
		{"opening", "openings", "/number", `"opening":"a`, `"opening":"b`},
		{"key", "openings", "/counterpart", `"key":"c2`, `"key":"c3`},
		{"a thing's box: owner", "boxes", "", `\"owner\":\"61`, `\"owner\":\"62`},
		{"a thing's box: text", "boxes", "", `We object.`, `We abject.`},
		{"a list: path", "boxes", "", `/participants/0/name`, `/participants/2/name`},
		{"padding", "boxes", "", `"padded":32`, `"padded":33`},
		{"claim", "claim", "claim", `recorded`, `recordee`},
		{"claim digest", "claim", "digest", `00000007`, `00000008`},
		{"leaf", "leaf", "bytes", `"env":"1`, `"env":"2`},
		{"leaf: seq", "leaf", "bytes", `"seq":41`, `"seq":40`},
		{"epoch: root", "epoch", "bytes", `"root":"e`, `"root":"f`},
		{"epoch: count", "epoch", "payload", `"count":3`, `"count":4`},
		{"heads: root", "heads", "root", `a15d19`, `a15d1a`},
		{"heads: member", "heads", "member", `"count":2`, `"count":3`},
		{"heads: absent", "heads", "absent", `"inner":"`, `"inner":"0`},
		{"stub", "struck", "payload", `"pay":"f`, `"pay":"0`},
		{"stub: another member", "struck", "payload", `{`, `{"o":1,`},
		{"leaf of a struck event", "struck", "bytes", `"pay":"f`, `"pay":"0`},
		{"leaf: subject tag", "leaf", "bytes", `"subjects":["4`, `"subjects":["3`},
		{"leaf: revision", "leaf", "", `"revision":0`, `"revision":1`},
		{"leaf hash", "leaf", "hash", `e7`, `e8`},
		{"next leaf: prev", "next", "bytes", `"prev":"e`, `"prev":"f`},
		{"next leaf: hash", "next", "hash", `35`, `36`},
		{"event id", "ids", "event", `01`, `02`},
		{"stream", "ids", "stream", `-01`, `-02`},
		{"keyed id", "ids", "keyed", `8a`, `8b`},
		{"key id", "ids", "slot1", `96`, `97`},
		{"page", "ids", "page", `b2`, `b3`},
		{"time", "ids", "", `1790842620000`, `1790842620001`},
		{"ledger", "ledger", "", `22`, `23`},
		{"canonical: what is read", "canonical", "accepts", `"[]"`, `"[ ]"`},
		{"canonical: what is refused", "canonical", "refuses", `"null"`, `"true"`},
		{"made: key", "made", "", `"key":"key-1"`, `"key":"key-2"`},
		{"made: principal", "made", "", `"principal":"object"`, `"principal":"objects"`},
		{"times", "times", "", `"microseconds":1,`, `"microseconds":2,`},
		{"claims: plain", "claims", "", `\"seconds\":107`, `\"seconds\":108`},
		{"claims: command", "claims", "", `raiseObjection`, `raiseObjectiom`},
		{"keys: secret", "keys", "wrappedSecret", `d4d4`, `d4d5`},
		{"keys: page", "keys", "pageKey", `e3`, `e4`},
		{"keys: all of a page", "keys", "firstKey", `c1`, `c2`},
		{"keys: look-up", "keys", "value", `43`, `44`},
		{"keys: tag", "keys", "tags", `e7`, `e8`},
		{"keys: row", "keys", "subject", `33`, `34`},
		{"keys: blocked", "keys", "suppression", `e6`, `e7`},
		{"journals: a key", "journals", "erasures.journal", `0029 `, `002a `},
		{"journals: a tenant", "journals", "erasures.journal", `t1111`, ` 1111`},
		{"journals: a disposal", "journals", "erasures.journal", ` INTERACTIONS`, ` INTERACTION_`},
		{"journals: the list", "journals", "suppressions.journal", `OBJECTED`, `OBJECTEE`},
		{"order: log time", "order", "logTimes", `T09:00`, `T08:59`},
		{"order: known", "order", "known", `"seq":2`, `"seq":1`},
		{"log: key", "log", "key", `91`, `92`},
		{"log: two keys", "log", "vkeys", `+A`, `+B`},
		{"log: empty", "log", "empty", "\n0\n", "\n1\n"},
		{"log: checkpoint", "log", "checkpoint", "\n6\n", "\n5\n"},
		{"log: a tile", "log", "tiles", `.p/6":"`, `.p/6":"A`},
		{"log: entries", "log", "entries", `A`, `B`},
		{"log: proof", "log", "proof", `index 3`, `index 2`},
		{"log: consistency", "log", "consistency", `=`, `A`},
		{"completeness: count", "completeness", "member", `"count":5`, `"count":6`},
		{"completeness: period", "completeness", "member", `"from":2`, `"from":1`},
		{"completeness: end", "completeness", "member", `"end":17`, `"end":27`},
		{"completeness: absent", "completeness", "absent", `"tag":"`, `"tag":"0`},
		{"completeness: whose", "completeness", "tenant", `11`, `12`},
		{"replayed: bodies", "replayed", "bodies", `tags match bodies`, `tags match bodieS`},
		{"replayed: leaves", "replayed", "leaves", "\n5\n", "\n4\n"},
		{"replayed: none", "replayed", "none", "\n0\n", "\n1\n"},
		{"replayed: withdrawn", "replayed", "none", `withdrawn 5`, `withdrawn 4`},
		{"withdrawal: position", "withdrawal", "payload", `"position":43`, `"position":42`},
		{"withdrawal: leaf", "withdrawal", "bytes", `"type":"withdrawal"`, `"type":"event"`},
		{"bundle", "bundle", "zip", `UEsDBBQ`, `UEsDBBR`},
		{"bundle: key", "bundle", "vkey", `+A`, `+B`},
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		delete(members, c.member)
	}
	if len(members) > 0 {
		t.Errorf("nothing is changed in %v", slices.Sorted(maps.Keys(members)))
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "vectors.json")
			if err := os.WriteFile(file, changed(t, text, c.member, c.part, c.old, c.new), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := second(t, file)
			if err == nil || !strings.HasPrefix(out, "mismatch at ") {
				t.Fatalf("not refused: %v\n%s", err, out)
			}
		})
	}
}

// changed replaces the first old in one member of the vectors, or in one part of it. Members that
// are texts are changed in what they say, not in how this file escapes it.
func changed(t *testing.T, text []byte, member, part, old, with string) []byte {
	t.Helper()
	var vectors, parts map[string]json.RawMessage
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(json.Unmarshal(text, &vectors))
	within, name := vectors, member
	if part != "" {
		check(json.Unmarshal(vectors[member], &parts))
		within, name = parts, part
	}
	var says string
	isText := json.Unmarshal(within[name], &says) == nil
	if !isText {
		says = strings.ReplaceAll(string(within[name]), `": `, `":`)
	}
	if !strings.Contains(says, old) {
		t.Fatalf("%s %s does not hold %s", member, part, old)
	}
	says = strings.Replace(says, old, with, 1)
	if isText {
		says = string(must(json.Marshal(says)))
	}
	within[name] = json.RawMessage(says)
	if part != "" {
		vectors[member] = must(json.Marshal(parts))
	}
	return must(json.Marshal(vectors))
}
