// A second implementation of docs/formats.md, written from that page alone and
// sharing nothing with the Go code: it recomputes all of vectors.json, so that
// the page, not the program, is what evidence is checked against.
//
//   node check-vectors.mjs [vectors.json]
//
// Exits 0 printing "N checks passed", or 1 naming the first mismatch.
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'

// --- Reporting --------------------------------------------------------------

let passed = 0

class Mismatch extends Error {
  constructor(path, expected, got) {
    super(`${path}\n  expected ${show(expected)}\n  got      ${show(got)}`)
  }
}

const show = (v) => (Buffer.isBuffer(v) ? v.toString('hex') : typeof v === 'string' ? v : JSON.stringify(v))

function check(path, expected, got) {
  if (show(expected) !== show(got)) throw new Mismatch(path, expected, got)
  passed++
}

// need is for what must hold along the way; only recomputed bytes count as checks.
function need(path, expected, ok, got) {
  if (!ok) throw new Mismatch(path, expected, got)
}

// --- 1. Notation ------------------------------------------------------------

const u32 = (n) => {
  const b = Buffer.alloc(4)
  b.writeUInt32BE(n)
  return b
}
const lp = (...parts) =>
  Buffer.concat(parts.flatMap((p) => {
    const b = Buffer.isBuffer(p) ? p : Buffer.from(p, 'utf8')
    return [u32(b.length), b]
  }))
const H = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const HMAC = (k, m) => createHmac('sha256', k).update(m).digest()
// One block of HKDF-Expand is 32 bytes: T(1) = HMAC(k, info || 0x01).
const EXPAND = (k, info) => HMAC(k, Buffer.concat([info, Buffer.from([1])]))

// Buffer.from(x, 'hex') stops quietly at the first bad digit, so look first.
function hex(path, text, bytes) {
  need(path, `${bytes * 2} lower-case hex digits`,
    typeof text === 'string' && text.length === bytes * 2 && /^[0-9a-f]*$/.test(text), text)
  return Buffer.from(text, 'hex')
}

function base64url(path, text) {
  const bytes = Buffer.from(String(text), 'base64url')
  check(`${path} (re-encoded)`, text, bytes.toString('base64url'))
  return bytes
}

// --- 2. Canonical JSON ------------------------------------------------------

function quote(path, s) {
  need(path, 'a string without lone surrogates', s.isWellFormed(), s)
  let out = '"'
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i)
    if (c === 0x22 || c === 0x5c) out += '\\' + s[i]
    else if (c >= 0x20 && c <= 0x7e) out += s[i]
    else out += '\\u' + c.toString(16).padStart(4, '0')
  }
  return out + '"'
}

// The names compare as UTF-8 bytes; JavaScript's own order is of UTF-16 units.
const byName = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

// depth is how many arrays and objects the value lies in.
function encode(path, v, depth = 0) {
  need(path, 'at most 64 arrays and objects around it', depth <= 64, depth)
  if (typeof v === 'string') return quote(path, v)
  if (typeof v === 'boolean') return String(v)
  if (typeof v === 'number') {
    need(path, 'an integer within ±(2^53-1)', Number.isSafeInteger(v), v)
    return String(v)
  }
  need(path, 'a string, boolean, integer, array or object', v !== null && typeof v === 'object', v)
  if (Array.isArray(v)) return '[' + v.map((x, i) => encode(`${path}[${i}]`, x, depth + 1)).join() + ']'
  return '{' + Object.keys(v).sort(byName)
    .map((n) => quote(path, n) + ':' + encode(`${path}.${n}`, v[n], depth + 1)).join() + '}'
}

// A name twice, white space, another order, another escape, 1.0, 1e3 and -0 all
// parse, and none encodes back to the same text.
function canonical(path, text) {
  let v
  try {
    v = JSON.parse(text)
  } catch (e) {
    throw new Mismatch(path, 'JSON', e.message)
  }
  check(`${path} (re-encoded)`, text, encode(path, v))
  return v
}

function members(path, o, spec) {
  need(path, 'an object', o !== null && typeof o === 'object' && !Array.isArray(o), o)
  for (const [name, ok] of Object.entries(spec)) {
    const optional = name.endsWith('?')
    const key = optional ? name.slice(0, -1) : name
    if (optional && !Object.hasOwn(o, key)) continue
    need(`${path}.${key}`, String(ok), Object.hasOwn(o, key) && (ok instanceof RegExp
      ? typeof o[key] === 'string' && ok.test(o[key])
      : ok(o[key])), o[key])
  }
  const known = Object.keys(spec).map((n) => n.replace('?', ''))
  for (const name of Object.keys(o)) need(path, `only ${known}`, known.includes(name), name)
}

// --- XAES-256-GCM (https://c2sp.org/XAES-256-GCM) ----------------------------

function aesBlock(alg, k, block) {
  const c = createCipheriv(alg, k, null).setAutoPadding(false)
  return Buffer.concat([c.update(block), c.final()])
}

function xor(a, b) {
  return Buffer.from(a.map((x, i) => x ^ b[i]))
}

// CMAC of one whole block is AES(block xor K1), K1 being AES(0) doubled in GF(2^128).
function xaesKey(k, salt) {
  const l = aesBlock('aes-256-ecb', k, Buffer.alloc(16))
  const k1 = Buffer.alloc(16)
  for (let i = 0; i < 16; i++) k1[i] = (l[i] << 1) | (i < 15 ? l[i + 1] >> 7 : 0)
  if (l[0] & 0x80) k1[15] ^= 0x87
  const half = (n) => aesBlock('aes-256-ecb', k, xor(Buffer.concat([Buffer.from([0, n, 0x58, 0]), salt]), k1))
  return Buffer.concat([half(1), half(2)])
}

function xaesOpen(path, k, nonce, sealed, ad) {
  need(path, 'at least a tag of 16 bytes', sealed.length >= 16, sealed.length)
  const d = createDecipheriv('aes-256-gcm', xaesKey(k, nonce.subarray(0, 12)), nonce.subarray(12), { authTagLength: 16 })
  d.setAAD(ad)
  d.setAuthTag(sealed.subarray(-16))
  try {
    const plain = Buffer.concat([d.update(sealed.subarray(0, -16)), d.final()])
    passed++
    return plain
  } catch (e) {
    throw new Mismatch(path, 'a box that opens', e.message)
  }
}

function unpad(path, padded) {
  need(path, 'whole blocks of 32 bytes', padded.length > 0 && padded.length % 32 === 0, padded.length)
  let end = padded.length - 1
  while (end > 0 && padded[end] === 0) end--
  // Only as many zeros as the block needs: one text has one padding.
  need(path, '0x80 and fewer than 32 zeros', padded[end] === 0x80 && padded.length - end <= 32, padded)
  return padded.subarray(0, end).toString('latin1')
}

// --- 3. Identifiers ---------------------------------------------------------

function mark(id, version) {
  id[6] = (id[6] & 0x0f) | (version << 4)
  id[8] = (id[8] & 0x3f) | 0x80
  return id
}

function derivedId(namingKey, ms, source, sourceId, kind, ordinal) {
  const time = Buffer.alloc(6)
  time.writeUIntBE(ms, 0, 6)
  const m = HMAC(namingKey, lp('muniment/id/1', source, sourceId, kind, u32(ordinal)))
  return mark(Buffer.concat([time, m.subarray(0, 10)]), 7)
}

function keyedId(namingKey, principal, key, kind, ordinal) {
  const m = HMAC(namingKey, lp('muniment/id/1', 'idempotency', `${principal}:${key}`, kind, u32(ordinal)))
  return mark(Buffer.from(m.subarray(0, 16)), 8)
}

const keyId = (secret, page, slot) => aesBlock('aes-128-ecb', secret, Buffer.concat([page, Buffer.from([slot])]))

// --- 5, 6, 7. The shapes ----------------------------------------------------

const anyHex = (n) => new RegExp(`^[0-9a-f]{${2 * n}}$`)
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v)
const positive = (v) => Number.isSafeInteger(v) && v > 0
const streamName = /^([a-z]+)-([0-9a-f]{32})$/

const envelopeShape = {
  actor: isObject, 'auth?': Array.isArray,
  'basis?': /^(CONSENT|CONTRACT|LEGAL_OBLIGATION|VITAL_INTERESTS|PUBLIC_TASK|LEGITIMATE_INTERESTS)$/,
  'causation?': anyHex(16), 'correlation?': anyHex(16), id: anyHex(16), kind: /^[a-z]+\.[a-z]+(_[a-z]+)*$/,
  occurred: time, precision: /^(INSTANT|DAY)$/, 'purpose?': /^[A-Z][A-Z0-9_]*$/, recorded: time,
  salt: anyHex(32), source: /^[a-z0-9.-]{1,32}$/, stream: streamName, 'subjects?': Array.isArray,
  tenant: anyHex(16), version: positive, 'zone?': /^[+-]\d\d:\d\d$/,
}
const actorShape = {
  'id?': anyHex(16), kind: /^(PERSON|SERVICE|SYSTEM|UNKNOWN)$/,
  'role?': /^(DPO|OPERATOR|CUSTOMER|REGULATOR|AGENT)$/, 'behalf?': anyHex(16),
}
const subjectShape = { capacity: /^(CONTROLLER|JOINT_CONTROLLER|PROCESSOR|SUB_PROCESSOR)$/, id: anyHex(16) }
const authWord = /^(PASSWORD|SECOND_FACTOR|PIN|API_KEY|LINK|CODE)$/
const payloadShape = { 'boxes?': Array.isArray, plain: isObject, salt: anyHex(32) }
const boxShape = {
  alg: /^XAES-256-GCM$/,
  class: /^(CONTACT|INTERACTION|CONSENT_EVIDENCE|SUPPRESSION|STAFF|BUSINESS_CONTACT|REQUEST)$/,
  com: isObject, ct: /^[A-Za-z0-9_-]+$/, key: anyHex(16), nonce: anyHex(24), owner: anyHex(16), v: (n) => n === 1,
}

function parseEnvelope(text) {
  const e = canonical('envelope', text)
  members('envelope', e, envelopeShape)
  members('envelope.actor', e.actor, actorShape)
  for (const [i, a] of (e.auth ?? []).entries()) need(`envelope.auth[${i}]`, String(authWord), authWord.test(a), a)
  check('envelope.auth (sorted)', [...(e.auth ?? [])].sort(byName), e.auth ?? [])
  for (const [i, s] of (e.subjects ?? []).entries()) members(`envelope.subjects[${i}]`, s, subjectShape)
  return e
}

function parsePayload(text) {
  const p = canonical('payload', text)
  members('payload', p, payloadShape)
  const boxes = p.boxes ?? []
  boxes.forEach((b, i) => members(`payload.boxes[${i}]`, b, boxShape))
  check('payload.boxes (sorted by key)', boxes.map((b) => b.key).sort(byName), boxes.map((b) => b.key))
  return p
}

// --- 10. Leaf ---------------------------------------------------------------

// fields is [name, value] pairs in any order.
function fieldsHash(salt, fields) {
  const f = ([name, value]) => {
    const saltOf = H(lp('muniment/salt/1', salt, name))
    return H(lp('muniment/field/1', name, encode(name, value), saltOf))
  }
  return H(lp('muniment/fields/1'), ...fields.sort((a, b) => byName(a[0], b[0])).map(f))
}

// A stub holds what the payload it stands for gave.
function payOf(p) {
  if ('pay' in p) return p.pay
  return fieldsHash(Buffer.from(p.salt, 'hex'), [
    ...Object.entries(p.plain).map(([n, v]) => [`plain/${n}`, v]),
    ...(p.boxes ?? []).map((b) => [`box/${b.key}`, b]),
  ]).toString('hex')
}

const epochShape = { count: (n) => Number.isSafeInteger(n) && n >= 0, map: /^muniment\/heads\/1$/, root: anyHex(32), size: (n) => Number.isSafeInteger(n) && n >= 0 }

function leafOf(e, p, { rev, seq, logTime, prev }) {
  const tenant = Buffer.from(e.tenant, 'hex')
  const tag = (type, id) => H(lp('muniment/tag/1', type, tenant, Buffer.from(id, 'hex'))).toString('hex')
  const [, noun, streamId] = streamName.exec(e.stream)
  const leaf = {
    env: fieldsHash(Buffer.from(e.salt, 'hex'), Object.entries(e).filter(([n]) => n !== 'salt')).toString('hex'),
    pay: payOf(p),
    rev, seq, t: Math.floor(Date.parse(logTime) / 1000),
    tags: { stream: tag(`stream/${noun}`, streamId), tenant: tag('tenant', e.tenant) },
    type: 'event', v: 1,
  }
  const subjects = [...new Set((e.subjects ?? []).map((s) => tag('subject', s.id)))].sort()
  if (subjects.length) leaf.tags.subjects = subjects
  if (prev) leaf.prev = prev
  if (e.kind === 'epoch.sealed') {
    members('epoch', p.plain, epochShape)
    leaf.type = 'epoch'
    leaf.epoch = p.plain
  }
  return leaf
}

// --- The checks -------------------------------------------------------------

function checkIds(v, e) {
  const { ids } = v
  const naming = hex('ids.namingKey', ids.namingKey, 32)
  const derive = (kind) => derivedId(naming, ids.unixMilliseconds, ids.source, ids.sourceId, kind, ids.ordinal).toString('hex')
  const noun = streamName.exec(e.stream)[1]
  check('ids.event', ids.event, derive(e.kind))
  check('ids.stream', ids.stream, `${noun}-${derive(`stream/${noun}`)}`)
  // Whose key it is and for which command stands in section 3, not in vectors.json.
  check('ids.keyed', ids.keyed, keyedId(naming, ids.principal, ids.idempotencyKey, ids.keyedKind, 0))

  const secret = hex('ids.keyIdSecret', ids.keyIdSecret, 16)
  const page = hex('ids.page', ids.page, 15)
  check('ids.slot0', ids.slot0, keyId(secret, page, 0))
  check('ids.slot1', ids.slot1, keyId(secret, page, 1))

  check('envelope.id', ids.event, e.id)
  check('envelope.stream', ids.stream, e.stream)
  check('envelope.source', ids.source, e.source)
  check('envelope.occurred', new Date(ids.unixMilliseconds).toISOString().replace('Z', '000Z'), e.occurred)
}

function checkBoxes(v, e, p) {
  const ledger = hex('ledger', v.ledger, 16)
  const id = Buffer.from(e.id, 'hex')
  const opened = []
  for (const [i, box] of p.boxes.entries()) {
    const at = `payload.boxes[${i}]`
    const paths = Object.keys(box.com)
    // The vectors name a key by the fields it opens; all of a box have one key.
    const keys = new Set(paths.map((path) => v.openings[path]?.key))
    check(`${at} (keys named in openings)`, 1, keys.size)
    const k = hex(`openings ${paths}`, [...keys][0], 32)
    const ad = lp('muniment/box/1', ledger, Buffer.from(e.tenant, 'hex'), e.stream, id, u32(e.version), Buffer.from(box.key, 'hex'), Buffer.from(box.owner, 'hex'), box.class)
    const text = unpad(at, xaesOpen(at, EXPAND(k, lp('muniment/enc/1')), Buffer.from(box.nonce, 'hex'), base64url(`${at}.ct`, box.ct), ad))
    const values = canonical(`${at} plaintext`, text)
    check(`${at} paths`, paths.sort(byName), Object.keys(values).sort(byName))
    for (const path of paths) {
      need(`${at} ${path}`, 'a path and a text', path.startsWith('/') && typeof values[path] === 'string', values[path])
      const r = EXPAND(k, lp('muniment/commit/1', id, path, u32(1)))
      check(`openings.${path}.opening`, v.openings[path].opening, r)
      const com = H(lp('muniment/commitment/1', ledger, id, path, r, values[path]))
      check(`openings.${path}.commitment`, v.openings[path].commitment, com)
      check(`${at}.com.${path}`, box.com[path], com)
      opened.push(path)
    }
  }
  check('openings (paths)', Object.keys(v.openings).sort(byName), opened.sort(byName))
  check('payload.boxes (keys)', [v.ids.slot0, v.ids.slot1].sort(byName), p.boxes.map((b) => b.key))
}

function checkClaim({ claim }) {
  canonical('claim.claim', claim.claim)
  check('claim.digest', claim.digest, HMAC(hex('claim.key', claim.key, 32), lp('muniment/claim/1', claim.claim)))
}

function checkLeaf(name, want, e, p, prev) {
  canonical(`${name}.bytes`, want.bytes)
  need(`${name}.logTime`, String(time), time.test(want.logTime), want.logTime)
  const leaf = leafOf(e, p, { rev: want.revision, seq: want.seq, logTime: want.logTime, prev })
  check(`${name}.bytes`, want.bytes, encode(name, leaf))
  check(`${name}.hash`, want.hash, H(Buffer.from([0]), Buffer.from(want.bytes)))
}

// What is left of a pruned event has one form, and its leaf's hash.
function checkPruned({ pruned, leaf }, e) {
  check('pruned.envelope', pruned.envelope, encode('pruned.envelope', { id: e.id, leaf: leaf.hash }))
  check('pruned.envelope (bytes)', 115, pruned.envelope.length)
}

// The stub has one form; with it in the payload's place the event gives the same leaf.
function checkStruck({ struck, leaf }, e, p) {
  check('struck.payload', struck.payload, encode('struck.payload', { pay: payOf(p) }))
  const stub = canonical('struck.payload', struck.payload)
  check('struck.bytes', struck.bytes, encode('struck.bytes', leafOf(e, stub, { rev: leaf.revision, seq: leaf.seq, logTime: leaf.logTime })))
  check('struck.bytes (those of the leaf)', leaf.bytes, struck.bytes)
}

// --- 12. Heads --------------------------------------------------------------

const u64 = (n) => {
  const b = Buffer.alloc(8)
  b.writeBigUInt64BE(BigInt(n))
  return b
}
const u16 = (n) => Buffer.from([n >> 8, n & 255])
const bit = (tag, d) => (tag[d >> 3] >> (7 - (d & 7))) & 1
const innerOf = (count, root) => H(lp('muniment/head/1', u64(count), root))
const mapLeaf = (tag, inner) => H(lp('muniment/heads/leaf/1', tag, inner))
const mapNode = (d, zero, one) => H(lp('muniment/heads/node/1', u16(d), zero, one))

// RFC 6962, 2.1, over leaf hashes.
function treeRoot(hashes) {
  if (hashes.length < 2) return hashes[0] ?? H()
  let k = 1
  while (2 * k < hashes.length) k *= 2
  return H(Buffer.from([1]), treeRoot(hashes.slice(0, k)), treeRoot(hashes.slice(k)))
}

// entries are [tag, hash], sorted by tag.
function mapRoot(entries) {
  if (entries.length === 0) return H(lp('muniment/heads/empty/1'))
  if (entries.length === 1) return entries[0][1]
  const [first, last] = [entries[0][0], entries.at(-1)[0]]
  let d = 0
  while (bit(first, d) === bit(last, d)) d++
  return mapNode(d, mapRoot(entries.filter((e) => bit(e[0], d) === 0)), mapRoot(entries.filter((e) => bit(e[0], d) === 1)))
}

function provenRoot(path, text) {
  const p = canonical(path, text)
  const tag = hex(`${path}.tag`, p.tag, 32)
  const shown = p.head ? tag : hex(`${path}.other.tag`, p.other.tag, 32)
  const inner = p.head ? innerOf(p.head.count, hex(`${path}.head.root`, p.head.root, 32)) : hex(`${path}.other.inner`, p.other.inner, 32)
  need(path, 'another tag', !p.other || p.other.tag !== p.tag, p.tag)
  let below = 256
  let h = mapLeaf(shown, inner)
  for (const { bit: d, hash } of [...p.path].reverse()) {
    need(path, 'growing bits, on which both tags agree', d >= 0 && d < below && bit(tag, d) === bit(shown, d), d)
    below = d
    const side = hex(`${path}.path`, hash, 32)
    h = bit(tag, d) ? mapNode(d, side, h) : mapNode(d, h, side)
  }
  return h
}

function checkHeads({ heads }) {
  const leaves = heads.leaves.map((l) => hex('heads.leaves', l, 32))
  check('heads.headRoot', heads.headRoot, treeRoot(leaves))
  const inner = innerOf(leaves.length, treeRoot(leaves))
  check('heads.inner', heads.inner, inner)
  const entries = heads.tags.map((t) => hex('heads.tags', t, 32)).sort(Buffer.compare).map((t) => [t, mapLeaf(t, inner)])
  check('heads.root', heads.root, mapRoot(entries))
  check('heads.empty', heads.empty, mapRoot([]))
  check('heads.member', heads.root, provenRoot('heads.member', heads.member))
  check('heads.absent', heads.root, provenRoot('heads.absent', heads.absent))
}

try {
  const v = JSON.parse(readFileSync(process.argv[2] ?? new URL('vectors.json', import.meta.url), 'utf8'))
  // A member nobody recomputes would look checked and not be.
  check('members', 'claim,envelope,epoch,heads,ids,leaf,ledger,next,openings,payload,pruned,struck', Object.keys(v).sort().join())
  const e = parseEnvelope(v.envelope)
  const p = parsePayload(v.payload)
  checkIds(v, e)
  checkClaim(v)
  checkBoxes(v, e, p)
  checkLeaf('leaf', v.leaf, e, p)
  checkLeaf('next', v.next, e, p, v.leaf.hash)
  checkStruck(v, e, p)
  checkPruned(v, e)
  checkLeaf('epoch', v.epoch, parseEnvelope(v.epoch.envelope), parsePayload(v.epoch.payload))
  checkHeads(v)
  console.log(`${passed} checks passed`)
} catch (e) {
  console.error(e instanceof Mismatch ? `mismatch at ${e.message}` : e)
  process.exitCode = 1
}
