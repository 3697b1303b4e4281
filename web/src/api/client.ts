import createClient from 'openapi-fetch';
import { Offline, problemOf } from './problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

// api is typed by the server's own description. It looks fetch up at each call,
// so that a test may replace it.
export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  fetch: (request) => globalThis.fetch(request),
});

type Listener = () => void;
const listeners = new Set<Listener>();

// onSessionEnd calls the listener when the server says that nobody is signed in.
export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

// data gives the body of a success and throws ApiProblem or Offline else.
export async function data<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Offline(error);
  }
  if (!answer.response.ok) {
    const problem = problemOf(answer.error, answer.response);
    if (problem.status === 401 && !problem.is('sign-in-refused')) for (const each of listeners) each();
    throw problem;
  }
  return answer.data as T;
}
