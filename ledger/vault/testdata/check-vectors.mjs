// A second implementation of docs/formats.md, written from that page alone and
// sharing nothing with the Go code: it recomputes all of vectors.json, so that
// the page, not the program, is what evidence is checked against.
//
//   node check-vectors.mjs [vectors.json]
//
// Exits 0 printing "N checks passed", or 1 naming the first mismatch.
import { readFileSync } from 'node:fs'
import { aesBlock, base64url, byName, canonical, check, encode, EXPAND, H, hex, HMAC, lp, members, Mismatch, need, passes, u32, unpad, xaesOpen } from './notation.mjs'
import { innerOf, mapLeaf, mapRoot, provenRoot, treeRoot } from './heads.mjs'
import { checkLater } from './check-log.mjs'
import { checkKeys } from './check-keys.mjs'

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
const occurrence = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{6}Z|[+-]\d\d:\d\d)?$/ // a day has the offset of its zone, or none
const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v)
const word = /^[A-Z][A-Z0-9_]{0,63}$/ // of an open list
const positive = (v) => Number.isSafeInteger(v) && v > 0
const streamName = /^([a-z]+)-([0-9a-f]{32})$/

const envelopeShape = {
  actor: isObject, 'auth?': Array.isArray,
  'basis?': word,
  'causation?': anyHex(16), 'correlation?': anyHex(16), 'evidence?': anyHex(32), id: anyHex(16), kind: /^[a-z]+\.[a-z]+(_[a-z]+)*$/,
  occurred: occurrence, precision: /^(INSTANT|DAY)$/, 'purpose?': /^[A-Z][A-Z0-9_]*$/, recorded: time, 'reported?': (v) => v === true,
  salt: anyHex(32), source: /^[a-z0-9.-]{1,32}$/, stream: streamName, 'subjects?': Array.isArray,
  tenant: anyHex(16), version: positive, 'zone?': /^[+-]\d\d:\d\d$/,
}
const actorShape = {
  'id?': anyHex(16), kind: /^(PERSON|SERVICE|SYSTEM|UNKNOWN)$/,
  'role?': word, 'behalf?': anyHex(16),
}
const subjectShape = { capacity: /^(CONTROLLER|JOINT_CONTROLLER|PROCESSOR|SUB_PROCESSOR)$/, id: anyHex(16) }
const authWord = word
const payloadShape = { 'boxes?': Array.isArray, plain: isObject, salt: anyHex(32) }
const boxShape = {
  alg: /^XAES-256-GCM$/,
  class: word,
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

const fieldHash = (name, value, salt) => H(lp('muniment/field/1', encode(name, value), salt))

// fields is [name, value] pairs in any order.
function fieldsHash(salt, fields) {
  const f = ([name, value]) => [name, fieldHash(name, value, H(lp('muniment/salt/1', salt, name)))]
  return H(lp('muniment/fields/1', ...fields.sort((a, b) => byName(a[0], b[0])).flatMap(f)))
}

// A stub holds what the payload it stands for gave.
function payOf(p) {
  if ('pay' in p) return p.pay
  return fieldsHash(Buffer.from(p.salt, 'hex'), [
    ...Object.entries(p.plain).map(([n, v]) => [`plain/${n}`, v]),
    ...(p.boxes ?? []).map((b) => [`box${Object.keys(b.com).join()}`, { ...b, ct: H(lp('muniment/ct/1', b.ct)).toString('hex') }]),
  ]).toString('hex')
}

const withdrawalShape = { position: (n) => Number.isSafeInteger(n) && n >= 0, reason: /^[A-Z][A-Z0-9_]{0,63}$/, size: (n) => Number.isSafeInteger(n) && n >= 0 }
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
  if (e.kind === 'epoch.withdrawn') {
    members('withdrawal', p.plain, withdrawalShape)
    leaf.type = 'withdrawal'
    leaf.withdrawal = p.plain
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

function checkMade({ ids, made }) {
  const naming = hex('ids.namingKey', ids.namingKey, 32)
  for (const [i, m] of made.entries()) {
    need(`made[${i}].principal`, 'no colon', !m.principal.includes(':'), m.principal)
    check(`made[${i}].id`, m.id, keyedId(naming, m.principal, m.key, m.kind, 0))
  }
}

function checkCanonical({ canonical: { accepts, refuses } }) {
  for (const [i, text] of accepts.entries()) canonical(`canonical.accepts[${i}]`, text)
  for (const [i, text] of refuses.entries()) {
    let read = true
    try {
      canonical(`canonical.refuses[${i}]`, text)
    } catch (e) {
      if (!(e instanceof Mismatch)) throw e
      read = false
    }
    check(`canonical.refuses[${i}] (read)`, false, read)
  }
}

function checkTimes({ times }) {
  for (const [i, { given, text, microseconds: us }] of times.entries()) {
    const ms = Math.floor(us / 1000)
    check(`times[${i}].text`, text, `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1000).padStart(3, '0')}Z`)
    need(`times[${i}].text`, String(time), time.test(text), text)
    check(`times[${i}].given`, Math.floor(Date.parse(given) / 1000), Math.floor(us / 1e6))
  }
}

// What a box opens to with its key: each value, the opening and the commitment.
function openBox(at, ledger, { tenant, stream, id, version }, box, k) {
  const [event, owner] = [Buffer.from(id, 'hex'), Buffer.from(box.owner, 'hex')]
  const ad = lp('muniment/box/1', ledger, Buffer.from(tenant, 'hex'), stream, event, u32(version), Buffer.from(box.key, 'hex'), owner, box.class)
  const text = unpad(at, xaesOpen(at, EXPAND(k, lp('muniment/enc/1')), Buffer.from(box.nonce, 'hex'), base64url(`${at}.ct`, box.ct), ad))
  const values = canonical(`${at} plaintext`, text)
  check(`${at} paths`, Object.keys(box.com).sort(byName), Object.keys(values).sort(byName))
  return Object.entries(values).map(([path, value]) => {
    need(`${at} ${path}`, 'a path and a text', path.startsWith('/') && typeof value === 'string', value)
    const r = EXPAND(k, lp('muniment/commit/1', event, path, u32(1)))
    const com = H(lp('muniment/commitment/1', ledger, event, path, r, value))
    check(`${at}.com.${path}`, box.com[path], com)
    return { path, value, r, com }
  })
}

// Boxes alone, without the rest of their events.
function checkMoreBoxes({ ledger, boxes }) {
  for (const [i, b] of boxes.entries()) {
    const at = `boxes[${i}]`
    const box = canonical(at, b.box)
    members(at, box, boxShape)
    if (box.class === 'CASE') check(`${at}.owner`, box.owner, streamName.exec(b.stream)[2])
    check(`${at}.padded`, b.padded, base64url(`${at}.ct`, box.ct).length - 16)
    const found = openBox(at, hex('ledger', ledger, 16), { ...b, id: b.event }, box, hex(`${at}.key`, b.key, 32))
    check(`${at}.opened`, Object.keys(b.opened).sort(byName), found.map(({ path }) => path).sort(byName))
    for (const { path, value, r, com } of found) {
      check(`${at}.value`, b.opened[path].value, value)
      check(`${at}.opening`, b.opened[path].opening, r)
      check(`${at}.commitment`, b.opened[path].commitment, com)
    }
  }
}

function checkBoxes(v, e, p) {
  const ledger = hex('ledger', v.ledger, 16)
  const opened = []
  for (const [i, box] of p.boxes.entries()) {
    const at = `payload.boxes[${i}]`
    const paths = Object.keys(box.com)
    // The vectors name a key by the fields it opens; all of a box have one key.
    const keys = new Set(paths.map((path) => v.openings[path]?.key))
    check(`${at} (keys named in openings)`, 1, keys.size)
    const k = hex(`openings ${paths}`, [...keys][0], 32)
    for (const { path, r, com } of openBox(at, ledger, e, box, k)) {
      check(`openings.${path}.opening`, v.openings[path].opening, r)
      check(`openings.${path}.commitment`, v.openings[path].commitment, com)
      opened.push(path)
    }
  }
  check('openings (paths)', Object.keys(v.openings).sort(byName), opened.sort(byName))
  check('payload.boxes (keys)', [v.ids.slot0, v.ids.slot1].sort(byName), p.boxes.map((b) => b.key))
}

const claimShape = {
  kind: envelopeShape.kind, version: positive, tenant: anyHex(16), stream: isObject, source: envelopeShape.source, occurred: occurrence, precision: envelopeShape.precision,
  'zone?': envelopeShape['zone?'], 'purpose?': envelopeShape['purpose?'], 'basis?': envelopeShape['basis?'], 'auth?': Array.isArray, actor: isObject, 'evidence?': anyHex(32),
  subjects: Array.isArray, plain: isObject, personal: isObject,
}
const commandShape = { command: /^[a-z][A-Za-z]*$/, input: isObject, stream: streamName }

const texts = (all) => Array.isArray(all) && all.length > 0 && all.every((text) => typeof text === 'string' && text !== '')

function checkClaim({ claim, claims }) {
  for (const [i, c] of [claim, ...claims].entries()) {
    const o = canonical(`claims[${i}].claim`, c.claim)
    check(`claims[${i}].digest`, c.digest, Buffer.concat([u32(c.epoch), HMAC(hex('claim.key', c.key, 32), lp('muniment/claim/1', c.claim)).subarray(0, 28)]))
    if (i === 0) continue // a short one
    members(`claims[${i}]`, o, o.command ? commandShape : claimShape)
    if (o.command) continue
    members(`claims[${i}].stream`, o.stream, { 'name?': streamName, 'id?': /./, 'at?': time, 'source?': envelopeShape.source })
    members(`claims[${i}].actor`, o.actor, { ...actorShape, 'login?': /^[^/]+\/./ })
    o.subjects.forEach((s) => members(`claims[${i}].subjects`, s, { capacity: subjectShape.capacity, 'id?': anyHex(16), 'PHONE?': texts, 'EMAIL?': texts, 'LOGIN?': texts }))
    Object.entries(o.personal).forEach(([path, value]) => need(`claims[${i}].personal`, 'a path and a text', path.startsWith('/') && typeof value === 'string', path))
  }
}

function checkLeaf(name, want, e, p, prev) {
  canonical(`${name}.bytes`, want.bytes)
  need(`${name}.logTime`, String(time), time.test(want.logTime), want.logTime)
  const leaf = leafOf(e, p, { rev: want.revision, seq: want.seq, logTime: want.logTime, prev })
  check(`${name}.bytes`, want.bytes, encode(name, leaf))
  check(`${name}.hash`, want.hash, H(Buffer.from([0]), Buffer.from(want.bytes)))
}

// The stub has one form; with it in the payload's place the event gives the same leaf.
function checkStruck({ struck, leaf }, e, p) {
  check('struck.payload', struck.payload, encode('struck.payload', { pay: payOf(p) }))
  const stub = canonical('struck.payload', struck.payload)
  check('struck.bytes', struck.bytes, encode('struck.bytes', leafOf(e, stub, { rev: leaf.revision, seq: leaf.seq, logTime: leaf.logTime })))
  check('struck.bytes (those of the leaf)', leaf.bytes, struck.bytes)
}

// --- 12. Heads --------------------------------------------------------------

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
  check('members', 'boxes,bundle,canonical,claim,claims,completeness,envelope,epoch,heads,ids,journals,keys,leaf,ledger,log,made,next,openings,order,payload,replayed,struck,times,withdrawal', Object.keys(v).sort().join())
  const e = parseEnvelope(v.envelope)
  const p = parsePayload(v.payload)
  checkIds(v, e)
  checkClaim(v)
  checkBoxes(v, e, p)
  checkMoreBoxes(v)
  checkLeaf('leaf', v.leaf, e, p)
  checkLeaf('next', v.next, e, p, v.leaf.hash)
  checkStruck(v, e, p)
  checkLeaf('epoch', v.epoch, parseEnvelope(v.epoch.envelope), parsePayload(v.epoch.payload))
  checkLeaf('withdrawal', v.withdrawal, parseEnvelope(v.withdrawal.envelope), parsePayload(v.withdrawal.payload))
  checkHeads(v)
  checkCanonical(v)
  checkMade(v)
  checkTimes(v)
  checkKeys(v)
  checkLater(v, fieldHash)
  console.log(`${passes()} checks passed`)
} catch (e) {
  console.error(e instanceof Mismatch ? `mismatch at ${e.message}` : e)
  process.exitCode = 1
}
