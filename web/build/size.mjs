// Fails when the script that the first page needs is too large, compressed. The
// first page is the entry and, behind it, Integrations; what is loaded by a
// further import() does not count.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const limit = 300_000; // bytes
const folder = new URL('../../internal/ui/dist/app/', import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'));

const needed = new Set();
function need(key) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`${key} is not in the build's manifest`);
  if (needed.has(chunk.file)) return;
  needed.add(chunk.file);
  for (const other of chunk.imports ?? []) need(other);
}
need('index.html');
need('src/integrations/IntegrationsPage.tsx');

let total = 0;
for (const file of needed) {
  const size = gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;
  total += size;
  console.log(`  ${(size / 1000).toFixed(1).padStart(6)} kB  ${file}`);
}
const verdict = `first load: ${(total / 1000).toFixed(1)} kB of script, compressed; the limit is ${limit / 1000} kB`;
console.log(verdict);
if (total > limit) process.exit(1);
