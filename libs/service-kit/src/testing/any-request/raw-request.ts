import { Agent, request } from 'node:http';

/** A request as it goes over the wire: nothing is made well-formed on the way. */
export interface RawRequest {
  readonly method: string;
  /** Path and query, encoded or not. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** UTF-8 unless told otherwise. */
  readonly body?: string;
  readonly encoding?: 'utf8' | 'latin1';
}

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  /** By their names in lower case; those that came several times joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Longer than any answer should take, shorter than the time of a test. */
const timeoutMs = 20_000;

/** Sends requests over connections that are kept, so that what one leaves behind on them troubles the next. */
export class RawClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  /** @param url of the service */
  constructor(private readonly url: string) {}

  /** @throws Error when the connection breaks, or nothing comes back in 20 s */
  send({ method, target, headers, body, encoding = 'utf8' }: RawRequest): Promise<RawAnswer> {
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
      sent.once('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      sent.end(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
