import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { precompress } from './build/precompress.ts';

const server = 'http://localhost:8480';

const include = ['src/**/*.test.{ts,tsx}', 'build/**/*.test.ts'];
const alone = ['src/**/*.alone.test.{ts,tsx}'];

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    outDir: '../internal/ui/dist/app',
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy allows no data: script or font
    manifest: true, // the size check reads which files the first page needs
    target: 'es2022',
  },
  worker: { format: 'es' },
  server: {
    fs: { allow: ['.', '../docs/verify'] }, // the snippets that the webhook page shows
    proxy: {
      '/api': server,
      '/docs': server,
      '/openapi.json': server,
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/vitest.setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
    testTimeout: 30_000, // a busy machine is no failure
    maxWorkers: '100%', // by default one core is left idle
    // To make a browser's environment for each file takes longer than its tests do.
    // Files share one, but those that replace a module (vi.mock), which others have.
    projects: [
      { extends: true, test: { name: 'shared', include, exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
});
