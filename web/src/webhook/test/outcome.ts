import { errorWords } from '../../delivery/words';
import type { Text } from '../../text';
import type { TestResult } from './queries';

// classOf is the class of error that a delivery of the same outcome would have;
// '' for success.
export function classOf({ ok, cause, status = 0 }: Pick<TestResult, 'ok' | 'cause' | 'status'>): string {
  if (ok) return '';
  if (cause === 'status' && status >= 100) return `status_${Math.floor(status / 100)}xx`;
  return cause ?? '';
}

// headline says in a few words how a test ended.
export function headline(result: Pick<TestResult, 'ok' | 'cause' | 'status' | 'message'>, t: Text): string {
  if (result.ok) return t.testTool.result.arrived(result.status ?? 0);
  const kind = classOf(result);
  return kind ? errorWords(kind, result.status ?? 0, t) : (result.message ?? '');
}
