import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { json, text } from 'node:stream/consumers';

/** The response of an API server. */
interface ApiResponse {
  readonly status: number;
  readonly body: unknown;
}

/** A client of an API server on this machine, with the rights of an administrator. */
export class ApiServer {
  readonly url: string;
  readonly #token: string;
  readonly #certificateFile: string;

  constructor(url: string, token: string, certificateFile: string) {
    this.url = url;
    this.#token = token;
    this.#certificateFile = certificateFile;
  }

  /** @returns the object. @throws Error with the server's response for any other status than a success */
  async get<T>(path: string): Promise<T> {
    return (await this.#checked('GET', path)) as T;
  }

  /** Merges a patch into an object. */
  async patch(path: string, patch: object): Promise<void> {
    await this.#checked('PATCH', path, patch);
  }

  async isReady(): Promise<boolean> {
    try {
      return (await this.#send('GET', '/readyz')).status === 200;
    } catch {
      return false;
    }
  }

  async #checked(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.#send(method, path, body);
    if (response.status >= 300) {
      throw new Error(`${method} ${path} received ${response.status}: ${JSON.stringify(response.body)}`);
    }
    return response.body;
  }

  async #send(method: string, path: string, body?: object): Promise<ApiResponse> {
    const sent = request(new URL(path, this.url), {
      method,
      agent: false,
      ca: readFileSync(this.#certificateFile),
      headers: {
        authorization: `Bearer ${this.#token}`,
        accept: 'application/json',
        ...(body && { 'content-type': 'application/merge-patch+json' }),
      },
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`${method} ${path} received no response within 10 s`)));
    sent.end(body && JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const isJson = response.headers['content-type']?.includes('json') === true;
    return { status: response.statusCode ?? 0, body: await (isJson ? json(response) : text(response)) };
  }
}
