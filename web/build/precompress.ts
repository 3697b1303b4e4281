import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const squeeze = promisify(gzip);
const worth = /\.(js|css|svg|json)$/;
const least = 1024; // bytes; below that the saving is lost in headers

// precompress writes FILE.gz beside each file that gets smaller, so that the
// server compresses nothing while it serves.
export function precompress(): Plugin {
  let folder = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    async writeBundle() {
      const names = await readdir(folder, { recursive: true });
      await Promise.all(names.filter((name) => worth.test(name)).map((name) => one(join(folder, name))));
    },
  };
}

async function one(file: string) {
  if ((await stat(file)).size < least) return;
  const plain = await readFile(file);
  const small = await squeeze(plain, { level: constants.Z_BEST_COMPRESSION });
  if (small.length < plain.length * 0.9) await writeFile(`${file}.gz`, small);
}
