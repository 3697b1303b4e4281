import type { Cookie } from '@playwright/test';

// Caller calls the API, as a program with the API key or as a signed-in person.
export class Caller {
  readonly #api: string;
  readonly #headers: Record<string, string>;

  private constructor(url: string, headers: Record<string, string>) {
    this.#api = `${url}/api/v1`;
    this.#headers = { ...headers, 'Content-Type': 'application/json' };
  }

  static withKey(url: string, key: string) {
    return new Caller(url, { Authorization: `Bearer ${key}` });
  }

  static withCookies(url: string, cookies: Cookie[]) {
    return new Caller(url, { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') });
  }

  async call<T = unknown>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.#send(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  // status calls what may be refused.
  async status(method: string, path: string, body?: object): Promise<number> {
    const answer = await this.#send(method, path, body);
    await answer.body?.cancel();
    return answer.status;
  }

  #send(method: string, path: string, body?: object) {
    return fetch(this.#api + path, { method, headers: this.#headers, body: body && JSON.stringify(body) });
  }
}

// until waits for what the server does by itself.
export async function until(holds: () => Promise<boolean>, patience = 30_000) {
  const end = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${holds.toString()}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}
