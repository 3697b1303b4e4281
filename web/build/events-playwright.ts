import type { FullConfig, Reporter, TestCase, TestError, TestResult } from '@playwright/test/reporter';
import { relative } from 'node:path';
import { brokenFile, testEvents } from './events.ts';

// For scripts/test: playwright test --reporter=./build/events-playwright.ts
export default class EventReporter implements Reporter {
  #root = '';

  onBegin(config: FullConfig) {
    this.#root = config.configFile ? config.configFile.replace(/[^/\\]*$/, '') : config.rootDir;
  }

  onTestEnd(test: TestCase, result: TestResult) {
    const ended = result.status === 'passed' ? 'pass' : result.status === 'skipped' ? 'skip' : 'fail';
    const reasons = ended === 'skip' ? test.annotations.map((a) => a.description ?? a.type) : result.errors.map(words);
    process.stdout.write(
      testEvents({
        file: relative(this.#root, test.location.file),
        name: test.titlePath().slice(3).join(' › '),
        result: ended,
        seconds: result.duration / 1000,
        said: reasons.join('\n'),
      }),
    );
  }

  onError(error: TestError) {
    process.stdout.write(brokenFile('e2e', words(error)));
  }

  printsToStdio() {
    return true;
  }
}

const words = (error: TestError) => error.stack ?? error.message ?? String(error.value);
