import { readFileSync } from 'node:fs';
import { request } from 'node:https';

/** What an API server answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** An API server on this machine, asked as its administrator. */
export class ApiServer {
  readonly url: string;
  readonly #token: string;
  readonly #certificateFile: string;

  constructor(url: string, token: string, certificateFile: string) {
    this.url = url;
    this.#token = token;
    this.#certificateFile = certificateFile;
  }

  /** @returns the object. @throws Error with what the server says, where it has none */
  async get<T>(path: string): Promise<T> {
    return (await this.#checked('GET', path)) as T;
  }

  /** Merges a patch into an object. */
  async patch(path: string, patch: object): Promise<void> {
    await this.#checked('PATCH', path, patch);
  }

  async isReady(): Promise<boolean> {
    try {
      return (await this.#ask('GET', '/readyz')).status === 200;
    } catch {
      return false;
    }
  }

  async #checked(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await this.#ask(method, path, body);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  #ask(method: string, path: string, body?: object): Promise<ApiAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const asked = request(
      new URL(path, this.url),
      {
        method,
        agent: false,
        ca: readFileSync(this.#certificateFile),
        headers: {
          authorization: `Bearer ${this.#token}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json') === true;
          resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
        });
      },
    );
    asked.on('error', reject);
    asked.setTimeout(10_000, () => asked.destroy(new Error(`${method} ${path} was not answered within 10 s`)));
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }
}
