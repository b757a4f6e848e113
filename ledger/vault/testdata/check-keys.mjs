// Keys above a box's key, and the two files beside the epoch root: docs/formats.md, section 8.
import { check, H, hex, HMAC, lp, xaesSeal } from './notation.mjs'

function checkWrapped({ keys: k }) {
  const bytes = (name, n) => hex(`keys.${name}`, k[name], n)
  // The nonce is random; what follows from it is checked.
  const wrap = (name, under, material, ...ad) => {
    const nonce = Buffer.from(k[name].slice(0, 48), 'hex')
    check(`keys.${name}`, k[name], xaesSeal(under, nonce, material, lp(...ad)))
  }
  const tenant = bytes('tenant', 16)
  const page = bytes('page', 15)
  wrap('wrappedSecret', bytes('root', 32), bytes('secret', 32), 'secret', tenant, k.name)
  wrap('wrappedPage', bytes('branch', 32), bytes('pageKey', 32), 'page', page)
  const all = Buffer.concat([bytes('firstKey', 32), Buffer.alloc(8192 - 32)])
  check('keys.wrappedKeysHash', k.wrappedKeysHash, H(xaesSeal(bytes('pageKey', 32), bytes('keysNonce', 24), all, lp('keys', page))))
  const inner = HMAC(bytes('index', 32), lp('muniment/lookup/1', k.type, k.value))
  check('keys.inner', k.inner, inner)
  const tag = HMAC(bytes('tags', 32), lp('muniment/tag-row/1', inner))
  check('keys.tag', k.tag, tag)
  wrap('row', bytes('lookups', 32), Buffer.concat([inner, bytes('subject', 16)]), 'lookup', tag)
  check('keys.blocked', k.blocked, HMAC(bytes('suppression', 32), lp('muniment/suppression/1', k.type, k.value)))
}

function checkJournals({ journals: j }) {
  const digits = (n) => n.toString(16).padStart(16, '0')
  const lines = (name, bodies) => {
    let last = ''
    const text = [`muniment ${name} 1 ${j.ledger}`, ...bodies].map((body) => {
      last = H(Buffer.from(last + body)).toString('hex').slice(0, 16)
      return `${body} ${last}\n`
    })
    check(`journals.${name}`, j[name], text.join(''))
  }
  lines('erasures.journal', [`${digits(j.position)} ${j.key}`, `${digits(j.position)}t${j.tenant}`, `${digits(j.position)}s${j.event}`,
    `${digits(j.position)}d${digits(j.before)} ${j.of}`])
  lines('suppressions.journal', [`${j.blocked} ${j.tenant} ${j.pseudonym} ${digits(j.since)} ${j.ground}`])
}

export function checkKeys(v) {
  checkWrapped(v)
  checkJournals(v)
}
