// What every part of the second implementation needs: docs/formats.md, sections 1 and 2, the AEAD of
// section 7, and how a mismatch is told.
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'

// --- Reporting --------------------------------------------------------------

let passed = 0
export const passes = () => passed

export class Mismatch extends Error {
  constructor(path, expected, got) {
    super(`${path}\n  expected ${show(expected)}\n  got      ${show(got)}`)
  }
}

const show = (v) => (Buffer.isBuffer(v) ? v.toString('hex') : typeof v === 'string' ? v : JSON.stringify(v))

export function check(path, expected, got) {
  if (show(expected) !== show(got)) throw new Mismatch(path, expected, got)
  passed++
}

// need is for what must hold along the way; only recomputed bytes count as checks.
export function need(path, expected, ok, got) {
  if (!ok) throw new Mismatch(path, expected, got)
}

// --- 1. Notation ------------------------------------------------------------

export const u32 = (n) => {
  const b = Buffer.alloc(4)
  b.writeUInt32BE(n)
  return b
}
export const lp = (...parts) =>
  Buffer.concat(parts.flatMap((p) => {
    const b = Buffer.isBuffer(p) ? p : Buffer.from(p, 'utf8')
    return [u32(b.length), b]
  }))
export const H = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
export const HMAC = (k, m) => createHmac('sha256', k).update(m).digest()
// One block of HKDF-Expand is 32 bytes: T(1) = HMAC(k, info || 0x01).
export const EXPAND = (k, info) => HMAC(k, Buffer.concat([info, Buffer.from([1])]))

// Buffer.from(x, 'hex') stops quietly at the first bad digit, so look first.
export function hex(path, text, bytes) {
  need(path, `${bytes * 2} lower-case hex digits`,
    typeof text === 'string' && text.length === bytes * 2 && /^[0-9a-f]*$/.test(text), text)
  return Buffer.from(text, 'hex')
}

export function base64url(path, text) {
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
export const byName = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

// depth is how many arrays and objects the value lies in.
export function encode(path, v, depth = 0) {
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
export function canonical(path, text) {
  let v
  try {
    v = JSON.parse(text)
  } catch (e) {
    throw new Mismatch(path, 'JSON', e.message)
  }
  check(`${path} (re-encoded)`, text, encode(path, v))
  return v
}

export function members(path, o, spec) {
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

export function aesBlock(alg, k, block) {
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

export function xaesOpen(path, k, nonce, sealed, ad) {
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

export function unpad(path, padded) {
  let end = padded.length - 1
  while (end > 0 && padded[end] === 0) end--
  // One text has one padding: the text and 0x80 reach to the next of 32, 64, 128, …
  let length = 32
  while (length < end + 1) length *= 2
  need(path, `0x80, then zeros up to ${length} bytes`, padded[end] === 0x80 && padded.length === length, padded)
  return padded.subarray(0, end).toString('latin1')
}

export function xaesSeal(k, nonce, plaintext, ad) {
  const c = createCipheriv('aes-256-gcm', xaesKey(k, nonce.subarray(0, 12)), nonce.subarray(12), { authTagLength: 16 })
  c.setAAD(ad)
  return Buffer.concat([nonce, c.update(plaintext), c.final(), c.getAuthTag()])
}
