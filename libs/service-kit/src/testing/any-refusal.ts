import fc from 'fast-check';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

/** A server and some of its routes. */
export interface RefusingServer {
  /** Starts it without a limit for each client. @returns its URL */
  readonly start: () => Promise<string>;
  /** The methods of each path, HEAD included; no path has a parameter or a slash at the end. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
}

/** A request as bytes, and the parts that it was made of. */
interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly hosts: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
const unknownMethods = ['FOO', 'GETX', 'get', 'CONNECT'];
const bodyless = new Set(['GET', 'HEAD', 'TRACE', 'OPTIONS', 'PROPFIND']);

const someHeader = (name: string, ...values: readonly string[]) =>
  fc.constantFrom<Readonly<Record<string, string>>>({}, {}, ...values.map((value) => ({ [name]: value })));

function anyRequest(routes: RefusingServer['routes']): fc.Arbitrary<SentRequest> {
  const paths = Object.keys(routes);
  return fc
    .record({
      method: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...knownMethods) }, fc.constantFrom(...unknownMethods)),
      path: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...paths) },
        fc.constantFrom(...paths.map((path) => `${path}/`), ...paths.map((path) => `${path}/unknown/path`), '/nowhere'),
      ),
      hosts: fc.constantFrom(1, 1, 1, 1, 0, 2),
      contentType: someHeader(
        'content-type',
        'application/json',
        'application/json; charset=utf-8',
        'application/json; charset="UTF-8"',
        'application/json; charset=iso-8859-1',
        'text/plain',
        'nonsense',
      ),
      encoding: someHeader('content-encoding', 'identity', 'gzip', 'identity, br'),
      expect: someHeader('expect', 'foo', '100-continue'),
      body: fc.constantFrom('', '', '{}', '{', '"\xff"', '{"__proto__":1}'),
    })
    .map(({ contentType, encoding, expect: expectation, ...rest }) => ({
      ...rest,
      headers: { ...contentType, ...encoding, ...expectation },
    }));
}

/** The status that a request must get; undefined where the route decides. */
export function refusalOf(
  { method, path, hosts, headers, body }: SentRequest,
  routes: RefusingServer['routes'],
): number | undefined {
  if (unknownMethods.includes(method)) return 501;
  if (hosts !== 1) return 400;
  if (headers['expect'] === 'foo') return 417;
  const allowed = routes[path];
  if (allowed === undefined) return 404;
  if (!allowed.includes(method)) return 405;
  if (body === '' || bodyless.has(method)) return undefined;
  if (!headers['content-type']?.startsWith('application/json')) return 415;
  if (/gzip|br/.test(headers['content-encoding'] ?? '') || /8859/.test(headers['content-type'] ?? '')) return 415;
  return body === '{}' ? undefined : 400;
}

function bytesOf({ method, path, hosts, headers, body }: SentRequest): Buffer {
  const lines = [
    `${method} ${method === 'CONNECT' ? 'harbour:1' : path} HTTP/1.1`,
    ...Array.from({ length: hosts }, () => 'host: 127.0.0.1'),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : [`content-length: ${body.length}`]),
    'connection: close',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

/** Sends bytes over a new connection and reads until the server closes it. */
export async function exchange(url: string, bytes: Buffer | string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  const received = (await text(socket)).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const [head = '', ...body] = received.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: body.join('\r\n\r\n') };
}

/** Defines tests: with any method, path, headers and body, a refusal has the right status and is a problem document. */
export function describeRefusals(name: string, { start, routes }: RefusingServer): void {
  describe(`${name}, for any method, path, headers and body`, () => {
    it('refuses with the right status, and with problem details', async () => {
      const url = await start();
      await fc.assert(
        fc.asyncProperty(anyRequest(routes), async (request) => {
          const { status, headers, body } = await exchange(url, bytesOf(request));

          const expected = refusalOf(request, routes);
          if (expected !== undefined) expect(status).toBe(expected);
          expect(status).toBeGreaterThanOrEqual(200);
          if (status < 400) return;
          expect(headers['content-type']).toMatch(/^application\/problem\+json/);
          expect(headers['x-request-id']).toBeDefined();
          if (status === 405) expect(headers['allow']?.split(', ')).toEqual(routes[request.path]?.toSorted());
          if (request.method !== 'HEAD') {
            expect(JSON.parse(body)).toMatchObject({ status, requestId: headers['x-request-id'] });
          }
        }),
        { numRuns: 400 },
      );
    }, 120_000);
  });
}
