import { defineConfig } from '@playwright/test';
import tests from './playwright.config.ts';

// "make screenshots": pictures of every screen, of a demo with a company's data.
// Tests and screens share the browser, the language and the time zone.
export default defineConfig(tests, {
  testDir: 'screenshots',
  globalSetup: './screenshots/global-setup.ts',
  workers: 1, // in order: the API key is replaced in one of them
  use: { trace: 'off', screenshot: 'off', reducedMotion: 'reduce' },
});
