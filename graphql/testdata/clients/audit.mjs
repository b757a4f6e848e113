// Runs the audits of npm graphql-http against URL and prints one line each, then the count.
import { auditServer } from 'graphql-http';

const [url, token] = process.argv.slice(2);
const fetchFn = (at, init = {}) => fetch(at, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
const results = await auditServer({ url, fetchFn });
let ok = 0;
for (const r of results) {
  if (r.status === 'ok') ok++;
  else console.log(`${r.status} ${r.id} ${r.name}: ${r.reason}`);
}
console.log(`${ok} of ${results.length}`);
