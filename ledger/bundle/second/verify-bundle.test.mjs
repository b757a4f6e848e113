// Tests of verify-bundle.mjs: its parts, whole bundles made here from the specification, and a real bundle when one is named:
//   node --test verify-bundle.test.mjs
//   BUNDLE=bundles/stranger.zip POLICY=bundles/policy.txt node --test verify-bundle.test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, randomInt, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as v from './verify-bundle.mjs';

const PROGRAM = fileURLToPath(new URL('./verify-bundle.mjs', import.meta.url));
const sha = (...parts) => { const h = createHash('sha256'); parts.forEach((p) => h.update(p)); return h.digest(); };
const lie = (run, pattern) => assert.throws(run, (error) => error instanceof v.Lie && (!pattern || pattern.test(error.message) || assert.fail(error.message)));

// ---- canonical JSON ----
test('canonical JSON: what it accepts it writes the same', () => {
  for (const text of ['{}', '[]', '0', '-1', '9007199254740991', '-9007199254740991', 'true', 'false', '""', '"\\"\\\\\\u000a\\u007f\\u00e9\\ud83d\\ude00"',
    '{"":[],"a":{"b":[1,true,"x"]}}', '{"10":1,"9":2,"__proto__":3}', '{"\\uffff":1,"\\ud800\\udc00":2}', `${'['.repeat(64)}${']'.repeat(64)}`]) {
    assert.equal(v.encode(v.parseJSON(Buffer.from(text), 'here')), text);
  }
});
test('canonical JSON: what it refuses', () => {
  for (const text of ['', ' {}', '{} ', '{"a": 1}', '[1,]', '[,1]', '{,}', '{"a":1,}', '{"b":1,"a":2}', '{"a":1,"a":2}', '{"\\ud800\\udc00":2,"\\uffff":1}', 'null',
    '[null]', '1.0', '1e3', '-0', '01', '+1', '9007199254740992', '-9007199254740992', '12345678901234567890', '"\\n"', '"\\/"', '"\\u0041"', '"\\u00E9"', '"\\ud800"',
    '"\\udc00x"', '"\\ud800\\ud800"', '"é"', '"\x7f"', '"\n"', '"', '"\\', '"\\"', '"\\u12', 'tru', 'truex', '[', '{', '{"a"', '{"a":', '1 2', '[1 2]', '{1:2}', '\ufeff{}', '-', '[1',
    `${'['.repeat(66)}${']'.repeat(65)}`, '['.repeat(1e6), '{"a":'.repeat(1e5)]) {
    lie(() => v.parseJSON(Buffer.from(text), 'here'), /canonical JSON/);
  }
});
test('canonical JSON: every change of a byte is refused or is another value', () => {
  const bytes = Buffer.from('{"a":[1,20,true,"x\\"\\u00e9"],"b":{"c":-7}}');
  for (let i = 0; i < bytes.length; i++) {
    for (let b = 0; b < 256; b++) {
      const other = Buffer.from(bytes);
      other[i] = b;
      try { assert.equal(v.encode(v.parseJSON(other, 'here')), other.toString('latin1')); } catch (error) { assert.ok(error instanceof v.Lie, error.stack); }
    }
  }
});

// ---- container ----
const zipOf = (files) => Buffer.concat(v.zipParts(new Map(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)))));
const someFiles = { checkpoint: 'c', 'events.ndjson': '', 'leaves.ndjson': 'l', manifest: 'm', 'policy.txt': '#\n', 'tree.json': '{}' };
const buffers = (files) => Object.fromEntries(Object.entries(files).map(([name, s]) => [name, Buffer.from(s)]));
test('container: reads what it should, and any other byte is refused', () => {
  assert.equal(v.crc32(Buffer.from('123456789')), 0xcbf43926);
  const zip = zipOf(buffers(someFiles));
  assert.deepEqual(Object.fromEntries([...v.readZip(zip)].map(([n, b]) => [n, b.toString()])), someFiles);
  for (let i = 0; i < zip.length; i++) {
    for (let bit = 0; bit < 8; bit++) { const bad = Buffer.from(zip); bad[i] ^= 1 << bit; lie(() => v.readZip(bad)); }
    lie(() => v.readZip(zip.subarray(0, i)));
  }
  lie(() => v.readZip(Buffer.concat([zip, Buffer.from('x')])), /behind its end/);
  lie(() => v.readZip(Buffer.concat([Buffer.from('x'), zip])));
});
test('container: entries that are missing, twice, out of order or unknown', () => {
  const { checkpoint, ...rest } = buffers(someFiles);
  lie(() => v.readZip(zipOf(rest)));
  lie(() => v.readZip(zipOf({ ...rest, checkpoint, extra: checkpoint })));
  lie(() => v.readZip(Buffer.concat(v.zipParts(new Map([...Object.entries(rest), ['checkpoint', checkpoint]])))));
});

// ---- trees ----
const rfcRoot = (hashes) => { // RFC 6962, 2.1, as it stands there
  if (hashes.length === 0) return sha();
  if (hashes.length === 1) return hashes[0];
  const k = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
  return sha(Buffer.from([1]), rfcRoot(hashes.slice(0, k)), rfcRoot(hashes.slice(k)));
};
const coverHashes = (hashes, places, a = 0, b = hashes.length) => { // what a maker of tree.json writes down
  if (!places.some((p) => a <= p && p < b)) return [rfcRoot(hashes.slice(a, b)).toString('hex')];
  if (b - a === 1) return [];
  const k = 2 ** Math.ceil(Math.log2(b - a) - 1);
  return [...coverHashes(hashes, places, a, a + k), ...coverHashes(hashes, places, a + k, b)];
};
const consistency = (hashes, m, whole = true) => { // SUBPROOF of RFC 6962, 2.1.2
  if (m === hashes.length) return whole ? [] : [rfcRoot(hashes)];
  const k = 2 ** Math.ceil(Math.log2(hashes.length) - 1);
  return m <= k ? [...consistency(hashes.slice(0, k), m, whole), rfcRoot(hashes.slice(k))]
    : [...consistency(hashes.slice(k), m - k, false), rfcRoot(hashes.slice(0, k))];
};
const randomHashes = (n) => Array.from({ length: n }, () => randomBytes(32));
test('tree: T(0, n) for random sizes and leaves, exact use of its hashes', () => {
  for (let round = 0; round < 200; round++) {
    const all = randomHashes(randomInt(1, 70));
    const places = all.map((_, i) => i).filter(() => randomInt(3) === 0);
    const leaves = places.map((i) => all[i]);
    const hashes = coverHashes(all, places);
    assert.equal(v.coverRoot(all.length, places, leaves, hashes, 'tree'), rfcRoot(all).toString('hex'));
    lie(() => v.coverRoot(all.length, places, leaves, [...hashes, 'ab'.repeat(32)], 'tree'), /left over/);
    if (hashes.length > 0) lie(() => v.coverRoot(all.length, places, leaves, hashes.slice(1), 'tree'), /too few/);
    lie(() => v.coverRoot(all.length, [...places, all.length], [...leaves, all[0]], hashes, 'tree'), /behind/);
  }
});
test('tree: consistency proofs', () => {
  for (let n = 1; n < 40; n++) {
    for (let m = 1; m <= n; m++) {
      const all = randomHashes(n);
      const proof = consistency(all, m);
      const [old, now] = v.consistentRoots(m, n, rfcRoot(all.slice(0, m)), () => proof.shift());
      assert.ok(old.equals(rfcRoot(all.slice(0, m))) && now.equals(rfcRoot(all)) && proof.length === 0);
    }
  }
});

// ---- map of heads ----
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };
const inner = ({ count, root }) => sha(v.lp('muniment/head/1', u64(count), Buffer.from(root, 'hex')));
const bit = (tag, d) => (Buffer.from(tag, 'hex')[d >> 3] >> (7 - (d & 7))) & 1;
const naiveMap = (heads) => { // heads: tag → {count, root}; F 12 as it stands there
  const tags = [...heads.keys()].sort();
  if (tags.length === 0) return sha(v.lp('muniment/heads/empty/1'));
  if (tags.length === 1) return sha(v.lp('muniment/heads/leaf/1', Buffer.from(tags[0], 'hex'), inner(heads.get(tags[0]))));
  let d = 0;
  while (bit(tags[0], d) === bit(tags.at(-1), d)) d++;
  const side = (x) => naiveMap(new Map([...heads].filter(([tag]) => bit(tag, d) === x)));
  return sha(v.lp('muniment/heads/node/1', Buffer.from([d >> 8, d & 255]), side(0), side(1)));
};
const mapPath = (heads, tag) => {
  const tags = [...heads.keys()].sort();
  if (tags.length < 2) return { path: [], at: tags[0] };
  let d = 0;
  while (bit(tags[0], d) === bit(tags.at(-1), d)) d++;
  const half = (x) => new Map([...heads].filter(([t]) => bit(t, d) === x));
  const below = mapPath(half(bit(tag, d)), tag);
  return { path: [{ bit: d, hash: naiveMap(half(1 - bit(tag, d))).toString('hex') }, ...below.path], at: below.at };
};
test('map: paths to random tags, there and not there', () => {
  for (let round = 0; round < 60; round++) {
    const heads = new Map(Array.from({ length: randomInt(1, 30) }, () => [randomBytes(32).toString('hex'), { count: randomInt(1, 99), root: randomBytes(32).toString('hex') }]));
    for (const tag of [...heads.keys(), randomBytes(32).toString('hex')]) {
      const { path, at } = mapPath(heads, tag);
      assert.equal(v.mapRoot(at, v.innerHash(heads.get(at)), path), naiveMap(heads).toString('hex'));
      assert.ok(path.every(({ bit: d }) => bit(at, d) === bit(tag, d)));
    }
  }
});

// ---- notes, keys, policies ----
function makeKey(name, type = 1) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.concat([Buffer.from([type]), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const id = sha(name, '\n', raw).subarray(0, 4);
  const line = (bytes) => `— ${name} ${Buffer.concat([id, bytes]).toString('base64')}\n`;
  const plain = (text) => line(sign(null, Buffer.from(text), privateKey));
  const timed = (text, at) => line(Buffer.concat([u64(at), sign(null, Buffer.from(`cosignature/v1\ntime ${at}\n${text}`), privateKey)]));
  return { name, vkey: `${name}+${id.toString('hex')}+${raw.toString('base64')}`, plain, timed };
}
const policyOf = (...lines) => v.readPolicy(Buffer.from(lines.map((l) => `${l}\n`).join('')));
test('notes: signatures known, unknown, wrong and twice', () => {
  const [a, b, c] = [makeKey('a.example/x'), makeKey('b.example'), makeKey('w.example', 4)];
  const keys = [v.readVkey(a.vkey, 1), v.readVkey(c.vkey, 4)];
  const text = 'one\n\ntwo\n';
  const signed = (...lines) => v.signers(v.readNote(Buffer.from(`${text}\n${lines.join('')}`), 'note'), keys, 'note');
  assert.deepEqual([...signed(a.plain(text), b.plain(text), c.timed(text, 77)).values()], [0, 77]);
  assert.equal(signed(b.plain(text)).size, 0);
  lie(() => signed(a.plain('other\n')), /wrong/);
  lie(() => signed(c.timed('other\n', 77)), /wrong/);
  lie(() => signed(c.plain(text)), /wrong/);
  lie(() => signed(a.plain(text), a.plain(text)), /two/);
  for (const bad of ['', 'x', 'one\n', 'one\n\n', `one\n${a.plain('one\n')}`, `one\n\n${a.plain('one\n')}\n`, `o\tne\n\n${a.plain('o\tne\n')}`, `one\n\n${a.plain('one\n').slice(0, -1)}`,
    `one\n\n- a AAAAAAA=\n`, '— a AAAAAAA=\n', 'one\n\n— a AAAAAAB=\n', 'one\n\n— a+b AAAAAAA=\n']) lie(() => v.readNote(Buffer.from(bad), 'note'));
  lie(() => v.readNote(Buffer.concat([Buffer.from([0xff]), Buffer.from(`\n\n${a.plain('x')}`)]), 'note'), /UTF-8/);
  for (const bad of ['', a.vkey.slice(1), `${a.vkey}=`, a.vkey.replace('+', '++'), b.vkey.toUpperCase()]) assert.equal(v.readVkey(bad, 1), undefined);
  assert.equal(v.readVkey(a.vkey, 4), undefined);
});
test('policy: lines, groups, quorum, ours; what it refuses', () => {
  const [l, m, x, y, z, o] = [makeKey('log'), makeKey('log2'), ...['x', 'y', 'z'].map((n) => makeKey(n, 4)), makeKey('log/bundle')];
  const base = [`log ${l.vkey} https://x`, `  witness x\t${x.vkey}`, `witness y ${y.vkey} https://y`, `witness z ${z.vkey}`, '# note', '', 'group g 2 x y z', 'group h all g'];
  const policy = policyOf(...base, 'quorum h', `#: bundle ${o.vkey}`, `#: replayer r ${m.vkey}`);
  const by = (...names) => v.isQuorum(policy, (key) => names.includes(key.name));
  assert.deepEqual([by(), by('x'), by('x', 'z'), by('x', 'y', 'z')], [false, false, true, true]);
  assert.ok(policy.bundles[0].name === 'log/bundle' && policy.replayers.has('r'));
  assert.equal(v.isQuorum(policyOf('quorum none'), () => true), false);
  for (const more of [[], ['quorum q'], ['quorum x', 'quorum y'], ['quorum x', 'foo'], ['quorum x y'], ['quorum x', '#: bundel q'], ['quorum x', '#:bundle q'], ['quorum x', '#: bundle q'],
    ['quorum x', `#: bundle ${o.vkey}`, `#: bundle ${o.vkey}`], ['quorum x', `log ${l.vkey}`], ['quorum x', `witness w ${x.vkey}`], ['quorum x', `witness x ${makeKey('n', 4).vkey}`],
    ['quorum x', 'group i 1 x'], ['quorum x', 'group i 0 h'], ['quorum x', 'group i 2 h'], ['quorum x', 'group i 01 h'], ['quorum x', 'group i any'], ['quorum x', 'group none any h'],
    ['quorum x', `log ${x.vkey}`], ['quorum x', `witness w ${l.vkey}`], ['quorum x', 'constructor x'], ['quorum x', 'a\rb'], ['quorum x', 'log a b c d'], ['quorum x', '#: '], ['quorum'], ['group']]) {
    assert.throws(() => policyOf(...base, ...more), v.Usage, more.join(' | '));
  }
  assert.throws(() => v.readPolicy(Buffer.from('quorum none')), v.Usage);
});
test('times that exist', () => {
  for (const t of ['2026-02-28T23:59:59.999999Z', '2024-02-29T00:00:00.000000Z']) assert.equal(v.instant(t, 'here'), t);
  for (const t of ['2026-02-29T00:00:00.000000Z', '2026-01-01T24:00:00.000000Z', '2026-01-01T23:59:60.000000Z', '2026-01-01T00:00:00.00000Z', '2026-01-01T00:00:00.000000+00:00', 5, undefined]) {
    lie(() => v.instant(t, 'here'));
  }
});

// ---- whole bundles, made here ----
const json = (x) => { // canonical: names sorted; ASCII names and texts only
  if (Array.isArray(x)) return `[${x.map(json).join(',')}]`;
  return x && typeof x === 'object' ? `{${Object.keys(x).sort().filter((k) => x[k] !== undefined).map((k) => `${JSON.stringify(k)}:${json(x[k])}`).join(',')}}` : JSON.stringify(x);
};
const ORIGIN = 'log.example/t';
const [ledger, tenant, person, OP] = ['a', 'b', 'c', '0'].map((c) => (c === '0' ? `${'0'.repeat(31)}1` : c.repeat(32)));
const tag = (type, t, id) => sha(v.lp('muniment/tag/1', type, Buffer.from(t, 'hex'), Buffer.from(id, 'hex'))).toString('hex');
const start = Date.parse('2026-01-01T00:00:00Z') / 1000;
const stamp = (s) => new Date((start + s) * 1000).toISOString().replace(/\.\d+Z/, '.000000Z');
const field = (n, value) => ({ n, s: randomBytes(32).toString('hex'), v: value });
const sealed = ({ s, v: value, c }) => (c ? Buffer.from(c, 'hex') : sha(v.lp('muniment/field/1', json(value), Buffer.from(s, 'hex'))));
const commit = (fields) => sha(v.lp('muniment/fields/1', ...fields.flatMap((f) => [f.n, sealed(f)]))).toString('hex');

class Ledger {
  constructor() { this.events = []; this.leaves = []; this.last = {}; }
  add({ at, kind = 'thing.done', stream = `thing-${'1'.repeat(32)}`, who = [person], plain = {}, boxes = [], of = tenant, occurred = at, epoch }) {
    const seq = this.leaves.length;
    const id = randomBytes(16).toString('hex');
    const members = { actor: { kind: 'SYSTEM' }, id, kind, occurred: stamp(occurred), precision: 'INSTANT', recorded: stamp(at), source: 'test', stream,
      subjects: who.length ? who.map((w) => ({ capacity: 'PROCESSOR', id: w })) : undefined, tenant: of, version: 1 };
    const env = Object.keys(members).filter((n) => members[n] !== undefined).sort().map((n) => field(n, members[n]));
    const pay = [...boxes.map((b) => field(`box${Object.keys(b.com).join()}`, b)).sort((a, b) => (a.n < b.n ? -1 : 1)), ...Object.keys(plain).sort().map((n) => field(`plain/${n}`, plain[n]))];
    const [noun, streamId] = stream.split('-');
    const tags = { stream: tag(`stream/${noun}`, of, streamId), tenant: tag('tenant', of, of), subjects: who.length ? who.map((w) => tag('subject', of, w)).sort() : undefined };
    const before = this.last[tags.stream];
    const leaf = { env: commit(env), epoch, pay: commit(pay), prev: before && before.hash.toString('hex'), rev: before ? before.rev + 1 : 0, seq, t: start + at, tags, type: epoch ? 'epoch' : 'event', v: 1 };
    const text = json(leaf);
    this.leaves.push({ ...leaf, text, hash: sha(Buffer.from([0]), text) });
    this.last[tags.stream] = this.leaves.at(-1);
    this.events.push({ id, line: { env, pay, seq } });
    return seq;
  }
  heads() {
    const heads = new Map();
    for (const leaf of this.leaves.filter(({ type }) => type === 'event')) for (const t of [leaf.tags.tenant, ...(leaf.tags.subjects ?? [])]) heads.set(t, [...(heads.get(t) ?? []), leaf]);
    return heads;
  }
  seal(at) {
    const map = new Map([...this.heads()].map(([t, leaves]) => [t, { count: leaves.length, root: rfcRoot(leaves.map((l) => l.hash)).toString('hex') }]));
    const epoch = { count: map.size, map: 'muniment/heads/1', root: naiveMap(map).toString('hex'), size: this.leaves.length };
    this.sealed = { map, heads: this.heads(), epoch };
    return this.add({ at, kind: 'epoch.sealed', of: OP, who: [], stream: `epoch-${ledger}`, plain: epoch, epoch });
  }
}
const LOG = makeKey(ORIGIN);
const BUNDLE = makeKey(`${ORIGIN}/bundle`);
const [W1, W2, R1, R2] = [makeKey('w1', 4), makeKey('w2', 4), makeKey('r1'), makeKey('r2')];
const PINNED = [`log ${LOG.vkey}`, `witness w1 ${W1.vkey}`, `witness w2 ${W2.vkey}`, 'group w all w1 w2', 'quorum w', `#: bundle ${BUNDLE.vkey}`];
const NOW = start + 10000;

/** A bundle of the question; `change` may spoil the parts before they are signed. */
function bundleOf(book, question, { run, cited = [], lines, from, whole = false, change = () => {}, cosign = [[W1, NOW - 5], [W2, NOW - 50]], replays = [] }) {
  const hashes = book.leaves.map((l) => l.hash);
  const headed = question.of === 'tenant' || question.of === 'subject';
  const epochAt = book.leaves.findLast(({ type }) => type === 'epoch')?.seq;
  const seqs = [...new Set([...run, ...cited, ...(headed ? [epochAt] : [])])].sort((a, b) => a - b);
  const parts = { seqs, events: (lines ?? seqs.filter((s) => run.includes(s) || cited.includes(s))).map((s) => structuredClone(book.events[s].line)),
    tree: { hashes: whole ? [] : coverHashes(hashes, seqs), size: hashes.length }, checkpoint: `${ORIGIN}\n${hashes.length}\n${rfcRoot(hashes).toString('base64')}\n` };
  for (const line of parts.events.filter(({ seq }) => parts.events.some((by) => by.seq === book.struck?.[seq]))) {
    line.struck = book.struck[line.seq];
    delete line.pay;
  }
  if (headed) {
    const asked = tag(question.of, tenant, question.of === 'tenant' ? tenant : question.subject);
    const { map, heads } = book.sealed;
    const { path, at } = mapPath(map, asked);
    const indexes = run.map((s) => (heads.get(asked) ?? []).findIndex(({ seq }) => seq === s));
    parts.heads = { epoch: epochAt, path, replayed: replays.map(([key, n, last = book.sealed.epoch]) => {
      const text = `muniment/replayed/1\n${ORIGIN}\n${n}\n${rfcRoot(hashes.slice(0, n)).toString('base64')}\n${last.size}\n${Buffer.from(last.root, 'hex').toString('base64')}\n`;
      return { consistency: n ? consistency(hashes, n).map((h) => h.toString('base64')) : [], note: `${text}\n${key.plain(text)}`.replace('—', '\\u2014') };
    }) };
    if (at === asked) Object.assign(parts.heads, { from: from ?? indexes[0], hashes: coverHashes(heads.get(asked).map((l) => l.hash), indexes), head: map.get(asked) });
    else if (at) parts.heads.other = { inner: inner(map.get(at)).toString('hex'), tag: at };
  }
  const fields = (k) => parts.events.flatMap((e) => [...e.env, ...(e.pay ?? [])]).filter((f) => k in f).length;
  const sum = (k) => parts.events.reduce((n, e) => n + (e[k]?.length ?? 0), 0);
  parts.manifest = { bundle: 1, key: BUNDLE.vkey, ledger, limits: [], made: stamp(10000), origin: ORIGIN, question, run: run.length ? { first: run[0], last: run.at(-1) } : undefined, size: hashes.length };
  change(parts);
  parts.manifest.counts ??= { leaves: parts.seqs.length, run: run.length, events: parts.events.length, shown: fields('v'), withheld: fields('c'), opened: sum('open'),
    erased: sum('erased'), struck: parts.events.filter((e) => 'struck' in e).length };
  const files = { checkpoint: `${parts.checkpoint}\n${LOG.plain(parts.checkpoint)}${cosign.map(([key, at]) => key.timed(parts.checkpoint, at)).join('')}`,
    'events.ndjson': parts.events.map((e) => `${json(e)}\n`).join(''), 'heads.json': parts.heads && json(parts.heads).replaceAll('\\\\u', '\\u').replaceAll('\\n', '\\u000a'),
    'leaves.ndjson': parts.seqs.map((s) => `${book.leaves[s].text}\n`).join(''), 'policy.txt': '# none\n', 'tree.json': json(parts.tree) };
  return pack(files, parts.manifest);
}
function pack(files, manifest, key = BUNDLE) {
  const entries = Object.fromEntries(Object.entries(files).filter(([, s]) => s !== undefined).map(([n, s]) => [n, Buffer.from(s)]));
  const said = Object.fromEntries(Object.entries(entries).map(([n, b]) => [n, { sha256: sha(b).toString('hex'), size: b.length }]));
  const text = `${json({ ...manifest, files: said }).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
  return zipOf({ ...entries, manifest: Buffer.from(`${text}\n${key.plain(text)}`) });
}
const check = (zip, policy = policyOf(...PINNED), more = {}) => {
  const told = [];
  v.verifyBundle(zip, policy, { now: NOW, tell: (line) => told.push(line), ...more });
  return told;
};
const box = (key) => ({ alg: 'XAES-256-GCM', class: 'CONTACT', com: { '/number': '1'.repeat(64) }, ct: '2'.repeat(64), key, nonce: '0'.repeat(48), owner: person, v: 1 });
function smallBook() { // 0 1 2 of the person, 3 of nobody, 4 destroys a key of 0, 5 strikes 1, 6 epoch, 7 after it
  const book = new Ledger();
  const key = 'd'.repeat(32);
  book.add({ at: 0, boxes: [box(key)] });
  book.add({ at: 100, plain: { x: 1 } });
  book.add({ at: 200, stream: `thing-${'2'.repeat(32)}` });
  book.add({ at: 300, who: [], stream: `thing-${'3'.repeat(32)}` });
  book.add({ at: 400, kind: 'subject.keys_destroyed', plain: { keys: [key] } });
  book.add({ at: 500, kind: 'strike.completed', plain: { event: book.events[1].id, position: 1 } });
  book.seal(600);
  book.add({ at: 700 });
  book.key = key;
  book.struck = { 1: 5 };
  return book;
}
const ofPerson = { of: 'subject', subject: person, tenant };
const cite = (book) => (parts) => { parts.events[0].erased = [{ by: 4, key: book.key }]; };
test('bundles: a person, the tenant, the ledger, a stream, nobody; erased, struck, witnessed', () => {
  const book = smallBook();
  const told = check(bundleOf(book, ofPerson, { run: [0, 1, 2, 4, 5], change: cite(book) }));
  assert.match(told.join('\n'), /^intact ok .*\ncomplete ok 5 answer, .* operator\nfresh -- not asked\nunforked ok .*$/);
  check(bundleOf(book, { of: 'tenant', tenant }, { run: [0, 1, 2, 3, 4, 5] }));
  check(bundleOf(book, { of: 'ledger' }, { run: [0, 1, 2, 3, 4, 5, 6, 7] }));
  check(bundleOf(book, { of: 'stream', stream: `thing-${'1'.repeat(32)}`, tenant }, { run: [0, 1, 4, 5, 7] }));
  check(bundleOf(book, { of: 'stream', stream: `thing-${'9'.repeat(32)}`, tenant }, { run: [] }));
  check(bundleOf(book, { of: 'subject', subject: 'e'.repeat(32), tenant }, { run: [] }));
  const empty = new Ledger();
  empty.seal(0);
  check(bundleOf(empty, ofPerson, { run: [] }));
});
test('bundles: what is left out, or cited wrongly', () => {
  const book = smallBook();
  const bad = (question, options, pattern) => lie(() => check(bundleOf(book, question, options)), pattern);
  bad(ofPerson, { run: [0, 1, 2, 4] }, /not all/);
  bad(ofPerson, { run: [0, 1, 4, 5] }, /head|left over|few/);
  bad(ofPerson, { run: [1, 2, 4, 5] }, /not all/);
  bad(ofPerson, { run: [0, 1, 2, 4, 5], cited: [3] }, /neither/);
  bad(ofPerson, { run: [0, 1, 2, 4, 5], lines: [0, 1, 2, 4] }, /no line/);
  bad(ofPerson, { run: [], change: (p) => { delete p.heads.head; } }, /head/);
  bad({ of: 'ledger' }, { run: [0, 1, 2, 3, 4, 5, 7] }, /run|ledger/);
  bad({ of: 'stream', stream: `thing-${'1'.repeat(32)}`, tenant }, { run: [1, 4, 5, 7] }, /revision 0/);
  const spoilt = (spoil) => ({ run: [0, 1, 2, 4, 5], change: (p) => { cite(book)(p); spoil(p); } });
  bad(ofPerson, spoilt((p) => { p.events[0].erased[0].by = 5; }), /gone/);
  bad(ofPerson, spoilt((p) => { p.events[0].erased[0].by = 0; }), /later/);
  bad(ofPerson, spoilt((p) => { p.events[0].erased[0].key = 'e'.repeat(32); }), /no box/);
  bad(ofPerson, spoilt((p) => { p.events[1].struck = 4; }), /struck/);
  bad(ofPerson, spoilt((p) => { p.events[1].pay = []; }), /but when struck/);
  bad(ofPerson, spoilt((p) => { p.heads.path.pop(); }), /root/);
  bad(ofPerson, spoilt((p) => { p.heads.from = 1; }), /run|hash/);
  bad(ofPerson, spoilt((p) => { p.tree.hashes.push('0'.repeat(64)); }), /left over/);
  bad(ofPerson, spoilt((p) => { p.manifest.ledger = 'f'.repeat(32); }), /ledger's stream/);
  bad(ofPerson, spoilt((p) => { p.events[0].env.reverse(); }), /order/);
  bad(ofPerson, spoilt((p) => { delete p.events[1].struck; p.events[1].pay = book.events[1].line.pay; }), /that is here/);
  bad(ofPerson, spoilt((p) => { p.manifest.made = stamp(200); }), /later time than the bundle/);
});
test('bundles: fields that are there twice, of no event, or not where they belong', () => {
  const told = (spoil, of = {}) => {
    const book = new Ledger();
    book.add({ at: 0, boxes: [box('d'.repeat(32)), { ...box('e'.repeat(32)), com: { '/name': '3'.repeat(64) } }], ...of });
    const { line } = book.events[0];
    spoil(line);
    book.leaves[0] = { ...book.leaves[0], env: commit(line.env), pay: commit(line.pay) };
    book.leaves[0].text = json({ ...book.leaves[0], text: undefined, hash: undefined });
    book.leaves[0].hash = sha(Buffer.from([0]), book.leaves[0].text);
    book.last = Object.fromEntries([[book.leaves[0].tags.stream, book.leaves[0]]]);
    book.seal(10);
    return check(bundleOf(book, ofPerson, { run: [0] }));
  };
  const withheld = (f) => ({ c: sealed(f).toString('hex'), n: f.n });
  const by = (a, b) => (a.n < b.n ? -1 : 1);
  assert.match(told((line) => { line.env = line.env.map((f) => (f.n === 'source' ? withheld(f) : f)); })[1], /1 answer/);
  lie(() => told((line) => { line.env = line.env.flatMap((f) => (f.n === 'occurred' ? [f, withheld({ ...f, v: stamp(9) })] : [f])); }), /there twice/);
  lie(() => told((line) => { line.env = line.env.filter((f) => f.n !== 'source'); }), /lacks fields/);
  lie(() => told((line) => { line.env.unshift(withheld(field('a', 1))); }), /lacks fields/);
  lie(() => told((line) => { line.pay.unshift(withheld(field('box/name,/number', 1))); line.pay.sort(by); }), /path twice/);
  lie(() => told((line) => { line.pay.unshift(withheld(field('box/b,/a', 1))); line.pay.sort(by); }), /path twice, or out of order/);
  lie(() => told((line) => { line.pay.unshift(withheld(field('boxes', 1))); line.pay.sort(by); }), /no payload has/);
  lie(() => told((line) => { line.pay[0] = { ...line.pay[0], n: 'box/mail' }; }), /other paths/);
  lie(() => told((line) => { line.pay[1] = field('box/number', { ...line.pay[1].v, key: line.pay[0].v.key }); }), /two of one key/);
});
test('bundles: keys that an account\'s end doesn\'t end, strikes of another place', () => {
  const told = (change, spoil = () => {}) => {
    const book = new Ledger();
    const key = 'd'.repeat(32);
    book.add({ at: 0, boxes: [{ ...box(key), ...change.box }] });
    book.add({ at: 5, kind: change.kind });
    book.add({ at: 10, kind: 'tenant.keys_destroyed', plain: { keys: change.keys ?? [] } });
    book.add({ at: 15, kind: 'strike.completed', plain: { event: book.events[1].id, position: change.position ?? 1 } });
    book.struck = { 1: 3 };
    book.seal(20);
    return check(bundleOf(book, ofPerson, { run: [0, 1, 2, 3], change: (p) => { p.events[0].erased = [{ by: 2, key }]; spoil(p); } }));
  };
  assert.match(told({})[1], /4 answer/);
  assert.match(told({ keys: ['d'.repeat(32)] })[1], /4 answer/);
  lie(() => told({ keys: ['e'.repeat(32)] }), /does not show that .* is gone/);
  lie(() => told({}, (p) => withhold(p, 2, 'plain/keys')), /does not show that .* is gone/);
  lie(() => told({ box: { class: 'BUSINESS_CONTACT' } }), /does not show that .* is gone/);
  lie(() => told({ position: 2 }), /does not show that it struck/);
  lie(() => told({ kind: 'subject.keys_destroyed' }), /never struck/);
});
const withhold = (parts, at, name) => {
  for (const list of Object.values(parts.events.find(({ seq }) => seq === at)).filter(Array.isArray)) {
    const i = list.findIndex(({ n }) => n === name);
    if (i >= 0) list[i] = { c: sealed(list[i]).toString('hex'), n: name };
  }
};
// 0 1 of the person, 2 a disposal, 3 of the person, 4 epoch; what is changed of the disposal is there when it is sealed.
function disposedBook({ cut = {}, ...change } = {}) {
  const book = new Ledger();
  book.key = 'd'.repeat(32);
  book.add({ at: 0, boxes: [box(book.key)] });
  book.add({ at: 100, occurred: 50, plain: { x: 1 } });
  const { plain, ...rest } = change;
  book.add({ at: 400, kind: 'disposal.completed', of: OP, who: [], stream: `disposal-${ledger}`, ...rest,
    plain: { cuts: [{ family: 'ACCESSES', kinds: ['thing.done', 'thing.else'], occurredBefore: stamp(60), period: 'P1Y', ...cut }], recordedBefore: stamp(399), ...plain } });
  book.add({ at: 500, occurred: 20, plain: { x: 2 } });
  book.seal(600);
  return book;
}
const disposed = (book, at = 1, by = 2) => (parts) => { const e = parts.events.find(({ seq }) => seq === at); delete e.pay; e.struck = by; };
test('bundles: what was disposed of', () => {
  const of = (book, change, run = [0, 1, 3]) => check(bundleOf(book, ofPerson, { run, cited: [2], change }));
  const good = disposedBook();
  of(good, disposed(good));
  check(bundleOf(good, { of: 'ledger' }, { run: [0, 1, 2, 3, 4], change: disposed(good) }));
  const keys = disposedBook({ cut: { class: 'CONTACT' } });
  of(keys, (parts) => { parts.events[0].erased = [{ by: 2, key: keys.key }]; });
  of(good, (parts) => { parts.events[0].erased = [{ by: 2, key: good.key }]; });
  const bad = (book, change) => lie(() => of(book, change ?? disposed(book)), /does not show that|no later event/);
  bad(keys); // keys alone went
  bad(disposedBook({ cut: { class: 'REQUEST' } }), (parts) => { parts.events[0].erased = [{ by: 2, key: 'd'.repeat(32) }]; });
  bad(disposedBook({ cut: { kinds: ['thing.else'] } })); // another kind
  bad(disposedBook({ cut: { occurredBefore: stamp(50) } })); // occurred at the end of the period
  bad(disposedBook({ plain: { recordedBefore: stamp(100) } })); // recorded after it
  bad(disposedBook({ kind: 'disposal.ordered' })); // only ordered
  bad(disposedBook({ of: tenant, who: [] })); // not the operator's
  bad(disposedBook({ stream: `disposal-${'f'.repeat(32)}` })); // another ledger's
  bad(good, disposed(good, 3)); // earlier than the event
  bad(good, (parts) => { disposed(good)(parts); withhold(parts, 2, 'stream'); }); // doesn't show whose it is
  bad(good, (parts) => { disposed(good)(parts); withhold(parts, 2, 'plain/cuts'); });
  bad(good, (parts) => { disposed(good)(parts); withhold(parts, 1, 'occurred'); }); // doesn't show its age
});
test('bundles: periods by record and by occurrence', () => {
  const book = smallBook();
  const by = (axis, from, to, run, more = {}) => check(bundleOf(book, { ...ofPerson, axis, ...(from === undefined ? {} : { from: stamp(from) }), ...(to === undefined ? {} : { to: stamp(to) }) }, { run, ...more }));
  assert.match(by('recorded', 150, 450, [1, 2, 4, 5], { lines: [2, 4] })[1], /2 answer/);
  assert.match(by('recorded', undefined, 150, [0, 1, 2], { lines: [0, 1] })[1], /2 answer/);
  assert.match(by('recorded', 350, undefined, [2, 4, 5], { lines: [4, 5] })[1], /2 answer/);
  assert.match(by('occurred', 450, 480, [1, 2, 4, 5], { lines: [2, 4, 5] })[1], /0 answer/);
  lie(() => by('recorded', 150, 450, [2, 4, 5]), /more lies before/);
  lie(() => by('recorded', 150, 450, [1, 2, 4]), /more lies behind/);
  lie(() => by('recorded', 150, 450, [0, 1, 2, 4, 5]), /more than one/);
  lie(() => by('recorded', 150, 450, [1, 2, 4, 5], { lines: [2] }), /no line/);
  lie(() => by('occurred', 450, 480, [2, 4, 5]), /begins too late/);
  lie(() => by('occurred', 450, 480, [1, 2, 4]), /last of all/);
  lie(() => by('occurred', 450, 480, [1, 2, 4, 5], { lines: [2, 4] }), /no line/);
  lie(() => by('recorded', 450, 150, [1, 2, 4, 5]), /before it begins/);
});
test('bundles: witnesses, age, size, other keys', () => {
  const book = smallBook();
  const zip = (cosign) => bundleOf(book, { of: 'ledger' }, { run: [0, 1, 2, 3, 4, 5, 6, 7], cosign });
  const good = zip([[W2, NOW - 50], [W1, NOW - 5]]);
  assert.match(check(good, undefined, { minSize: 8, maxAge: 60 })[2], /^fresh ok/);
  lie(() => check(good, undefined, { minSize: 9 }), /fresh/);
  lie(() => check(good, undefined, { maxAge: 20 }), /fresh/);
  lie(() => check(zip([[W1, NOW]])), /unforked/);
  assert.match(check(zip([[W1, NOW]]), undefined, { acceptUnwitnessed: true })[3], /^unforked -- /);
  lie(() => check(zip([[{ timed: () => W1.timed('x', NOW) }, 0]]), undefined, { acceptUnwitnessed: true }), /signature of w1/);
  lie(() => check(good, policyOf(...PINNED.slice(0, -1), `#: bundle ${makeKey(`${ORIGIN}/bundle`).vkey}`)), /pins/);
  lie(() => check(good, policyOf(`log ${makeKey(ORIGIN).vkey}`, ...PINNED.slice(1))), /first place/);
});
test('bundles: replayers', () => {
  const book = smallBook();
  const policy = policyOf(...PINNED, `#: replayer one ${R1.vkey}`, `#: replayer two ${R2.vkey}`);
  const word = (...replays) => check(bundleOf(book, ofPerson, { run: [0, 1, 2, 4, 5], replays }), policy)[1];
  assert.match(word([R1, 8], [R2, 7]), /word of one, two/);
  lie(() => word([R1, 8]), /complete: the word of two is demanded/);
  lie(() => word([R1, 8], [R2, 6, { size: 0, root: '00'.repeat(32) }]), /the word of two/);
  lie(() => word([R1, 8], [makeKey('r2'), 8]), /the word of two/);
  lie(() => word([R1, 8, { ...book.sealed.epoch, root: '00'.repeat(32) }]), /another map/);
  lie(() => word([R1, 8, { size: 0, root: '00'.repeat(32) }]), /another map/);
  lie(() => check(bundleOf(book, ofPerson, { run: [0, 1, 2, 4, 5], replays: [[R1, 7]], change: (p) => p.heads.replayed[0].consistency.pop() }), policy), /hashes/);
});
test('bundles: every byte that is changed and signed anew is refused, but in the report and the operator\'s policy', () => {
  const book = smallBook();
  const policy = policyOf(...PINNED.slice(0, -1)); // nothing pinned: whoever likes signs the manifest
  const zip = bundleOf(book, ofPerson, { run: [0, 1, 2, 4, 5], change: cite(book) });
  const entries = v.readZip(zip);
  everyFlipResigned(entries, policy, 5, false);
});
function everyFlipResigned(entries, policy, step, acceptUnwitnessed = true) { // a witness whose name is spoilt is a stranger: then no quorum
  const thief = makeKey(`${JSON.parse(entries.get('manifest').toString().split('\n')[0]).origin}/bundle`);
  const manifest = { ...JSON.parse(entries.get('manifest').toString().split('\n')[0]), key: thief.vkey };
  const files = Object.fromEntries([...entries].filter(([name]) => name !== 'manifest'));
  v.verifyBundle(pack(files, manifest, thief), policy, { acceptUnwitnessed, now: NOW }); // unchanged it passes
  for (const name of Object.keys(files).filter((n) => n !== 'policy.txt')) {
    for (let i = randomInt(step); i < files[name].length; i += 1 + randomInt(2 * step - 1)) { // every one where step is 1
      const bytes = Buffer.from(files[name]);
      bytes[i] ^= 1 + randomInt(255);
      lie(() => v.verifyBundle(pack({ ...files, [name]: bytes }, manifest, thief), policy, { acceptUnwitnessed, now: NOW }));
    }
  }
}

test('bundles: any value replaced by one of another kind is a lie or harmless, never a crash', () => {
  const book = smallBook();
  const zip = bundleOf(book, ofPerson, { run: [0, 1, 2, 4, 5], change: cite(book), replays: [[R1, 8]] });
  const entries = v.readZip(zip);
  const policy = policyOf(...PINNED.slice(0, -1), `#: replayer one ${R1.vkey}`);
  const files = Object.fromEntries([...entries].filter(([name]) => name !== 'manifest').map(([n, b]) => [n, b.toString()]));
  const manifest = JSON.parse(entries.get('manifest').toString().split('\n')[0]);
  const variants = function* (value) { // each with one part replaced
    yield* [5, -1, 'x', '', [], ['log.example/t'], {}, true, [[]], { a: 1 }];
    if (value && typeof value === 'object') {
      for (const k of Object.keys(value)) {
        for (const part of variants(value[k])) yield Array.isArray(value) ? value.with(k, part) : { ...value, [k]: part };
        if (!Array.isArray(value)) { const { [k]: gone, ...rest } = value; yield rest; }
      }
    }
  };
  const probe = (f, m) => {
    try { v.verifyBundle(pack(f, m), policy, { now: NOW }); } catch (error) { assert.ok(error instanceof v.Lie, `${error.stack} ${json(m)}`); }
  };
  const escape = (text) => text.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).replaceAll('\\n', '\\u000a');
  for (const other of variants(manifest)) if (other && typeof other === 'object' && !Array.isArray(other)) probe(files, other);
  for (const name of ['heads.json', 'tree.json']) for (const other of variants(JSON.parse(files[name]))) probe({ ...files, [name]: escape(json(other)) }, manifest);
  for (const name of ['events.ndjson', 'leaves.ndjson']) {
    const [first, ...rest] = files[name].split('\n');
    for (const other of variants(JSON.parse(first))) probe({ ...files, [name]: [escape(json(other)), ...rest].join('\n') }, manifest);
  }
});

// ---- hostile sizes ----
test('hostile: a large good bundle of many that cite one', { timeout: 120000 }, () => {
  const book = new Ledger();
  const keys = Array.from({ length: 20000 }, (_, i) => i.toString(16).padStart(32, '0'));
  for (const key of keys) book.add({ at: 0, boxes: [box(key)], stream: `thing-${key}` });
  book.add({ at: 1, kind: 'subject.keys_destroyed', plain: { keys } });
  const run = book.leaves.map(({ seq }) => seq);
  const change = (p) => { p.tree.hashes = []; keys.forEach((key, i) => { p.events[i].erased = [{ by: keys.length, key }]; }); };
  const zip = bundleOf(book, { of: 'ledger' }, { run, change, whole: true });
  const began = Date.now();
  check(zip);
  console.log(`# ${(zip.length / 1e6).toFixed(0)} MB in ${Date.now() - began} ms, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB of memory`);
});
test('hostile: large input is refused or read in linear time', { timeout: 60000 }, () => {
  const began = Date.now();
  for (const text of ['['.repeat(4e6), '"'.repeat(4e6), `"${'\\'.repeat(4e6 - 1)}`, `"${'a'.repeat(4e6)}`, '1'.repeat(4e6), `[${'{},'.repeat(1e6)}`, `{${'"a":1,'.repeat(5e5)}`]) {
    lie(() => v.parseJSON(Buffer.from(text), 'here'));
  }
  lie(() => v.parseJSON(Buffer.alloc(5e6, '['), 'here'), /longer/);
  lie(() => v.readZip(Buffer.alloc(1e8, 'PK\x03\x04')));
  lie(() => v.readNote(Buffer.concat([Buffer.from('x\n\n'), Buffer.alloc(4e6, '— a AAAAAAA=\n')]), 'note'));
  assert.ok(Date.now() - began < 30000);
});

// ---- the program, and a real bundle ----
const { BUNDLE: path, POLICY: policyPath } = process.env;
test('program: exit codes and lines', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bundle-'));
  const book = smallBook();
  const file = (name, bytes) => { writeFileSync(join(dir, name), bytes); return join(dir, name); };
  const zip = file('a.zip', bundleOf(book, { of: 'ledger' }, { run: [0, 1, 2, 3, 4, 5, 6, 7] }));
  const policy = file('policy', `${PINNED.join('\n')}\n`);
  const run = (...args) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  const good = run(zip, '--policy', policy);
  assert.equal(good.status, 0, good.stderr);
  assert.equal(good.stdout.split('\n').length, 5);
  const bad = run(zip, '--policy', policy, '--min-size', '9');
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /^lie: fresh: [^\n]*\n$/);
  for (const args of [[], [zip], ['--policy', policy], [zip, zip, '--policy', policy], [zip, '--policy', policy, '--min-size', 'x'], [zip, '--policy', policy, '--what'], [dir, '--policy', policy],
    [join(dir, 'none'), '--policy', policy], [zip, '--policy', zip]]) {
    const wrong = run(...args);
    assert.equal(wrong.status, 2, args.join(' '));
    assert.match(wrong.stderr, /^[^\n]+\n$/);
  }
});
test('real bundle: it passes, and every single byte that is flipped is refused', { skip: !path || !policyPath, timeout: 60000 }, () => {
  const zip = readFileSync(path);
  const policy = v.readPolicy(readFileSync(policyPath));
  v.verifyBundle(zip, policy, { acceptUnwitnessed: true });
  for (let i = 0; i < zip.length; i++) {
    for (const flip of zip.length < 20000 ? [1, 0x20, 0xff] : [1 << (i % 8)]) { // within a minute
      const bad = Buffer.from(zip);
      bad[i] ^= flip;
      lie(() => v.verifyBundle(bad, policy, { acceptUnwitnessed: true }));
    }
  }
});
test('real bundle: every byte of a file changed, container and manifest made anew', { skip: !path || !policyPath, timeout: 60000 }, () => {
  const unpinned = v.readPolicy(Buffer.from(readFileSync(policyPath, 'utf8').split('\n').filter((l) => !l.startsWith('#: bundle')).join('\n')));
  const zip = readFileSync(path);
  everyFlipResigned(v.readZip(zip), unpinned, Math.max(1, Math.floor(zip.length / 10000)));
});
