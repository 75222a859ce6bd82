/** A request that the load balancer refuses itself. */
export interface Refusal {
  readonly title: string;
  /** Its bytes, one per character. */
  readonly request: string;
  readonly status: number;
  /** The name in the type of the problem details. */
  readonly problem: string;
  /** Whether nginx reports it in its error log, in one line. Default: false. */
  readonly isInErrorLog?: boolean;
}

const end = '\r\nHost: localhost\r\nConnection: close\r\n\r\n';

const problemOf: Readonly<Record<number, string>> = {
  400: 'bad-request',
  404: 'not-found',
  405: 'method-not-allowed',
  413: 'content-too-large',
  414: 'uri-too-long',
  431: 'request-header-fields-too-large',
  501: 'not-implemented',
  505: 'http-version-not-supported',
};

const refusal = (status: number, title: string, request: string, options: Partial<Refusal> = {}): Refusal => ({
  title,
  request,
  status,
  problem: problemOf[status] ?? '',
  ...options,
});

const get = (status: number, title: string, target: string): Refusal =>
  refusal(status, title, `GET ${target} HTTP/1.1${end}`);

/** The table of refusals. nginx and the gateway in Node have the same. */
export const refusals: readonly Refusal[] = [
  get(400, 'a NUL in the path', '/%00'),
  get(400, 'an invalid percent encoding', '/x%zz'),
  get(400, 'an incomplete percent encoding', '/%'),
  get(400, 'a path above the root', '/console/../../x'),
  get(400, 'an encoded path above the root', '/docs/..%2f..%2fx'),
  get(400, 'an ESC byte in the path', '/\x1b[31m'),
  get(400, 'a DEL byte in the path', '/\x7f'),
  get(400, 'no path', 'metrics'),
  refusal(400, 'OPTIONS *', `OPTIONS * HTTP/1.1${end}`),
  refusal(400, 'a method in lower case', `get / HTTP/1.1${end}`),
  refusal(400, 'a TLS handshake', '\x16\x03\x01\x02\x00\r\n\r\n'),
  refusal(400, 'the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refusal(400, 'no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'),
  refusal(400, 'two Hosts', `GET / HTTP/1.1\r\nHost: a${end}`),
  refusal(400, 'an invalid Host', 'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n'),
  refusal(400, 'a space in the name of a header', `GET / HTTP/1.1\r\nbad header${end}`),
  refusal(400, 'a NUL in a header', `GET / HTTP/1.1\r\nX-A: a\x00b${end}`),
  refusal(400, 'an ESC byte in the Referer', `GET / HTTP/1.1\r\nReferer: \x1b[31m${end}`),
  refusal(400, 'an invalid Content-Length', `POST / HTTP/1.1\r\nContent-Length: x${end}`),
  refusal(400, 'two Content-Lengths', `POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2${end}`),
  refusal(400, 'two framings', `POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked${end}`),
  refusal(400, 'an invalid chunk', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\nzz\r\n', {
    isInErrorLog: true,
  }),
  get(404, 'a hidden path', '/metrics'),
  get(404, 'a hidden path in an absolute URL', 'http://localhost/actuator/breakers?x'),
  get(404, 'an encoded hidden path', '/x/../%6Detrics/'),
  get(404, 'the location of problem details', '/gateway/problem'),
  refusal(405, 'TRACE', `TRACE / HTTP/1.1${end}`),
  refusal(405, 'CONNECT with a host', `CONNECT localhost:443 HTTP/1.1${end}`),
  refusal(405, 'CONNECT with a path', `CONNECT /accounts HTTP/1.1${end}`),
  refusal(413, 'a body that is too large', `POST / HTTP/1.1\r\nContent-Length: 70000${end}`, { isInErrorLog: true }),
  get(414, 'a URL of 9,000 characters', `/${'a'.repeat(9_000)}`),
  get(414, 'a URL of 20,000 characters', `/${'a'.repeat(20_000)}`),
  refusal(431, 'a header of 10 kB', `GET / HTTP/1.1\r\nX-A: ${'a'.repeat(10_000)}${end}`),
  refusal(
    431,
    'headers of 20 kB',
    `GET / HTTP/1.1\r\n${Array.from({ length: 20 }, (_, n) => `X-${n}: ${'a'.repeat(1_000)}`).join('\r\n')}${end}`,
  ),
  refusal(501, 'an unknown method', `FOO / HTTP/1.1${end}`),
  refusal(501, 'a method that no service has', `PROPFIND / HTTP/1.1${end}`),
  refusal(501, 'an unknown transfer coding', `POST / HTTP/1.1\r\nTransfer-Encoding: gzip${end}`),
  refusal(501, 'a transfer coding before chunked', `POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked${end}`),
  refusal(505, 'HTTP/2.0 in a request line', `GET / HTTP/2.0${end}`),
  refusal(505, 'HTTP/3.1 in a request line', `GET / HTTP/3.1${end}`),
];
