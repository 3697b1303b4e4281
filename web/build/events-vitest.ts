import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { brokenFile, testEvents } from './events.ts';

// For scripts/test: vitest run --reporter=./build/events-vitest.ts
export default class EventReporter implements Reporter {
  onTestCaseResult(test: TestCase) {
    const { state, errors } = test.result();
    if (state === 'pending') return;
    process.stdout.write(
      testEvents({
        file: test.module.relativeModuleId,
        name: test.fullName,
        result: state === 'passed' ? 'pass' : state === 'failed' ? 'fail' : 'skip',
        seconds: (test.diagnostic()?.duration ?? 0) / 1000,
        said: (errors ?? []).map(words).join('\n'),
      }),
    );
  }

  onTestModuleEnd(module: TestModule) {
    const errors = module.errors();
    if (errors.length > 0) process.stdout.write(brokenFile(module.relativeModuleId, errors.map(words).join('\n')));
  }

  onTestRunEnd(_: unknown, unhandled: readonly SerializedError[]) {
    if (unhandled.length > 0) process.stdout.write(brokenFile('outside of tests', unhandled.map(words).join('\n')));
  }
}

const words = (error: { message: string; stack?: string; diff?: string }) => [error.stack ?? error.message, error.diff].filter(Boolean).join('\n');
