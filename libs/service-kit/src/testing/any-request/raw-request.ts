import { Agent, request } from 'node:http';

/** A request that is sent exactly as it is. */
export interface RawRequest {
  readonly method: string;
  /** Path and query, encoded or not. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In `encoding`; default: UTF-8. */
  readonly body?: string;
  readonly encoding?: 'utf8' | 'latin1';
}

export interface RawResponse {
  readonly status: number;
  /** By their names in lower case; repeated headers are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Longer than any response takes, shorter than the timeout of a test. */
const timeoutMs = 20_000;

/** Sends requests over kept connections, so that a request that corrupts one affects the next. */
export class RawClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  /** @param url of the service */
  constructor(private readonly url: string) {}

  /** @throws Error when the connection breaks, or without a response within 20 s */
  send({ method, target, headers, body, encoding = 'utf8' }: RawRequest): Promise<RawResponse> {
    const { hostname, port } = new URL(this.url);
    const bytes = body === undefined ? undefined : Buffer.from(body, encoding);
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent: this.#agent,
          hostname,
          port,
          method,
          path: target,
          headers: { ...headers, ...(bytes && { 'content-length': String(bytes.length) }) },
          timeout: timeoutMs,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.once('error', reject);
          response.once('end', () => {
            const joined = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
            resolve({
              status: response.statusCode ?? 0,
              headers: Object.fromEntries(joined) as Record<string, string>,
              body: text,
            });
          });
        },
      );
      sent.once('error', reject);
      sent.once('timeout', () => sent.destroy(new Error(`no response within ${timeoutMs} ms`)));
      sent.end(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
