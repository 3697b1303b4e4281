import { ApiProblem } from '../../api';
import type { Verdict } from './flow';

const causes = ['format', 'dns', 'address_refused', 'connect', 'tls', 'timeout', 'status'] as const;

// verdictOf finds the verdict in a refusal to save: the same message, cause and
// detail that a check gives. Null if it was refused for something else.
export function verdictOf(error: unknown): Verdict | null {
  if (!(error instanceof ApiProblem) || error.status !== 422) return null;
  const { message, cause, durationMs } = error.body;
  const known = causes.find((one) => one === cause);
  if (!known || typeof message !== 'string') return null;
  return { ok: false, message, cause: known, detail: error.detail, durationMs: typeof durationMs === 'number' ? durationMs : 0 };
}
