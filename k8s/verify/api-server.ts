import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
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

  /** The reason why the server is not ready; `undefined` when it is. A server that starts has no certificate yet. */
  async whyNotReady(): Promise<string | undefined> {
    try {
      const { status, body } = await this.#send('GET', '/readyz');
      return status === 200 ? undefined : `GET /readyz received ${status}: ${JSON.stringify(body)}`;
    } catch (error) {
      return String(error);
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
    sent.setTimeout(10_000, () => sent.destroy(new Error(`${method} ${path} received no data for 10 s`)));
    sent.end(body && JSON.stringify(body));
    return responseTo(sent);
  }
}

/** Reads the response of a request. @throws Error when the connection fails, also within the body, or for invalid JSON */
export async function responseTo(sent: ClientRequest): Promise<ApiResponse> {
  // `once` listens only until the response arrives: without another listener, a later error would end the process.
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  sent.on('error', reject);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const isJson = response.headers['content-type']?.includes('json') === true;
  const body: Promise<unknown> = isJson ? json(response) : text(response);
  return { status: response.statusCode ?? 0, body: await Promise.race([body, failed]) };
}
