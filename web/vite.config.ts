import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { precompress } from './build/precompress.ts';

const server = 'http://localhost:8480';

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
    include: ['src/**/*.test.{ts,tsx}', 'build/**/*.test.ts'],
    setupFiles: ['src/vitest.setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000, // a busy machine is no failure
  },
});
