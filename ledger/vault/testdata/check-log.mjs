// Order, log, proofs and bundle: docs/formats.md, sections 9, 11 and 12, docs/bundle.md, and the C2SP
// specifications that they name.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { canonical, check, H, hex, lp, need } from './notation.mjs'
import { innerOf, mapLeaf, mapNode, bit, treeRoot } from './heads.mjs'

const leafHash = (leaf) => H(Buffer.from([0]), Buffer.from(leaf))
const nodeHash = (a, b) => H(Buffer.from([1]), a, b)
const b64 = (b) => b.toString('base64')

// --- signed-note -------------------------------------------------------------

const privateKey = (seed) =>
  createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' })
const publicOf = (seed) => createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' }).subarray(-32)
const keyId = (name, pub) => H(Buffer.from(`${name}\n`), Buffer.from([1]), pub).subarray(0, 4)
const vkeyOf = (name, pub) => `${name}+${keyId(name, pub).toString('hex')}+${b64(Buffer.concat([Buffer.from([1]), pub]))}`

function noteOf(text, name, ...seeds) {
  return `${text}\n${seeds.map((seed) => {
    const signature = sign(null, Buffer.from(text), privateKey(seed))
    return `— ${name} ${b64(Buffer.concat([keyId(name, publicOf(seed)), signature]))}\n`
  }).join('')}`
}

// opened is the text of a note that has one signature, by the vkey.
function opened(path, note, vkey) {
  const at = note.lastIndexOf('\n\n')
  const text = note.slice(0, at + 1)
  const [, name, , key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey)
  const pub = Buffer.from(key, 'base64').subarray(1)
  check(`${path} (vkey)`, vkey, vkeyOf(name, pub))
  const m = /^— (\S+) (\S+)\n$/.exec(note.slice(at + 2))
  need(path, 'one signature', m && m[1] === name, note.slice(at + 2))
  const signature = Buffer.from(m[2], 'base64')
  check(`${path} (key id)`, keyId(name, pub), signature.subarray(0, 4))
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), pub])
  check(`${path} (signature)`, true, verify(null, Buffer.from(text), createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature.subarray(4)))
  return text
}

// --- RFC 6962 ----------------------------------------------------------------

const split = (n) => {
  let k = 1
  while (2 * k < n) k *= 2
  return k
}
function inclusion(m, hashes) {
  if (hashes.length === 1) return []
  const k = split(hashes.length)
  return m < k ? [...inclusion(m, hashes.slice(0, k)), treeRoot(hashes.slice(k))] : [...inclusion(m - k, hashes.slice(k)), treeRoot(hashes.slice(0, k))]
}
function consistency(m, hashes, whole = true) {
  if (m === hashes.length) return whole ? [] : [treeRoot(hashes)]
  const k = split(hashes.length)
  return m <= k ? [...consistency(m, hashes.slice(0, k), whole), treeRoot(hashes.slice(k))]
    : [...consistency(m - k, hashes.slice(k), false), treeRoot(hashes.slice(0, k))]
}

// rootBy is the root that an inclusion proof leads to.
function rootBy(path, h, index, size, hashes) {
  const walk = (i, n, rest) => {
    if (n === 1) {
      need(path, 'no hash left over', rest.length === 0, rest.length)
      return h
    }
    need(path, 'another hash', rest.length > 0, 0)
    const k = split(n)
    const side = rest.at(-1)
    return i < k ? nodeHash(walk(i, k, rest.slice(0, -1)), side) : nodeHash(side, walk(i - k, n - k, rest.slice(0, -1)))
  }
  return walk(index, size, hashes)
}

// --- 9. Order ------------------------------------------------------------------

function checkOrder({ order: { recorded, logTimes, known } }) {
  let last = ''
  recorded.forEach((r, i) => { // of one length, so that texts compare like times
    last = r > last ? r : last
    check(`order.logTimes[${i}]`, logTimes[i], last)
  })
  known.forEach(({ at, seq }, i) => check(`order.known[${i}]`, seq, logTimes.findLastIndex((t) => t <= at)))
}

// --- 11. Log --------------------------------------------------------------------

const checkpointText = (origin, size, root) => `${origin}\n${size}\n${b64(root)}\n`

function checkLog({ log }) {
  const [key, next] = [hex('log.key', log.key, 32), hex('log.nextKey', log.nextKey, 32)]
  check('log.defaultOrigin', log.defaultOrigin, `muniment.invalid/${log.ledger}`)
  check('log.vkey', log.vkey, vkeyOf(log.origin, publicOf(key)))
  check('log.vkeys', log.vkeys, [key, next].map((k) => vkeyOf(log.origin, publicOf(k))))
  check('log.empty', log.empty, noteOf(checkpointText(log.origin, 0, H()), log.origin, key))

  const leaves = []
  for (let rest = Buffer.from(log.entries, 'base64'); rest.length > 0; rest = rest.subarray(2 + rest.readUInt16BE())) {
    leaves.push(rest.subarray(2, 2 + rest.readUInt16BE()))
  }
  const hashes = leaves.map(leafHash)
  check('log.checkpoint', log.checkpoint, noteOf(checkpointText(log.origin, hashes.length, treeRoot(hashes)), log.origin, key))
  for (const [path, tile] of Object.entries(log.tiles)) {
    const m = /^tile\/0\/000\.p\/(\d+)$/.exec(path)
    need(`log.tiles ${path}`, 'a partial tile of level 0', m, path)
    check(`log.tiles ${path}`, tile, b64(Buffer.concat(hashes.slice(0, Number(m[1])))))
  }
  check('log.tiles (widest)', true, Object.hasOwn(log.tiles, `tile/0/000.p/${hashes.length}`))
  check('log.leaf', log.leaf, leaves[3].toString())
  check('log.proof', log.proof, `c2sp.org/tlog-proof@v1\nindex 3\n${inclusion(3, hashes).map((h) => `${b64(h)}\n`).join('')}\n${log.checkpoint}`)
  check('log.fromRoot', log.fromRoot, b64(treeRoot(hashes.slice(0, log.from))))
  check('log.consistency', log.consistency, consistency(log.from, hashes).map(b64))
}

// --- 12. Completeness -----------------------------------------------------------

// proven checks that a leaf is in a log that the key signed; it returns the leaf, parsed.
function proven(path, leaf, proof, vkey) {
  const o = canonical(`${path} leaf`, leaf)
  const m = /^c2sp\.org\/tlog-proof@v1\nindex (\d+)\n((?:[A-Za-z0-9+/=]{44}\n)*)\n([^]*)$/.exec(proof)
  need(path, 'a tlog-proof', m, proof)
  const [origin, size, root, end] = opened(path, m[3], vkey).split('\n')
  need(path, 'a checkpoint of the key', vkey.startsWith(`${origin}+`) && end === '', origin)
  check(`${path} (index)`, o.seq, Number(m[1]))
  check(`${path} (root)`, root, b64(rootBy(path, leafHash(leaf), o.seq, Number(size), m[2].split('\n').slice(0, -1).map((h) => Buffer.from(h, 'base64')))))
  return o
}

const tagOf = (type, tenant, id) => H(lp('muniment/tag/1', type, tenant, id))

function headProven(path, p, root) {
  const tag = hex(`${path}.tag`, p.tag, 32)
  need(path, 'head or other', !p.head !== !p.other, p)
  const shown = p.head ? tag : hex(`${path}.other`, p.other.tag, 32)
  need(path, 'another tag', !p.other || !shown.equals(tag), p.tag)
  let h = mapLeaf(shown, p.head ? innerOf(p.head.count, hex(`${path}.head`, p.head.root, 32)) : hex(`${path}.other`, p.other.inner, 32))
  let below = 256
  for (const step of [...p.path].reverse()) {
    need(path, 'growing bits, on which both tags agree', step.bit >= 0 && step.bit < below && bit(tag, step.bit) === bit(shown, step.bit), step.bit)
    below = step.bit
    const side = hex(`${path}.path`, step.hash, 32)
    h = bit(tag, step.bit) ? mapNode(step.bit, side, h) : mapNode(step.bit, h, side)
  }
  check(`${path} (map)`, root, h)
}

// pieces are the sizes of the greatest perfect sub-trees from one leaf to another.
function pieces(from, to) {
  const sizes = []
  while (from < to) {
    let n = 1
    while (from % (2 * n) === 0 && from + 2 * n <= to) n *= 2
    sizes.push(n)
    from += n
  }
  return sizes
}

function periodProven(path, p, tag, head) {
  const leaves = p.leaves.map((l) => canonical(`${path}.leaves`, l))
  need(path, 'as many leaves as numbers', leaves.length === p.to - p.from && p.to <= head.count, p)
  leaves.forEach((l, i) => {
    need(path, 'the tag', l.tags.tenant === tag || l.tags.subjects?.includes(tag), l)
    need(path, 'order', i === 0 || (l.seq > leaves[i - 1].seq && l.t >= leaves[i - 1].t), l)
  })
  need(path, 'a first leaf before start', p.from === 0 || leaves[0].t < p.start, p)
  need(path, 'a last leaf from end on', p.to === head.count || leaves.at(-1).t >= p.end, p)
  const parts = [] // [size, hash], from left to right
  const [left, right] = [pieces(0, p.from), pieces(p.to, head.count)]
  need(path, 'as many hashes as pieces', left.length === p.left.length && right.length === p.right.length, p)
  left.forEach((n, i) => parts.push([n, hex(path, p.left[i], 32)]))
  p.leaves.forEach((l) => parts.push([1, leafHash(l)]))
  right.forEach((n, i) => parts.push([n, hex(path, p.right[i], 32)]))
  const fold = (n) => {
    if (parts[0][0] === n) return parts.shift()[1]
    const k = split(n)
    const first = fold(k)
    return nodeHash(first, fold(n - k))
  }
  check(`${path} (head)`, head.root, fold(head.count))
}

function checkCompleteness({ completeness: c }) {
  for (const name of ['member', 'absent']) {
    const at = `completeness.${name}`
    const p = canonical(at, c[name])
    const leaf = proven(`${at}.epoch`, p.epoch.leaf, p.epoch.log, c.vkey)
    need(at, 'an epoch', leaf.type === 'epoch' && leaf.epoch.map === 'muniment/heads/1', leaf)
    headProven(at, p, leaf.epoch.root)
    if (name === 'member') {
      const tenant = hex('completeness.tenant', c.tenant, 16)
      check(`${at}.tag`, p.tag, tagOf('tenant', tenant, tenant))
      periodProven(`${at}.period`, p.period, p.tag, p.head)
    }
  }
}

function checkReplayed({ replayed: r }) {
  const none = H(lp('muniment/heads/empty/1'))
  const text = (covers, root, last) => `muniment/replayed/1\n${r.origin}\n${r.size}\n${r.root}\n${covers}\n${b64(root)}\n${last}`
  const epoch = hex('replayed.epoch', r.epoch, 32)
  check('replayed.bodies', text(r.covers, epoch, 'tags match bodies\n'), opened('replayed.bodies', r.bodies, r.vkey))
  check('replayed.leaves', text(r.covers, epoch, ''), opened('replayed.leaves', r.leaves, r.vkey))
  check('replayed.none', text(0, none, 'withdrawn 5\n'), opened('replayed.none', r.none, r.vkey))
}

// --- docs/bundle.md ---------------------------------------------------------------

const table = Array.from({ length: 256 }, (_, n) => {
  for (let i = 0; i < 8; i++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1
  return n >>> 0
})
const crc32 = (b) => (b.reduce((c, x) => table[(c ^ x) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0

// zipOf is the one container that some files have (bundle, 1).
function zipOf(files) {
  const local = []
  const central = []
  let at = 0
  for (const [name, text] of files) {
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x21, 8)
    common.writeUInt32LE(crc32(text), 10)
    common.writeUInt32LE(text.length, 14)
    common.writeUInt32LE(text.length, 18)
    common.writeUInt16LE(name.length, 22)
    local.push(Buffer.from('504b0304', 'hex'), common, Buffer.from(name), text)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(at, 10)
    central.push(Buffer.from('504b01021400', 'hex'), common, rest, Buffer.from(name))
    at += 30 + name.length + text.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...local, directory, end])
}

function unzip(zip) {
  const files = []
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50;) {
    const [size, length] = [zip.readUInt32LE(at + 18), zip.readUInt16LE(at + 26)]
    files.push([zip.toString('latin1', at + 30, at + 30 + length), zip.subarray(at + 30 + length, at + 30 + length + size)])
    at += 30 + length + size
  }
  return files
}

function checkBundle({ bundle }, fieldHash) {
  const zip = Buffer.from(bundle.zip, 'base64')
  const files = unzip(zip)
  check('bundle.zip', b64(zip), b64(zipOf(files)))
  const file = Object.fromEntries(files)
  const m = JSON.parse(file.manifest.toString().split('\n')[0])
  const text = opened('bundle manifest', file.manifest.toString(), m.key)
  canonical('bundle manifest', text.slice(0, -1))
  need('bundle manifest', 'a key named after the log', m.key.startsWith(`${m.origin}/bundle+`), m.key)
  for (const [name, content] of files) {
    if (name !== 'manifest') check(`bundle ${name}`, m.files[name], { sha256: H(content).toString('hex'), size: content.length })
  }
  const [origin, size, root] = opened('bundle checkpoint', file.checkpoint.toString(), bundle.vkey).split('\n')
  check('bundle checkpoint', [m.origin, m.size], [origin, Number(size)])

  const lines = (name) => file[name].toString().split('\n').slice(0, -1)
  const leaves = lines('leaves.ndjson')
  const parsed = leaves.map((l) => canonical('bundle leaves', l))
  const tree = canonical('bundle tree', file['tree.json'].toString())
  const rest = tree.hashes.map((h) => hex('bundle tree', h, 32))
  const fold = (a, b) => {
    const inside = parsed.findIndex((l) => l.seq >= a && l.seq < b)
    if (inside < 0) return rest.shift()
    if (b - a === 1) return leafHash(leaves[inside])
    const first = fold(a, a + split(b - a))
    return nodeHash(first, fold(a + split(b - a), b))
  }
  check('bundle tree', root, b64(fold(0, tree.size)))
  check('bundle tree (left over)', 0, rest.length)
  check('bundle run', parsed.map((_, i) => i), parsed.map((l) => l.rev))
  parsed.forEach((l, i) => i && check('bundle run', l.prev, leafHash(leaves[i - 1])))
  for (const line of lines('events.ndjson')) {
    const e = canonical('bundle events', line)
    const leaf = parsed.find((l) => l.seq === e.seq)
    for (const part of ['env', 'pay']) check(`bundle event ${e.seq} ${part}`, leaf[part], shownHash(e[part], fieldHash))
  }
}

// shownHash is a list of fields, shown or withheld, as a leaf commits to it.
function shownHash(fields, fieldHash) {
  return H(lp('muniment/fields/1', ...fields.flatMap((f) => [f.n, f.c ? hex('bundle field', f.c, 32) : fieldHash(f.n, f.v, hex('bundle salt', f.s, 32))])))
}

export function checkLater(v, fieldHash) {
  checkOrder(v)
  checkLog(v)
  checkCompleteness(v)
  checkReplayed(v)
  checkBundle(v, fieldHash)
}
