import type { components } from './schema';

export type ProblemBody = components['schemas']['Problem'] & Record<string, unknown>;
export type FieldProblem = components['schemas']['ProblemField'];

// ApiProblem is a refusal of the server (RFC 9457) with what to do next.
export class ApiProblem extends Error {
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly fix: string;
  readonly errors: FieldProblem[];
  readonly retryAfter: number | null; // seconds
  readonly body: ProblemBody; // further members too

  constructor(body: ProblemBody, retryAfter: number | null = null) {
    super(body.detail);
    this.name = 'ApiProblem';
    this.status = body.status;
    this.type = body.type;
    this.title = body.title;
    this.detail = body.detail;
    this.fix = body.fix ?? '';
    this.errors = body.errors ?? [];
    this.retryAfter = retryAfter;
    this.body = body;
  }

  // is compares the last part of the type: problem.is('webhook-not-found').
  is(slug: string): boolean {
    return this.type === `/problems/${slug}`;
  }

  // field gives the message for one input: problem.field('body.url').
  field(location: string): string | undefined {
    return this.errors.find((e) => e.location === location)?.message;
  }
}

// Offline means that no answer came: nobody knows if the server saw the request.
export class Offline extends Error {
  constructor(cause?: unknown) {
    super('The server cannot be reached.', { cause });
    this.name = 'Offline';
  }
}

// isAway tells a server that is not there (yet) from one that refused.
export function isAway(error: unknown): boolean {
  return error instanceof Offline || (error instanceof ApiProblem && [502, 503, 504].includes(error.status));
}

// problemOf reads the body of a refusal; a proxy in between may have written
// anything.
export function problemOf(error: unknown, response: Response): ApiProblem {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  const retryAfter = Number.isNaN(seconds) ? null : seconds;
  if (isProblem(error)) return new ApiProblem(error, retryAfter);
  const title = response.statusText || String(response.status);
  const body = { type: 'about:blank', title, status: response.status, detail: title };
  return new ApiProblem(body as ProblemBody, retryAfter);
}

function isProblem(value: unknown): value is ProblemBody {
  return typeof value === 'object' && value !== null && 'type' in value && 'status' in value && 'detail' in value;
}
