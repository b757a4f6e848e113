// verify-bundle: checks a bundle of a ledger offline, with nothing but the file and a policy pinned beforehand.
//
// Written from docs/bundle.md and docs/formats.md alone (with the C2SP specifications signed-note, tlog-checkpoint, tlog-cosignature
// and tlog-policy that they name), as a second opinion: it shares no code with the program that makes bundles. "B 4" in a comment is
// section 4 of bundle.md, "F 10" section 10 of formats.md, "finding 7" a place where they say too little and the stricter reading is taken.
//
//   node verify-bundle.mjs BUNDLE.zip --policy FILE [--accept-unwitnessed] [--min-size N] [--max-age SECONDS]
//
// Four lines on stdout (intact, complete, fresh, unforked), each "NAME ok ..." or "NAME -- ...". Exit 0: all that was asked for holds.
// Exit 1: it doesn't; one line on stderr says what and where. Exit 2: wrong usage, or a policy or file that can't be read.
// Node 20, standard library only. Work and memory are linear in the size of the bundle.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
/** What the bundle claims and isn't so: the place and the reason. */
export class Lie extends Error {
  constructor(where, what) { super(`${where}: ${what}`); }
}
export class Usage extends Error {} // what the caller gave and can't be used

const MAX_BUNDLE = 2 ** 30; // B 1
const MAX_VALUE = 4 * 2 ** 20; // one JSON text or note; an event has at most 64 KiB (F 5), which a line shows as less than 2 MiB (finding 4)
const MAX_TREE = 128 * 2 ** 20; // tree.json: two million hashes (finding 4)
const MAX_DEPTH = 64; // F 2
const EARLY = 300; // seconds that an event may be recorded before it occurs (B 5)
const OPERATOR = `${'0'.repeat(31)}1`; // F 3, by way of F 12: the epoch's tenant
/** Bytes as a string of one character each, so that names are compared as octets (tlog-policy, character set). */
const octets = (bytes) => bytes.latin1Slice(0, bytes.length);
const demand = (holds, where, what) => { if (!holds) throw new Lie(where, what); };

// ---- Hashes (F 1) and trees (B 3, F 12) ----

export const hash = (...parts) => parts.reduce((h, part) => h.update(part), createHash('sha256')).digest();
const hex = (text) => Buffer.from(text, 'hex');
const big = (width, n) => { // big endian
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(Math.floor(n / 2 ** 32), 0);
  bytes.writeUInt32BE(n % 2 ** 32, 4);
  return bytes.subarray(8 - width);
};
export const lp = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)).flatMap((part) => [big(4, part.length), part]));
export const leafHash = (bytes) => hash('\0', bytes);
const nodeHash = (left, right) => hash('\x01', left, right);
const splitAt = (n) => { let k = 1; while (k * 2 < n) k *= 2; return k; }; // no bit operations: they end at 2^32
/** Runs `use` with a function that hands out the items of a list in order; all of them must be used. */
function usingAll(list, where, use) {
  let i = 0;
  const result = use(() => { demand(i < list.length, where, 'too few hashes'); return list[i++]; });
  demand(i === list.length, where, 'hashes are left over');
  return result;
}
/** T(0, size) of B 3 with these hashes. `places` ascends, and `leaves[i]` is the hash of the leaf at `places[i]`. */
export function coverRoot(size, places, leaves, hashes, where) {
  let i = 0;
  const cover = (a, b, next) => { // at most 54 deep, and no more steps than there are hashes and leaves
    if (i === places.length || places[i] >= b) return hex(next());
    if (b - a === 1) return leaves[i++];
    const k = splitAt(b - a);
    const left = cover(a, a + k, next);
    return nodeHash(left, cover(a + k, b, next));
  };
  const root = usingAll(hashes, where, (next) => cover(0, size, next));
  demand(i === places.length, where, 'a leaf lies behind the end of the tree');
  return root.toString('hex');
}
/** The roots of m and n leaves, 0 < m <= n, that a consistency proof leads to: SUBPROOF of RFC 6962, 2.1.2, read backwards. */
export function consistentRoots(m, n, old, next, whole = true) {
  if (m === n) return Array(2).fill(whole ? old : next());
  const k = splitAt(n);
  if (m > k) {
    const right = consistentRoots(m - k, n - k, old, next, false);
    const left = next();
    return right.map((side) => nodeHash(left, side));
  }
  const [before, left] = consistentRoots(m, k, old, next, whole);
  return [before, nodeHash(left, next())];
}

// ---- Canonical JSON (F 2) ----

/** Order of the names' UTF-8, which is that of JavaScript but for surrogates. */
export const byteOrder = (a, b) => (/[\ud800-\udfff]/.test(a) || /[\ud800-\udfff]/.test(b)
  ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : a > b ? 1 : 0);

const escaped = (char) => (char === '"' || char === '\\' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
const quoted = (s) => `"${/[^ !#-[\]-~]/.test(s) ? s.replace(/[^ !#-[\]-~]/g, escaped) : s}"`;
/** The one way to write a value; objects are Maps. */
export function encode(value) {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  if (value instanceof Map) return `{${[...value.keys()].sort(byteOrder).map((name) => `${quoted(name)}:${encode(value.get(name))}`).join(',')}}`;
  return String(value);
}
/** Reads no more than the values need, and leaves the rest of the strictness to one comparison: what it read is written so, or refused. */
export function parseJSON(bytes, where, most = MAX_VALUE) {
  let at = 0;
  const refuse = (why) => { throw new Lie(where, `not canonical JSON at byte ${at}: ${why}`); };
  const is = (char) => bytes[at] === char.charCodeAt(0);
  const take = (token) => { for (const char of token) { if (!is(char)) refuse(`expected ${token}`); at++; } };
  function integer() {
    const [digits] = /^-?[0-9]{1,16}/.exec(octets(bytes.subarray(at, at + 18))) ?? [NaN];
    if (!Number.isSafeInteger(Number(digits))) refuse('neither a value nor an integer within 2^53-1');
    at += digits.length;
    return Number(digits);
  }
  function string() {
    take('"');
    const start = at;
    while (at < bytes.length && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1; // whatever is escaped isn't the end
    take('"');
    const inside = bytes.latin1Slice(start, at - 1);
    if (!inside.includes('\\')) return inside;
    const found = inside.replace(/\\(?:u([0-9a-f]{4})|(.))/gs, (_, code, char) => char ?? String.fromCharCode(`0x${code}`));
    if (!found.isWellFormed()) refuse('a surrogate alone');
    return found;
  }
  function items([open, close], depth, item) {
    take(open);
    if (depth > MAX_DEPTH && !is(close)) refuse(`more than ${MAX_DEPTH} deep`); // a value lies in at most so many (F 2)
    for (let more = !is(close); more; more = is(',')) { if (is(',')) at++; item(); }
    take(close);
  }
  function array(depth, list = []) {
    items('[]', depth, () => list.push(value(depth + 1)));
    return list;
  }
  function object(depth, members = new Map()) {
    items('{}', depth, () => { const name = string(); take(':'); members.set(name, value(depth + 1)); });
    return members;
  }
  function value(depth) {
    if (is('"')) return string();
    if (is('{')) return object(depth);
    if (is('[')) return array(depth);
    if (is('t')) return take('true') ?? true;
    return is('f') ? take('false') ?? false : integer();
  }
  if (bytes.length > most) refuse(`longer than ${most} bytes`);
  const result = value(1);
  if (encode(result) !== octets(bytes)) refuse('it would be written otherwise');
  return result;
}

// ---- Shapes: a checker takes a value and its place, and returns the value or throws ----

const any = (v) => v;
const matching = (test, what) => (v, where) => { demand(test(v), where, `is not ${what}`); return v; };
const pattern = (regexp, what) => matching((v) => typeof v === 'string' && regexp.test(v), what);
const text = matching((v) => typeof v === 'string', 'a text');
const count = matching((v) => Number.isSafeInteger(v) && v >= 0, 'a number from 0');
const one = matching((v) => v === 1, '1');
const digest = pattern(/^[0-9a-f]{64}$/, '64 hex digits');
const ident = pattern(/^[0-9a-f]{32}$/, '32 hex digits');
const among = (...values) => matching((v) => values.includes(v), `one of ${values.join(', ')}`);
const word = pattern(/^[A-Z][A-Z0-9_]{0,63}$/, 'an upper-case word'); // of an open list, or a purpose (F 5, F 7)
const streamName = pattern(/^[a-z]+-[0-9a-f]{32}$/, 'a stream name'); // F 3, which isn't among the sections named (finding 1)

const time = pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, 'a time with six decimals and Z'); // F 4
const seconds = (t) => Date.parse(`${t.slice(0, 19)}Z`) / 1000;
export const instant = (v, where) => { // of a day and an hour that exist; no leap seconds (finding 5)
  const s = seconds(time(v, where));
  demand(!Number.isNaN(s) && new Date(s * 1000).toISOString().slice(0, 19) === v.slice(0, 19), where, 'is no time that exists');
  return v;
};
/** When it occurred (F 4): an instant, or a day with the offset of its zone or without. */
const occurrence = (v, where) => {
  if (!/^\d{4}-\d\d-\d\d([+-]\d\d:\d\d)?$/.test(v)) return instant(v, where);
  instant(`${v.slice(0, 10)}T00:00:00.000000Z`, where);
  const [hours, minutes] = [Number(v.slice(11, 13)), Number(v.slice(14, 16))];
  demand(minutes < 60 && hours * 60 + minutes <= 14 * 60, where, 'is in no zone');
  instant(begins(v), where);
  return v;
};
const isDay = (v) => v.length < 20;
const utc = (ms) => new Date(ms).toISOString().replace('Z', '000Z');
/** Its first instant, and the last at which it can have been in whichever zone. In one form, so they compare as texts. */
const begins = (v) => (isDay(v) ? utc(Date.parse(`${v.slice(0, 10)}T00:00:00${v.slice(10) || 'Z'}`)) : v);
const over = (v) => (isDay(v) ? utc(Date.parse(`${v.slice(0, 10)}T00:00:00Z`) + 36 * 3600_000 - 1).replace('999000Z', '999999Z') : v);
const wholeSecond = (v, where) => { demand(instant(v, where).endsWith('.000000Z'), where, 'is not in whole seconds'); return v; };
const arrayOf = (check, order) => (v, where) => {
  demand(Array.isArray(v), where, 'is not an array');
  const items = v.map((item, i) => check(item, `${where}[${i}]`));
  demand(!order || items.every((item, i) => i === 0 || order(items[i - 1], item) < 0), where, 'is not in order, or has something twice');
  return items;
};
/** What has nothing to say is absent (F 5; for the bundle's own arrays finding 6). */
const filled = (check) => (v, where) => { demand(v.length > 0, where, 'is empty and not absent'); return check(v, where); };
const mapOf = (check) => (v, where) => {
  demand(v instanceof Map, where, 'is not an object');
  return new Map(Array.from(v, ([name, value]) => [name, check(value, `${where} ${name}`)]));
};
/** A record with these members and no other; a name that ends in ? may be absent. */
const record = (members) => {
  const checks = new Map(Object.entries(members).map(([name, check]) => [name.replace('?', ''), check]));
  const required = Object.keys(members).filter((name) => !name.endsWith('?'));
  return (v, where) => {
    demand(v instanceof Map, where, 'is not an object');
    const out = Object.create(null);
    for (const [name, value] of v) {
      demand(checks.has(name), where, `has a member ${quoted(name.slice(0, 40))} that isn't one`);
      out[name] = checks.get(name)(value, `${where} ${name}`);
    }
    for (const name of required) demand(name in out, where, `has no ${name}`);
    return out;
  };
};

// ---- Container (B 1) ----

const NAMES = ['checkpoint', 'events.ndjson', 'heads.json', 'leaves.ndjson', 'manifest', 'policy.txt', 'tree.json'];
const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});
export function crc32(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
/** Little-endian numbers, each as wide as its digit in `widths` says. */
const packed = (widths, ...numbers) => Buffer.concat(numbers.map((n, i) => big(widths[i], n).reverse()));
/** The only form of a container with these entries, in parts: a header and the bytes of each, then the directory with its end. */
export function zipParts(entries) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [name, bytes] of entries) { // version, flags, method, time, date, CRC, sizes, lengths of name and extra fields
    const fields = packed('2222244422', 20, 0, 0, 0, 0x21, crc32(bytes), bytes.length, bytes.length, name.length, 0);
    parts.push(Buffer.concat([packed('4', 0x04034b50), fields, Buffer.from(name)]), bytes);
    directory.push(packed('42', 0x02014b50, 20), fields, packed('22244', 0, 0, 0, 0, offset), Buffer.from(name));
    offset += 30 + name.length + bytes.length;
  }
  const listing = Buffer.concat(directory);
  return [...parts, listing, packed('42222442', 0x06054b50, 0, 0, entries.size, entries.size, listing.length, offset, 0)];
}

export function readZip(file) {
  const where = 'container';
  demand(file.length <= MAX_BUNDLE, where, 'larger than 1 GiB');
  const entries = new Map();
  let at = 0;
  while (at + 30 <= file.length && file.readUInt32LE(at) === 0x04034b50) {
    const begin = at + 30 + file.readUInt16LE(at + 26);
    const end = begin + file.readUInt32LE(at + 18);
    const name = octets(file.subarray(at + 30, Math.min(begin, at + 60)));
    demand(NAMES.includes(name) && !entries.has(name) && end <= file.length, where, `the entry at byte ${at} is unknown, there twice or too long`);
    entries.set(name, file.subarray(begin, end));
    at = end;
  }
  demand([...entries.keys()].join() === NAMES.filter((n) => n !== 'heads.json' || entries.has(n)).join(), where, 'an entry is missing or out of order');
  at = 0;
  for (const part of zipParts(entries)) { // "builds the container again from the entries and compares all bytes"
    demand(part.equals(file.subarray(at, at + part.length)), where, `the bytes from ${at} on are not of the one form`);
    at += part.length;
  }
  demand(at === file.length, where, `there are ${file.length - at} bytes behind its end`);
  return entries;
}
/** The lines of an .ndjson file with their places; nothing is kept of them. */
function* linesOf(bytes, name) {
  for (let at = 0, end, number = 1; at < bytes.length; at = end + 1, number++) {
    end = bytes.indexOf(0x0a, at);
    demand(end >= 0, name, 'its last line has no end');
    yield { line: bytes.subarray(at, end), where: `${name} line ${number}` };
  }
}

// ---- Signed notes and keys (C2SP signed-note, tlog-cosignature) ----

const SPKI = hex('302a300506032b6570032100'); // RFC 8410: an Ed25519 public key is this and 32 bytes
const [ED25519, COSIGNATURE] = [1, 4];
/** Standard base64 in its one form, or undefined. */
const base64 = (s) => { const bytes = Buffer.from(s, 'base64'); return bytes.toString('base64') === s ? bytes : undefined; };
const base64Hash = (s, where) => { const h = base64(text(s, where)); demand(h?.length === 32, where, 'is not a hash in base64'); return h; };
const decimal = (s, where) => {
  demand(/^(0|[1-9][0-9]{0,15})$/.test(s) && Number.isSafeInteger(Number(s)), where, 'is not a size below 2^53');
  return Number(s);
};
const isKeyName = (name) => !/[\s\x85+]/u.test(Buffer.from(name, 'latin1').toString());
/** NAME+ID+KEY, its id in lower-case hex (finding 19); undefined when it is none of this type. */
export function readVkey(vkey, type) {
  const [, name, id, data] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(vkey) ?? [];
  const key = data && base64(data);
  if (!key || key.length !== 33 || key[0] !== type || !isKeyName(name)) return undefined;
  if (hash(Buffer.from(name, 'latin1'), '\n', key).toString('hex', 0, 4) !== id) return undefined;
  return { name, id, type, raw: key.toString('hex', 1), object: createPublicKey({ key: Buffer.concat([SPKI, key.subarray(1)]), format: 'der', type: 'spki' }) };
}

export function readNote(bytes, where) {
  demand(bytes.length <= MAX_VALUE && isUtf8(bytes) && !bytes.some((b) => b < 0x20 && b !== 0x0a), where, 'too long, not UTF-8 or with control characters');
  const end = bytes.lastIndexOf('\n\n') + 1;
  demand(end > 0 && bytes.at(-1) === 0x0a, where, 'not a signed note');
  const signatures = octets(bytes.subarray(end + 1, -1)).split('\n').map((line) => {
    const [, name, data] = /^\xe2\x80\x94 ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
    const signature = data && base64(data);
    demand(signature?.length > 4 && isKeyName(name), where, 'a line that is not a signature');
    return { name, id: signature.toString('hex', 0, 4), bytes: signature.subarray(4) };
  });
  return { text: bytes.subarray(0, end), signatures };
}
/** The time of a cosignature, 0 for a plain signature, or undefined when it isn't the key's. */
function signedAt(signed, bytes, { type, object }) {
  if (type === ED25519) return bytes.length === 64 && verify(null, signed, object, bytes) ? 0 : undefined;
  if (bytes.length !== 72 || bytes[0] > 0x7f) return undefined; // a time of 8 bytes, at most 2^63 - 1
  const at = bytes.readBigUInt64BE(0);
  return verify(null, Buffer.concat([Buffer.from(`cosignature/v1\ntime ${at}\n`), signed]), object, bytes.subarray(8)) ? Number(at) : undefined;
}
/** Which of these keys signed, and when. A known key's bad or second signature refuses the note (finding 16); others are passed over. */
export function signers(note, keys, where) {
  const found = new Map();
  for (const { name, id, bytes } of note.signatures) {
    const key = keys.find((k) => k.name === name && k.id === id);
    if (!key) continue;
    const at = found.has(key) ? undefined : signedAt(note.text, bytes, key);
    demand(at !== undefined, where, `a signature of ${name} is wrong, or there are two`);
    found.set(key, at);
  }
  return found;
}

// ---- Policy (C2SP tlog-policy, and the lines #: of B 2 and B 7) ----

/** `logs`, `parts` (witnesses and groups by name, in order), `quorum`; and ours: `bundles`, `replayers` by name. */
export function readPolicy(bytes) {
  const policy = { logs: [], parts: new Map(), quorum: undefined, bundles: [], replayers: new Map() };
  const members = new Set();
  let number = 0;
  const need = (holds, what) => { if (!holds) throw new Usage(`policy line ${number}: ${what}`); };
  const key = (vkey, type, others = []) => {
    const k = readVkey(vkey ?? '', type);
    need(k, `not a vkey of type ${type}`);
    need(!others.some((o) => o.raw === k.raw || (o.name === k.name && o.id === k.id)), 'the same key twice');
    return k;
  };
  const add = (n, part) => { need(n && n !== 'none' && !policy.parts.has(n), 'a name that is missing, taken or none'); policy.parts.set(n, part); };
  const join = (n) => { need(policy.parts.has(n) && !members.has(n), 'a member that is not defined before, or twice'); members.add(n); };
  const lines = { // each with its most words
    log: [2, (vkey) => policy.logs.push(key(vkey, ED25519, policy.logs))],
    witness: [3, (n, vkey) => add(n, { key: key(vkey, COSIGNATURE, witnessesOf(policy)) })],
    group: [Infinity, (n, k, ...of) => {
      of.forEach(join);
      const least = k === 'any' ? 1 : k === 'all' ? of.length : /^[1-9][0-9]{0,5}$/.test(k) ? Number(k) : 0;
      need(least >= 1 && least <= of.length, 'a threshold that is not within its members');
      add(n, { least, of });
    }],
    quorum: [1, (n) => {
      need(policy.quorum === undefined && (n === 'none' || policy.parts.has(n)), 'a second quorum, or of what isn\'t defined before');
      policy.quorum = n;
    }],
    '#:bundle': [1, (vkey) => policy.bundles.push(key(vkey, ED25519, policy.bundles))],
    '#:replayer': [2, (n, vkey) => {
      need(n && !policy.replayers.has(n), 'a replayer without a name of its own');
      policy.replayers.set(n, key(vkey, ED25519, [...policy.replayers.values()]));
    }],
  };
  if (!/^([\t\n\x20-\x7e\x80-\xff]*\n)?$/.test(octets(bytes))) throw new Usage('policy: a line without end, or control characters');
  for (const line of octets(bytes).split('\n')) {
    number++;
    const words = line.split(/[ \t]+/).filter(Boolean);
    if (words.length === 0 || (words[0].startsWith('#') && !words[0].startsWith('#:'))) continue;
    const [word, ...rest] = words[0] === '#:' ? [`#:${words[1]}`, ...words.slice(2)] : words;
    // A #: line that isn't understood might be a pin that is mistyped and doesn't hold, so it isn't passed over (finding 18).
    need(Object.hasOwn(lines, word) && (word.startsWith('#:') === (words[0] === '#:')) && rest.length <= lines[word][0], 'not a line of a policy');
    lines[word][1](...rest);
  }
  if (policy.quorum === undefined) throw new Usage('policy: no quorum line');
  return policy;
}
const witnessesOf = (policy) => [...policy.parts.values()].flatMap((part) => part.key ?? []);
/** Whether the witnesses that `present` says are there make the quorum. A group names only what stands before it: one pass is enough. */
export function isQuorum(policy, present) {
  const holds = new Set();
  for (const [name, { key, least, of }] of policy.parts) {
    if (key ? present(key) : of.filter((n) => holds.has(n)).length >= least) holds.add(name);
  }
  return holds.has(policy.quorum);
}

// ---- Manifest and checkpoint (B 2, F 11) ----

const COUNTS = ['leaves', 'run', 'events', 'shown', 'withheld', 'opened', 'erased', 'struck'];
const RUN = record({ first: count, last: count });
const MOST_ALSO = 255; // B 2
const MANIFEST = record({
  bundle: one, counts: record(Object.fromEntries(COUNTS.map((name) => [name, count]))), files: mapOf(record({ sha256: digest, size: count })),
  key: text, ledger: ident, limits: arrayOf(text), made: instant, 'run?': RUN, size: count,
  origin: pattern(/^(?!.*:\/\/)[!-*,-~]{0,199}[!-*,-.0-~]$/, 'an origin'),
  question: record({
    'also?': filled(arrayOf(ident, byteOrder)), of: among('ledger', 'tenant', 'subject', 'stream'), 'tenant?': ident, 'subject?': ident, 'stream?': streamName,
    'axis?': among('recorded', 'occurred'), 'from?': wholeSecond, 'to?': wholeSecond,
  }),
});

function checkQuestion(q) {
  const allowed = { ledger: '', tenant: 'tenant', subject: 'tenant subject', stream: 'tenant stream' }[q.of];
  const named = ['tenant', 'subject', 'stream'].filter((name) => name in q).join(' ');
  demand(named === allowed, 'manifest question', 'does not name what it is of');
  const { also = [] } = q;
  demand(also.length === 0 || q.of === 'tenant' || q.of === 'subject', 'manifest question', 'names several of what has no heads');
  demand(also.length <= MOST_ALSO && !also.includes(q.subject ?? q.tenant), 'manifest question', 'names too many, or one twice');
  demand(('axis' in q) === ('from' in q || 'to' in q) && !('axis' in q && q.of === 'stream'), 'manifest question', 'a period has an axis and a bound, a stream has none');
  demand(!('from' in q && 'to' in q) || q.from < q.to, 'manifest question', 'the period ends before it begins'); // finding 7
}
/** Tags (F 10). The ledger has none. */
export const tagOf = (type, tenant, id) => hash(lp('muniment/tag/1', type, hex(tenant), hex(id))).toString('hex');
const tenantTag = (tenant) => tagOf('tenant', tenant, tenant);
const streamTag = (tenant, stream) => tagOf(`stream/${stream.slice(0, -33)}`, tenant, stream.slice(-32));
/** The tags asked for, in the order of the question, each with the tag of its tenant. */
const askedTags = ({ of, tenant, subject, stream, also = [] }) => {
  if (of === 'ledger') return [{}];
  if (of === 'stream') return [{ tag: streamTag(tenant, stream), tenant: tenantTag(tenant) }];
  const tenants = of === 'tenant';
  return [tenants ? tenant : subject, ...also].map((id) => (tenants ? { tag: tenantTag(id), tenant: tenantTag(id) } : { tag: tagOf('subject', tenant, id), tenant: tenantTag(tenant) }));
};

function readManifest(entries, policy) {
  const note = readNote(entries.get('manifest'), 'manifest');
  const manifest = MANIFEST(parseJSON(note.text.subarray(0, -1), 'manifest'), 'manifest');
  const key = readVkey(manifest.key, ED25519);
  demand(key?.name === `${manifest.origin}/bundle`, 'manifest key', 'is not an Ed25519 vkey named ORIGIN/bundle');
  demand(policy.bundles.length === 0 || policy.bundles.some(({ raw, name }) => raw === key.raw && name === key.name), 'manifest key', 'is not one that the policy pins');
  const [first] = note.signatures; // others may sign after it
  demand(first.name === key.name && first.id === key.id && signers(note, [key], 'manifest').size === 1, 'manifest', 'its first signature is not by its key');
  checkQuestion(manifest.question);
  demand(manifest.files.size === entries.size - 1, 'manifest files', 'are not the entries of the container');
  for (const [name, bytes] of entries) {
    const said = manifest.files.get(name);
    demand(name === 'manifest' || (said?.size === bytes.length && said.sha256 === hash(bytes).toString('hex')), name, 'is not what the manifest says');
  }
  return manifest;
}

function readCheckpoint(bytes, manifest, policy) {
  const where = 'checkpoint';
  const note = readNote(bytes, where);
  const [origin, size, root, ...rest] = octets(note.text).split('\n');
  demand(rest.join() === '' && rest.length === 1, where, 'has not three lines'); // no extension lines (F 11)
  const checkpoint = { origin, size: decimal(size, where), root: base64Hash(root, `${where} root`) };
  demand(origin === manifest.origin && checkpoint.size === manifest.size, where, 'has another origin or size than the manifest');
  demand(checkpoint.size > 0 || checkpoint.root.equals(hash()), where, 'the empty tree has another root');
  const logs = policy.logs.filter(({ name }) => name === origin);
  const [first] = note.signatures; // the log's comes first (F 11; finding 17)
  demand(logs.some(({ name, id }) => name === first.name && id === first.id), where, 'is not signed by a log of the policy in the first place');
  return { ...checkpoint, signers: signers(note, [...logs, ...witnessesOf(policy)], where) };
}

// ---- Leaves and tree (B 3, F 10) ----

const WITHDRAWAL = record({ position: count, reason: matching((v) => /^[A-Z][A-Z0-9_]{0,63}$/.test(v), 'a word'), size: count });
const LEAF = record({
  env: digest, 'epoch?': record({ count, map: among('muniment/heads/1'), root: digest, size: count }), pay: digest, 'prev?': digest, rev: count,
  seq: count, t: count, tags: record({ stream: digest, 'subjects?': filled(arrayOf(digest, byteOrder)), tenant: digest }), type: among('event', 'epoch', 'withdrawal'), v: one,
  'withdrawal?': WITHDRAWAL,
});
export function readLeaf(line, where) {
  const leaf = LEAF(parseJSON(line, where), where);
  demand(('prev' in leaf) === (leaf.rev > 0), where, 'prev is there but at revision 0');
  for (const type of ['epoch', 'withdrawal']) demand((type in leaf) === (leaf.type === type), where, `${type} is there for the type ${type}`);
  return leaf;
}
/** An epoch and its withdrawal are the operator's, in the ledger's stream (F 12): so their tags are known, and bind the manifest's ledger to the log (finding 12). */
function checkEpoch({ epoch, withdrawal, seq, tags }, ledger, where) {
  demand(!epoch || (epoch.size <= seq && epoch.size >= seq - 2 ** 20), where, 'the epoch\'s size does not fit its seq');
  demand(!withdrawal || withdrawal.position < seq, where, 'withdraws an epoch that is no earlier event');
  demand(tags.tenant === tenantTag(OPERATOR) && !tags.subjects, where, 'the epoch is not the operator\'s');
  demand(tags.stream === tagOf('stream/epoch', OPERATOR, ledger), where, 'the epoch is not in this ledger\'s stream');
}

function isAsked({ type, tags: { stream, subjects, tenant } }, of, tag) {
  if (of === 'ledger' || of === 'stream') return of === 'ledger' || stream === tag;
  return type === 'event' && (tenant === tag || Boolean(subjects?.includes(tag)));
}
/** Keeps of each leaf what later steps need; its line is read again when its event is. */
function readLeaves(bytes, { question, ledger, made }, tags) {
  const leaves = [];
  const streams = new Map(); // of each the last leaf: B 5 asks for the chain where a stream is asked for, F 10 says it of all (finding 9)
  for (const { line, where } of linesOf(bytes, 'leaves.ndjson')) {
    const leaf = readLeaf(line, where);
    const { seq, t, rev, type, epoch, tags: { stream, tenant } } = leaf;
    const last = leaves.at(-1) ?? { seq: -1, t: 0 };
    demand(t <= seconds(made) + EARLY, where, 'is of a later time than the bundle'); // B 3
    demand(last.seq < seq && last.t <= t, where, 'seq does not rise, or log time falls'); // B 5 needs the latter, F 9 and 12 say it (finding 8)
    if (type !== 'event') checkEpoch(leaf, ledger, where);
    const before = streams.get(stream);
    demand(!before || before.rev < rev, where, 'its revision is not above the one before in its stream');
    demand(before?.rev !== rev - 1 || before.hash.toString('hex') === leaf.prev, where, 'prev is not the leaf before in its stream');
    const asked = tags.map((one) => isAsked(leaf, question.of, one.tag)); // tags of a leaf are made with one tenant (F 10)
    demand(tags.every((one, i) => !asked[i] || !one.tenant || tenant === one.tenant), where, 'has the tag asked for, but is not of that tenant');
    leaves.push({ seq, t, rev, type, epoch, asked, line, hash: leafHash(line) });
    streams.set(stream, leaves.at(-1));
  }
  return leaves;
}

function checkTree(bytes, leaves, checkpoint) {
  // So many values at most: a file of brackets would take a hundred times its size in memory.
  demand(bytes.reduce((n, b) => n + (b === 0x2c ? 1 : 0), 0) <= 1 + bytes.length / 67, 'tree.json', 'has more values than hashes have room');
  const tree = record({ hashes: arrayOf(digest), size: count })(parseJSON(bytes, 'tree.json', MAX_TREE), 'tree.json');
  demand(tree.size === checkpoint.size, 'tree.json', 'has another size than the checkpoint');
  if (tree.size === 0) { // B 3: the empty log has neither leaves nor hashes
    demand(leaves.length === 0 && tree.hashes.length === 0, 'tree.json', 'has more than an empty log has');
    demand(checkpoint.root.equals(hash()), 'checkpoint', 'is of no empty log');
    return;
  }
  const root = coverRoot(tree.size, leaves.map(({ seq }) => seq), leaves.map((leaf) => leaf.hash), tree.hashes, 'tree.json');
  demand(root === checkpoint.root.toString('hex'), 'tree.json', 'the leaves do not lead to the checkpoint\'s root');
}

// ---- Events (B 6, F 5-7, F 10) ----

const ENVELOPE = { // F 5; what is described and not listed is taken narrowly (finding 15)
  actor: record({
    'behalf?': ident, 'id?': ident, kind: among('PERSON', 'SERVICE', 'SYSTEM', 'UNKNOWN'),
    'role?': word,
  }),
  'auth?': filled(arrayOf(word, byteOrder)),
  'basis?': word,
  'causation?': ident, 'correlation?': ident, 'evidence?': pattern(/^[0-9a-f]{64}$/, 'a SHA-256'), id: ident, kind: pattern(/^[a-z]+\.[a-z]+(_[a-z]+)*$/, 'a kind'), occurred: occurrence,
  precision: among('INSTANT', 'DAY'), 'purpose?': word, recorded: instant,
  'reported?': matching((v) => v === true, 'true'),
  source: pattern(/^[a-z0-9.-]{1,32}$/, 'a source'), stream: streamName,
  'subjects?': filled(arrayOf(record({ capacity: among('CONTROLLER', 'JOINT_CONTROLLER', 'PROCESSOR', 'SUB_PROCESSOR'), id: ident }))),
  tenant: ident, version: matching((v) => Number.isSafeInteger(v) && v >= 1, 'a number from 1'), 'zone?': pattern(/^[+-]\d\d:\d\d$/, 'a zone'),
};
const ENVELOPE_SHOWN = record(Object.fromEntries(Object.entries(ENVELOPE).map(([name, check]) => [`${name.replace('?', '')}?`, check])));
const ENVELOPE_NAMES = new Set(Object.keys(ENVELOPE).map((name) => name.replace('?', '')));
const ENVELOPE_NEEDED = Object.keys(ENVELOPE).filter((name) => !name.endsWith('?'));
const BOX = record({
  alg: among('XAES-256-GCM'), com: mapOf(digest), ct: digest, key: ident, owner: ident, v: one,
  class: word,
  nonce: pattern(/^[0-9a-f]{48}$/, '48 hex digits'),
});
const [SHOWN, WITHHELD] = [record({ n: text, s: digest, v: any }), record({ c: digest, n: text })];
const EVENT = record({
  env: arrayOf(any), 'erased?': filled(arrayOf(record({ by: count, key: ident }), (a, b) => byteOrder(a.key, b.key))),
  'open?': filled(arrayOf(record({ key: ident, path: text, r: digest, value: text }), (a, b) => byteOrder(a.key, b.key) || byteOrder(a.path, b.path))),
  'pay?': arrayOf(any), seq: count, 'struck?': count,
});
/** A list of fields: their names, what is shown, how many are withheld, and the commitment that they make together (F 10). */
export function readFields(list, where) {
  const shown = new Map();
  const names = [];
  const parts = list.flatMap((field) => {
    const withheld = field instanceof Map && field.has('c');
    const { n, s, v, c } = (withheld ? WITHHELD : SHOWN)(field, where);
    demand(names.length === 0 || byteOrder(names.at(-1), n) < 0, where, 'fields are not in name order, or one is there twice');
    names.push(n);
    if (withheld) return [n, hex(c)];
    shown.set(n, v);
    return [n, hash(lp('muniment/field/1', encode(v), hex(s)))];
  });
  return { names, shown, withheld: list.length - shown.size, commitment: hash(lp('muniment/fields/1', ...parts)).toString('hex') };
}

function checkTags({ tenant, stream, subjects }, listed, tags, where) {
  demand(tenant || (!stream && !subjects), where, 'shows stream or subjects without tenant'); // nothing to compare them by (finding 13)
  if (!tenant) return;
  demand(tags.tenant === tenantTag(tenant), where, 'tenant is not the leaf\'s');
  demand(!stream || tags.stream === streamTag(tenant, stream), where, 'stream is not the leaf\'s');
  if (!subjects && listed) return;
  const expected = new Set((subjects ?? []).map(({ id }) => tagOf('subject', tenant, id)));
  demand([...expected].sort().join() === (tags.subjects ?? []).join(), where, 'subjects are not the leaf\'s');
}

function readEnvelope(list, leaf, where) {
  const { names, shown, withheld, commitment } = readFields(list, where);
  demand(commitment === leaf.env, where, 'is not what the leaf commits to');
  const env = ENVELOPE_SHOWN(shown, where);
  demand(ENVELOPE_NEEDED.every((name) => names.includes(name)) && names.every((name) => ENVELOPE_NAMES.has(name)), where, 'lacks fields of an envelope, or has others');
  checkTags(env, names.includes('subjects'), leaf.tags, where);
  const { kind, occurred, recorded } = env;
  demand(!kind || (kind === 'epoch.sealed') === (leaf.type === 'epoch'), where, 'kind does not fit the leaf\'s type');
  demand(!kind || (kind === 'epoch.withdrawn') === (leaf.type === 'withdrawal'), where, 'kind does not fit the leaf\'s type');
  demand(!recorded || seconds(recorded) <= leaf.t, where, 'recorded is later than the log time');
  const first = occurred && begins(occurred);
  const ahead = recorded && first ? seconds(first) - seconds(recorded) : 0; // F 4, on which the period by occurred rests
  demand(!env.precision || !occurred || (env.precision === 'DAY') === isDay(occurred), where, 'says another precision than its time has');
  demand(!env.zone || env.precision !== 'DAY', where, 'has a zone beside a day');
  demand(ahead < EARLY || (ahead === EARLY && first.slice(20) <= recorded.slice(20)), where, 'was recorded more than 300 seconds before it occurred');
  return { env, shown: shown.size, withheld };
}

function readPayload(list, leaf, where) {
  const { names, shown, withheld, commitment } = readFields(list, where);
  demand(commitment === leaf.pay, where, 'is not what the leaf commits to');
  const boxes = new Map();
  const paths = new Set(); // of all boxes: a value is in one of them only
  for (const name of names.filter((n) => !n.startsWith('plain/'))) {
    demand(/^box\/[^,]+(,\/[^,]+)*$/.test(name), where, `has a field ${quoted(name.slice(0, 40))} that no payload has`);
    const own = name.slice(3).split(',');
    demand(own.every((path, i) => !paths.has(path) && (i === 0 || byteOrder(own[i - 1], path) < 0)), where, 'has a path twice, or out of order');
    own.forEach((path) => paths.add(path));
    if (!shown.has(name)) continue;
    const box = BOX(shown.get(name), `${where} ${name}`);
    demand([...box.com.keys()].join() === own.join() && !boxes.has(box.key), where, 'shows a box of other paths, or two of one key');
    boxes.set(box.key, box);
  }
  const open = leaf.epoch ?? leaf.withdrawal;
  if (open) { // its plain fields are the leaf's, as they are (F 10)
    const same = [...shown].every(([name, value]) => open[name.slice(6)] === value);
    demand(same && shown.size + withheld === Object.keys(open).length && boxes.size === 0, where, 'is not the epoch, or its withdrawal, in the leaf');
  }
  return { shown, withheld, boxes };
}

function checkOpenings(open, boxes, id, ledger, where) {
  demand(open.length === 0 || id, where, 'opens a value without showing the event\'s id');
  for (const { key, path, r, value } of open) {
    const made = hash(lp('muniment/commitment/1', hex(ledger), hex(id), path, hex(r), value)).toString('hex');
    demand(boxes.get(key)?.com.get(path) === made, where, `the value opened at ${path.slice(0, 40)} is not committed to in ${key}`);
  }
}
/** Checks each line against its leaf; keeps what is counted, who cites whom (checked when all are read) and when each occurred. */
function readEvents(bytes, leaves, ledger) {
  const events = { occurred: new Map(), counts: { events: 0, shown: 0, withheld: 0, opened: 0, erased: 0, struck: 0 }, erasures: [], strikes: [], unstruck: new Map(), says: new Map() };
  let i = 0;
  let last = -1;
  for (const { line, where: place } of linesOf(bytes, 'events.ndjson')) {
    const event = EVENT(parseJSON(line, place), place);
    const where = `${place} (seq ${event.seq})`;
    while (i < leaves.length && leaves[i].seq < event.seq) i++;
    demand(event.seq > last && leaves[i]?.seq === event.seq, where, 'is not in order, or has no leaf');
    last = event.seq;
    readEvent(event, readLeaf(leaves[i].line, where), ledger, events, where);
  }
  return events;
}

const NAMED = ['id', 'kind', 'occurred', 'recorded', 'tenant']; // what every event that answers shows (B 6)
function readEvent(event, leaf, ledger, { counts, occurred, erasures, strikes, unstruck, says }, where) {
  const { seq, open = [], erased = [], struck } = event;
  const { env, ...fields } = readEnvelope(event.env, leaf, `${where} env`);
  demand(('pay' in event) === (struck === undefined), where, 'pay is there but when struck');
  const pay = event.pay ? readPayload(event.pay, leaf, `${where} pay`) : { shown: new Map(), withheld: 0, boxes: new Map() };
  checkOpenings(open, pay.boxes, env.id, ledger, where);
  const opened = new Set(open.map(({ key }) => key));
  for (const { by, key } of erased) {
    demand(pay.boxes.has(key) && !opened.has(key), where, `${key} is erased, and of no box here, or opened`);
    demand(by > seq, where, `${key} was erased by no later event`);
    erasures.push({ by, key, env, of: pay.boxes.get(key).class, where });
  }
  demand(struck === undefined || (env.id && struck > seq), where, 'is struck without showing its id, or by no later event');
  demand(struck === undefined || !/^((strike|disposal)\.completed|epoch\.(sealed|withdrawn)|log\..*|.*\.keys_destroyed)$/.test(env.kind ?? ''), where, 'is of a kind that is never struck'); // F 6
  if (struck !== undefined) strikes.push({ by: struck, seq, env, where });
  else unstruck.set(seq, { seq, env });
  occurred.set(seq, { at: env.occurred && begins(env.occurred), named: NAMED.every((name) => env[name] !== undefined) });
  const keys = pay.shown.get('plain/keys');
  if (/^(subject|interaction|tenant)\.keys_destroyed$|^strike\.completed$/.test(env.kind ?? '')) {
    says.set(seq, { kind: env.kind, tenant: env.tenant, keys: new Set(Array.isArray(keys) ? keys : []), all: Array.isArray(keys) && keys.length === 0, id: pay.shown.get('plain/event'), position: pay.shown.get('plain/position') });
  }
  if (env.kind === 'disposal.completed' && pay.shown.has('plain/cuts') && pay.shown.has('plain/recordedBefore')) {
    const cuts = CUTS(pay.shown.get('plain/cuts'), `${where} cuts`);
    says.set(seq, { kind: env.kind, tenant: env.tenant, stream: env.stream, cuts, recordedBefore: instant(pay.shown.get('plain/recordedBefore'), `${where} recordedBefore`), keys: new Set() });
  }
  const sums = { events: 1, shown: fields.shown + pay.shown.size, withheld: fields.withheld + pay.withheld, opened: open.length, erased: erased.length };
  for (const [name, n] of Object.entries({ ...sums, struck: struck === undefined ? 0 : 1 })) counts[name] += n;
}
const PROCESSED = new Set(['CONTACT', 'INTERACTION', 'CONSENT_EVIDENCE', 'SUPPRESSION', 'STAFF', 'REQUEST']); // F 7
const CUTS = arrayOf(record({ 'class?': text, family: text, kinds: arrayOf(text), occurredBefore: instant, 'period?': text }));
/** Whether a disposal took what an event held (F 6): the payload, or boxes of a class. It is the operator's word, in the ledger's own stream. Times are in one form, so they compare as texts. */
function disposes(said, { kind, occurred, recorded }, of, ledger) {
  if (said?.kind !== 'disposal.completed' || said.tenant !== OPERATOR || said.stream !== `disposal-${ledger}`) return false;
  if (!kind || !occurred || !recorded || !(recorded < said.recordedBefore)) return false;
  return said.cuts.some((cut) => (!cut.class || cut.class === of) && cut.kinds.includes(kind) && over(occurred) < cut.occurredBefore);
}
/** The seqs of the events that say of others that their keys are gone or that they are struck. */
function checkCitations({ erasures, strikes, unstruck, says }, ledger) {
  for (const { by, key, env, of, where } of erasures) {
    const said = says.get(by);
    const { kind = '', keys, tenant: whose } = said ?? {};
    const branch = kind === 'tenant.keys_destroyed' && (said.all || keys.has(key)) && PROCESSED.has(of) && whose !== OPERATOR; // F 7
    const gone = branch || (/^(subject|interaction)\.keys_destroyed$/.test(kind) && keys.has(key));
    demand((gone && whose !== undefined && whose === env.tenant) || disposes(said, env, of, ledger), where, `event ${by} does not show that ${key} is gone`);
  }
  const struck = (said, { seq, env: { id, tenant } }) => said?.kind === 'strike.completed' && said.id === id && said.position === seq && said.tenant !== undefined && said.tenant === tenant;
  for (const strike of strikes) {
    const said = says.get(strike.by);
    demand(struck(said, strike) || disposes(said, strike.env, undefined, ledger), strike.where, `event ${strike.by} does not show that it struck this one`);
  }
  for (const [by, said] of says) {
    const here = unstruck.get(said.position);
    demand(!here || !struck(said, here), `event ${by}`, 'says that a payload was removed that is here');
  }
  return new Set([...erasures, ...strikes].map(({ by }) => by));
}

// ---- Heads (B 4, F 12) ----

const HEAD = {
  'from?': count, 'hashes?': arrayOf(digest), 'head?': record({ count, root: digest }), 'other?': record({ inner: digest, tag: digest }),
  path: arrayOf(record({ bit: matching((v) => Number.isSafeInteger(v) && v >= 0 && v < 256, 'a bit below 256'), hash: digest }), (a, b) => a.bit - b.bit),
};
const HEADS = record({
  ...HEAD, 'also?': filled(arrayOf(record({ ...HEAD, 'run?': RUN }))), epoch: count,
  replayed: arrayOf(record({ consistency: arrayOf(base64Hash), note: text })),
});
const bitOf = (tag, d) => (Number.parseInt(tag[d >> 2], 16) >> (3 - (d & 3))) & 1;
export const innerHash = (head) => hash(lp('muniment/head/1', big(8, head.count), hex(head.root)));
const emptyMap = () => hash(lp('muniment/heads/empty/1')).toString('hex');
/** The root that a path leads to, from the leaf of `tag` upwards. */
export function mapRoot(tag, inner, path) {
  let root = hash(lp('muniment/heads/leaf/1', hex(tag), inner));
  for (const { bit, hash: side } of path.toReversed()) {
    const sides = bitOf(tag, bit) ? [hex(side), root] : [root, hex(side)];
    root = hash(lp('muniment/heads/node/1', big(2, bit), ...sides));
  }
  return root.toString('hex');
}

/** The heads of those asked for, each with its run; `parts` are as many as tags. */
function readHeads(bytes, { question: { of, also: ids = [] }, run }, leaves) {
  demand((bytes !== undefined) === (of === 'tenant' || of === 'subject'), 'heads.json', 'is there when the question is of a tenant or subject, and only then');
  if (!bytes) return { parts: [{ run }] };
  const heads = HEADS(parseJSON(bytes, 'heads.json'), 'heads.json');
  const leaf = leaves.find(({ seq }) => seq === heads.epoch);
  demand(leaf?.epoch, 'heads.json epoch', 'is no epoch among the leaves');
  const { also = [], from, hashes, head, other, path, ...shared } = heads;
  demand(also.length === ids.length, 'heads.json also', 'has not a head for each one asked for');
  return { ...shared, leaf, parts: [{ from, hashes, head, other, path, run }, ...also] };
}

function checkMap({ from, hashes, head, other, path }, tag, { epoch }) {
  const where = 'heads.json';
  demand(!(head && other) && (head || other || path.length === 0), where, 'has both head and other, or a path that leads to neither');
  demand(Boolean(head) === (from !== undefined) && Boolean(head) === (hashes !== undefined), where, 'from and hashes are there with a head only');
  demand(head?.count !== 0, where, 'a head without events'); // the map is over tags that have one (F 12)
  demand(!other || (other.tag !== tag && path.every(({ bit }) => bitOf(other.tag, bit) === bitOf(tag, bit))), where, 'other is not where the tag would be');
  const root = head ? mapRoot(tag, innerHash(head), path) : other ? mapRoot(other.tag, hex(other.inner), path) : emptyMap();
  demand(root === epoch.root, where, 'the path does not lead to the epoch\'s root');
  demand(head || other ? path.length < epoch.count : epoch.count === 0, where, 'the epoch counts fewer heads than the path shows');
}
/** The keys that signed a replayer's note (F 12) which covers the epoch. Notes are checked whoever signed them (finding 20). */
function readReplay({ note: content, consistency }, { checkpoint, leaf, keys, where }) {
  const note = readNote(Buffer.from(content), where);
  const [magic, origin, size, root, last, map, ...rest] = octets(note.text).split('\n');
  const gone = [];
  while (/^withdrawn [0-9]+$/.test(rest[0])) gone.push(decimal(rest.shift().slice(10), where));
  const bodies = rest[0] === 'tags match bodies';
  demand(magic === 'muniment/replayed/1' && rest.length === (bodies ? 2 : 1) && rest.at(-1) === '', where, 'is not a replayer\'s note');
  const [n, sealed, rootHash, mapHash] = [decimal(size, where), decimal(last, where), base64Hash(root, where), base64Hash(map, where).toString('hex')];
  demand(origin === checkpoint.origin && n <= checkpoint.size && sealed <= n, where, 'is of another log, or its sizes do not fit');
  demand(gone.every((seq, i) => seq < n && (i === 0 || gone[i - 1] < seq)), where, 'its withdrawn epochs do not rise, or lie beyond its tree');
  demand(!gone.includes(leaf.seq), where, 'says that the epoch was withdrawn');
  const roots = (next) => (n > 0 ? consistentRoots(n, checkpoint.size, rootHash, next) : [hash(), checkpoint.root]);
  const [before, now] = usingAll(consistency, where, roots);
  demand(before.equals(rootHash) && now.equals(checkpoint.root), where, 'its tree is not the beginning of the checkpoint\'s');
  const signed = [...signers(note, keys, where).keys()];
  if (n <= leaf.seq) return { signed: [], bodies };
  const { epoch } = leaf; // sizes of epochs never fall, and one size has one map (F 12; finding 21)
  demand(sealed > epoch.size || (sealed === epoch.size && mapHash === epoch.root), where, 'knows another map than the epoch\'s');
  return { signed, bodies };
}
/** On whose word the map is right (B 7). */
function wordOf(heads, checkpoint, policy) {
  const keys = [...policy.replayers.values()];
  const vouching = new Map();
  heads.replayed.forEach((replay, i) => {
    const { signed, bodies } = readReplay(replay, { checkpoint, leaf: heads.leaf, keys, where: `heads.json replayed[${i}]` });
    for (const key of signed) vouching.set(key, bodies || vouching.get(key) === true);
  });
  const missing = [...policy.replayers].filter(([, key]) => !vouching.has(key)).map(([name]) => name);
  demand(missing.length === 0, 'complete', `the word of ${missing.join(', ')} is demanded, and not here`);
  if (keys.length === 0) return 'according to the operator';
  const unread = [...vouching.values()].includes(false) ? ', not all of whom compared tags with bodies' : ''; // finding 22
  return `on the word of ${[...policy.replayers.keys()].join(', ')}${unread}`;
}

// ---- Run (B 5) ----

/** Of each one asked for the leaves between its run's ends. Every other leaf is cited by somebody, or has no business here (finding 11). */
function readRuns(heads, leaves, cited) {
  const runs = heads.parts.map(({ run: ends }, i) => {
    const run = ends ? leaves.filter(({ seq, asked }) => asked[i] && ends.first <= seq && seq <= ends.last) : [];
    demand(!ends || (run[0]?.seq === ends.first && run.at(-1).seq === ends.last), 'run', 'its first or last is no leaf of it');
    return run;
  });
  const members = new Set(runs.flat());
  const stray = leaves.find((leaf) => !members.has(leaf) && !cited.has(leaf.seq) && leaf !== heads.leaf);
  demand(!stray, 'leaves.ndjson', `leaf ${stray?.seq} is neither of the run nor cited`);
  return { runs, run: leaves.filter((leaf) => members.has(leaf)) };
}

const boundsOf = ({ from, to }) => [from ? seconds(from) : -Infinity, to ? seconds(to) : Infinity];
/** That the run reaches as far as the question; `begin` is the index of its first leaf, `total` how many there are of all. */
function checkReach(q, run, begin, total) {
  const [from, to] = boundsOf(q);
  const first = begin === 0;
  const last = begin + run.length === total;
  if (!q.axis) demand(first && last, 'run', 'is not all there is');
  if (q.axis === 'recorded') {
    demand(first || run[0].t < from, 'run', 'begins within the period, and more lies before');
    demand(last || run.at(-1).t >= to, 'run', 'ends within the period, and more lies behind');
    demand(!(run[1]?.t < from) && !(run.at(-2)?.t >= to), 'run', 'has more than one leaf on a side of the period'); // t never falls
  }
  if (q.axis === 'occurred') {
    demand(first || run[0].t < from - EARLY, 'run', 'begins too late for what occurred in the period');
    demand(last, 'run', 'does not go to the last of all');
  }
}
/** That every leaf that answers has its line and, for a period by occurrence, that each that might shows when. How many answer. */
function checkAnswers(q, run, events) {
  const [from, to] = boundsOf(q);
  const [low, high] = { recorded: [from, to], occurred: [from - EARLY, Infinity] }[q.axis] ?? [-Infinity, Infinity];
  const asked = run.filter(({ t }) => low <= t && t < high);
  for (const { seq } of asked) {
    demand(events.occurred.has(seq), `events.ndjson (seq ${seq})`, 'has no line, and is of the answer');
    demand(q.axis !== 'occurred' || events.occurred.get(seq).at, `events.ndjson (seq ${seq})`, 'does not show when it occurred');
  }
  const within = ({ at }) => q.axis !== 'occurred' || ((!q.from || at >= q.from) && (!q.to || at < q.to)); // in one form, so they compare as texts
  const answers = asked.map(({ seq }) => ({ seq, ...events.occurred.get(seq) })).filter(within);
  for (const { seq, named } of answers) demand(named, `events.ndjson (seq ${seq})`, 'answers, and does not show which it is');
  return answers.length;
}

const checkHeads = (bundle) => bundle.heads.parts.forEach((part, i) => checkHead(part, i, bundle));
function checkHead(part, i, { heads: { leaf }, runs, leaves, tags, manifest }) {
  checkMap(part, tags[i].tag, leaf);
  const { epoch } = leaf;
  const { head, from = 0, hashes } = part;
  const run = runs[i];
  const known = leaves.filter(({ seq, asked }) => asked[i] && seq < epoch.size);
  const before = known.filter(({ seq }) => seq < run[0]?.seq).length;
  const behind = known.length - before - run.length;
  demand(Boolean(head) === run.length > 0, 'manifest run', 'there is a run where there is a head');
  demand(run.length === 0 || run.at(-1).seq < epoch.size, 'run', 'goes beyond the epoch\'s size');
  // A leaf of the tag that is cited and lies outside the run must have its place in the head, too (finding 14).
  demand(before <= from && behind <= (head?.count ?? 0) - from - run.length, 'run', 'there are more leaves of the tag than the head has');
  if (!head) return;
  const root = coverRoot(head.count, run.map((_, i) => from + i), run.map((leaf) => leaf.hash), hashes, 'heads.json');
  demand(root === head.root, 'heads.json', 'the run does not lead to the head\'s root');
  checkReach(manifest.question, run, from, head.count);
}
function checkStream({ run, leaves }) {
  demand(leaves.filter(({ asked: [asked] }) => asked).length === run.length, 'run', 'leaves out a leaf of the stream');
  run.forEach(({ rev }, i) => demand(rev === i, 'run', `revision ${i} is missing`)); // prev was compared when the leaves were read
}
function checkLedger({ run, checkpoint, manifest }) {
  demand(run.length > 0 || checkpoint.size === 0, 'manifest run', 'there is a ledger and no run');
  if (run.length === 0) return;
  demand(run.at(-1).seq - run[0].seq + 1 === run.length, 'run', 'leaves out a leaf of the ledger');
  checkReach(manifest.question, run, run[0].seq, checkpoint.size);
}

// ---- Verdict (B 7) ----

function intact(file, policy) {
  const entries = readZip(file);
  const manifest = readManifest(entries, policy);
  const checkpoint = readCheckpoint(entries.get('checkpoint'), manifest, policy);
  const tags = askedTags(manifest.question);
  const leaves = readLeaves(entries.get('leaves.ndjson'), manifest, tags);
  checkTree(entries.get('tree.json'), leaves, checkpoint);
  const events = readEvents(entries.get('events.ndjson'), leaves, manifest.ledger);
  const heads = readHeads(entries.get('heads.json'), manifest, leaves);
  const { runs, run } = readRuns(heads, leaves, checkCitations(events, manifest.ledger));
  const counted = { ...events.counts, leaves: leaves.length, run: run.length };
  for (const name of COUNTS) demand(manifest.counts[name] === counted[name], 'manifest counts', `${name} is ${counted[name]}, not ${manifest.counts[name]}`);
  return { manifest, checkpoint, leaves, tags, events, heads, runs, run };
}

function complete(bundle, policy) {
  const { manifest: { question: q }, checkpoint, events, heads, run } = bundle;
  const check = { ledger: checkLedger, stream: checkStream }[q.of] ?? checkHeads;
  check(bundle);
  const word = {
    ledger: () => 'shown by the tree itself',
    stream: () => 'from revision 0 on; that none follows, according to the operator',
  }[q.of] ?? (() => `before ${heads.leaf.epoch.size} of ${checkpoint.size} in the log, ${wordOf(heads, checkpoint, policy)}`); // finding 2
  return `${checkAnswers(q, run, events)} answer, ${word()}`;
}
/** Age is that of cosignatures: nothing else in a bundle has a time that isn't the operator's own (finding 23). */
function fresh({ checkpoint: { size, signers: signed }, heads }, policy, { minSize, maxAge, now }) {
  if (minSize === undefined && maxAge === undefined) return '-- not asked';
  demand(minSize === undefined || size >= minSize, 'fresh', `the log has ${size} events, not ${minSize}`);
  demand(minSize === undefined || !heads.leaf || heads.leaf.epoch.size >= minSize, 'fresh', `the epoch covers ${heads.leaf?.epoch.size} events, not ${minSize}`);
  const recent = (key) => signed.has(key) && signed.get(key) >= now - maxAge && signed.get(key) <= now + EARLY;
  demand(maxAge === undefined || isQuorum(policy, recent), 'fresh', `no quorum of witnesses saw it within ${maxAge} seconds`);
  return `ok ${size} events${maxAge === undefined ? '' : `, seen by witnesses within ${maxAge} seconds`}`;
}
/** Checks a bundle and tells each line of the verdict as it is reached; throws the first lie. */
export function verifyBundle(file, policy, { acceptUnwitnessed = false, minSize, maxAge, now = Date.now() / 1000, tell = () => {} } = {}) {
  const bundle = intact(file, policy);
  const { checkpoint, events, leaves } = bundle;
  const unpinned = policy.bundles.length > 0 ? '' : '; whose word its question is isn\'t pinned';
  tell(`intact ok ${checkpoint.origin} of size ${checkpoint.size}; leaves here ${leaves.length}, events ${events.counts.events}${unpinned}`);
  tell(`complete ${bundle.manifest.question.of === 'stream' ? '--' : 'ok'} ${complete(bundle, policy)}`);
  tell(`fresh ${fresh(bundle, policy, { minSize, maxAge, now })}`);
  const witnessed = isQuorum(policy, (key) => checkpoint.signers.has(key)); // `quorum none` makes none (finding 24)
  tell(witnessed ? 'unforked ok a quorum of witnesses by the policy' : 'unforked -- another history may have been shown');
  demand(witnessed || acceptUnwitnessed, 'unforked', 'no quorum of witnesses');
}
/** Only a file, whose size is known before it is read; a bundle that is too large isn't read. */
function readFile(path, most) {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > most) throw new Usage(`${path} is not a file of at most ${most} bytes`);
  return readFileSync(path);
}

const USAGE = 'usage: verify-bundle.mjs BUNDLE.zip --policy FILE [--accept-unwitnessed] [--min-size N] [--max-age SECONDS]';
const oneLine = (s) => s.replace(/[^ -~]/g, '?').slice(0, 500); // parts of it may be a stranger's
const known = { policy: { type: 'string' }, 'accept-unwitnessed': { type: 'boolean' }, 'min-size': { type: 'string' }, 'max-age': { type: 'string' } };
function main(args) {
  try {
    const { values: { policy, 'accept-unwitnessed': acceptUnwitnessed, 'min-size': size, 'max-age': age }, positionals } = parseArgs({ args, options: known, allowPositionals: true });
    if (positionals.length !== 1 || !policy || ![size, age].every((n) => n === undefined || /^[0-9]{1,15}$/.test(n))) throw new Usage(USAGE);
    const [minSize, maxAge] = [size, age].map((n) => (n === undefined ? n : Number(n)));
    const pinned = readPolicy(readFile(policy, MAX_VALUE));
    verifyBundle(readFile(positionals[0], MAX_BUNDLE), pinned, { acceptUnwitnessed, minSize, maxAge, tell: (line) => console.log(oneLine(line)) });
    return 0;
  } catch (error) {
    console.error(oneLine(error instanceof Lie ? `lie: ${error.message}` : error.message));
    return error instanceof Lie ? 1 : 2;
  }
}
if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) process.exitCode = main(process.argv.slice(2));

