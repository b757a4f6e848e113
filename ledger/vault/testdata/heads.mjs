// Heads, their map and its proofs: docs/formats.md, section 12.
import { canonical, H, hex, lp, need } from './notation.mjs'

export const u64 = (n) => {
  const b = Buffer.alloc(8)
  b.writeBigUInt64BE(BigInt(n))
  return b
}
export const u16 = (n) => Buffer.from([n >> 8, n & 255])
export const bit = (tag, d) => (tag[d >> 3] >> (7 - (d & 7))) & 1
export const innerOf = (count, root) => H(lp('muniment/head/1', u64(count), root))
export const mapLeaf = (tag, inner) => H(lp('muniment/heads/leaf/1', tag, inner))
export const mapNode = (d, zero, one) => H(lp('muniment/heads/node/1', u16(d), zero, one))

// RFC 6962, 2.1, over leaf hashes.
export function treeRoot(hashes) {
  if (hashes.length < 2) return hashes[0] ?? H()
  let k = 1
  while (2 * k < hashes.length) k *= 2
  return H(Buffer.from([1]), treeRoot(hashes.slice(0, k)), treeRoot(hashes.slice(k)))
}

// entries are [tag, hash], sorted by tag.
export function mapRoot(entries) {
  if (entries.length === 0) return H(lp('muniment/heads/empty/1'))
  if (entries.length === 1) return entries[0][1]
  const [first, last] = [entries[0][0], entries.at(-1)[0]]
  let d = 0
  while (bit(first, d) === bit(last, d)) d++
  return mapNode(d, mapRoot(entries.filter((e) => bit(e[0], d) === 0)), mapRoot(entries.filter((e) => bit(e[0], d) === 1)))
}

export function provenRoot(path, text) {
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
