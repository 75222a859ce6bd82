import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  classifiedErrors,
  classifyHttp,
  headerIn,
  httpHeaderOf,
  type HttpOutcome,
  httpRequestOf,
  httpStatusOfResult,
} from './http-classification.ts';
import { retryOnHttp } from './retry/http-retry.ts';

/** An error with the properties that a client sets. */
function errorWith(properties: object, cause?: unknown): Error {
  return Object.assign(new Error('failed', cause === undefined ? {} : { cause }), properties);
}

const fetchError = (cause?: unknown) => new TypeError('fetch failed', { cause });
const response = (fields: object) => ({ headers: {}, ...fields });

const aggregateOf = (...errors: object[]) => new AggregateError(errors.map((properties) => errorWith(properties)));
const program: HttpOutcome = { kind: 'program' };
const connection: HttpOutcome = { kind: 'connection' };

/** What clients throw or return, and whether a GET is repeated. */
const outcomes: readonly (readonly [what: string, outcome: unknown, expected: HttpOutcome, isRepeated: boolean])[] = [
  // Each row is what the client does, observed with axios 1.18, undici 7.30, superagent 10.4 and fetch of Node.js 24.
  ['a 503 of axios', errorWith({ status: 503, response: response({ status: 503 }) }), status(503), true],
  ['a 404 of axios', errorWith({ code: 'ERR_BAD_REQUEST', response: response({ status: 404 }) }), status(404), false],
  ['a timeout of axios', errorWith({ code: 'ECONNABORTED' }), { kind: 'connection' }, true],
  ['a network error of axios', errorWith({ code: 'ERR_NETWORK' }), { kind: 'connection' }, true],
  [
    'a cancelled request of axios',
    errorWith({ name: 'CanceledError', code: 'ERR_CANCELED' }),
    { kind: 'abort' },
    false,
  ],
  ['an unsupported protocol of axios', errorWith({ code: 'ERR_BAD_REQUEST' }), { kind: 'program' }, false],
  [
    'a body of axios that ends early',
    errorWith({ code: 'ERR_BAD_RESPONSE', status: 200, response: response({ status: 200 }) }),
    { kind: 'unknown' },
    true,
  ],
  [
    'invalid JSON of axios',
    errorWith({ code: 'ERR_BAD_RESPONSE', status: 200 }, new SyntaxError('Unexpected token')),
    { kind: 'program' },
    false,
  ],
  ['a 404 of got', errorWith({ response: response({ statusCode: 404 }) }), status(404), false],
  ['a 502 of got', errorWith({ response: response({ statusCode: 502 }) }), status(502), true],
  ['a refused connection of got', errorWith({ code: 'ECONNREFUSED' }), { kind: 'connection' }, true],
  ['a 503 of undici', errorWith({ code: 'UND_ERR_RESPONSE', statusCode: 503 }), status(503), true],
  ['a 404 of undici', errorWith({ code: 'UND_ERR_RESPONSE', statusCode: 404 }), status(404), false],
  ['a closed socket of undici', errorWith({ code: 'UND_ERR_SOCKET' }), { kind: 'connection' }, true],
  ['a connect timeout of undici', errorWith({ code: 'UND_ERR_CONNECT_TIMEOUT' }), { kind: 'connection' }, true],
  ['an invalid argument of undici', errorWith({ code: 'UND_ERR_INVALID_ARG' }), { kind: 'program' }, false],
  ['a 503 of superagent', errorWith({ status: 503, response: response({ status: 503 }) }), status(503), true],
  ['an aborted request of superagent', errorWith({ code: 'ABORTED' }), { kind: 'abort' }, false],
  ['a reset connection of node-fetch', errorWith({ type: 'system', code: 'ECONNRESET' }), { kind: 'connection' }, true],
  [
    'a body of node-fetch that ends early',
    errorWith({ code: 'ERR_STREAM_PREMATURE_CLOSE' }),
    { kind: 'connection' },
    true,
  ],
  ['a 503 of the AWS SDK', errorWith({ $metadata: { httpStatusCode: 503 } }), status(503), true],
  ['a 500 in the cause of an error', errorWith({}, errorWith({ statusCode: 500 })), status(500), true],
  ['a 404 in the cause of an error', errorWith({}, errorWith({ statusCode: 404 })), status(404), false],

  ['a refused connection of fetch', fetchError(errorWith({ code: 'ECONNREFUSED' })), { kind: 'connection' }, true],
  ['a DNS failure of fetch', fetchError(errorWith({ code: 'EAI_AGAIN' })), { kind: 'connection' }, true],
  ['a broken connection of fetch without a cause', fetchError(), { kind: 'connection' }, true],
  ['a body of fetch that ends early', new TypeError('terminated'), { kind: 'connection' }, true],
  ['a timeout of fetch', new DOMException('timeout', 'TimeoutError'), { kind: 'connection' }, true],
  ['an aborted request of fetch', new DOMException('aborted', 'AbortError'), { kind: 'abort' }, false],
  [
    'an invalid URL of fetch',
    new TypeError('x', { cause: errorWith({ code: 'ERR_INVALID_URL' }) }),
    { kind: 'program' },
    false,
  ],
  ['an unknown scheme of fetch', fetchError(new Error('unknown scheme')), { kind: 'program' }, false],
  ['an expired certificate of fetch', fetchError(errorWith({ code: 'CERT_HAS_EXPIRED' })), { kind: 'program' }, false],
  ['a certificate for another host', errorWith({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), { kind: 'program' }, false],
  ['an unknown issuer', errorWith({ code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }), { kind: 'program' }, false],

  [
    'a response that is too long for axios',
    errorWith({ code: 'ERR_BAD_RESPONSE', message: 'maxContentLength size of 10 exceeded' }),
    { kind: 'program' },
    false,
  ],
  ['a request that is too long for axios', errorWith({ code: 'ERR_FR_MAX_BODY_LENGTH_EXCEEDED' }), program, false],
  ['headers that are too long for undici', errorWith({ code: 'UND_ERR_HEADERS_OVERFLOW' }), program, false],
  ['headers that are too long for Node.js', errorWith({ code: 'HPE_HEADER_OVERFLOW' }), program, false],
  ['TLS to a port without it', errorWith({ code: 'EPROTO' }), program, false],
  ['a TLS version that the server refuses', errorWith({ code: 'ERR_SSL_UNSUPPORTED_PROTOCOL' }), program, false],
  ['an alert of TLS', fetchError(errorWith({ code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' })), program, false],
  ['a TLS connection that ends early', errorWith({ code: 'ERR_SSL_UNEXPECTED_EOF_WHILE_READING' }), connection, true],
  ['a TLS handshake that times out', errorWith({ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }), connection, true],
  ...['max-redirect', 'invalid-json', 'max-size', 'invalid-redirect', 'no-redirect', 'unsupported-redirect'].map(
    (type) => [`${type} of node-fetch`, errorWith({ name: 'FetchError', type }), program, false] as const,
  ),
  ...['request-timeout', 'body-timeout'].map(
    (type) => [`${type} of node-fetch`, errorWith({ name: 'FetchError', type }), connection, true] as const,
  ),
  ['an unknown type of node-fetch', errorWith({ name: 'FetchError', type: 'other' }), { kind: 'unknown' }, true],
  ['the type max-size of another error', errorWith({ type: 'max-size' }), { kind: 'unknown' }, true],
  [
    'a broken connection of Firefox',
    new TypeError('NetworkError when attempting to fetch resource.'),
    connection,
    true,
  ],
  ['a broken connection of Safari', new TypeError('Load failed'), connection, true],
  ['a body of Chrome that ends early', new TypeError('network error'), connection, true],

  ['several 404s', aggregateOf({ status: 404 }, { statusCode: 404 }), status(404), false],
  ['several 404s in a cause', errorWith({}, aggregateOf({ status: 404 })), status(404), false],
  ['a 404 and a 503', aggregateOf({ status: 404 }, { status: 503 }, { status: 400 }), status(503), true],
  ['a 404 and a broken connection', aggregateOf({ status: 404 }, { code: 'ECONNRESET' }), connection, true],
  ['a 404 and an unknown error', aggregateOf({ status: 404 }, {}), { kind: 'unknown' }, true],
  ['several certificate errors', aggregateOf({ code: 'CERT_HAS_EXPIRED' }), program, false],
  ['a 404 and a certificate error', aggregateOf({ code: 'CERT_HAS_EXPIRED' }, { status: 404 }), status(404), false],
  ['several aborted requests', aggregateOf({ name: 'AbortError' }, { name: 'AbortError' }), { kind: 'abort' }, false],
  [
    'several addresses that refuse the connection',
    Object.assign(aggregateOf({ code: 'ECONNREFUSED' }), { code: 'ECONNREFUSED' }),
    connection,
    true,
  ],
  ['several errors of another realm', runInNewContext('new AggregateError([{ status: 404 }])'), status(404), false],
  ['several errors that are none', new AggregateError([]), { kind: 'unknown' }, true],

  ['a TypeError', new TypeError("Cannot read properties of undefined (reading 'id')"), { kind: 'program' }, false],
  ['a ReferenceError', new ReferenceError('x is not defined'), { kind: 'program' }, false],
  ['a RangeError', new RangeError('Maximum call stack size exceeded'), { kind: 'program' }, false],
  ['a SyntaxError', new SyntaxError('Unexpected end of JSON input'), { kind: 'program' }, false],
  ['a TypeError in a cause', errorWith({}, new TypeError('x is not a function')), { kind: 'program' }, false],
  ['a TypeError of another realm', runInNewContext('new TypeError("x is not a function")'), { kind: 'program' }, false],
  ['an error of an assertion', errorWith({ code: 'ERR_ASSERTION' }), { kind: 'program' }, false],

  ['an error without code and status', new Error('outage'), { kind: 'unknown' }, true],
  ['an unknown code', errorWith({ code: 'E_OTHER' }), { kind: 'unknown' }, true],
  ['a status that is no HTTP status', errorWith({ status: 'ACTIVE', statusCode: 7 }), { kind: 'unknown' }, true],
  ['a text', 'outage', { kind: 'unknown' }, true],
  ['undefined', undefined, { kind: 'unknown' }, true],
  ['null', null, { kind: 'unknown' }, true],
];

function status(code: number): HttpOutcome {
  return { kind: 'status', status: code };
}

describe('classifyHttp (is-retry-allowed#2, p-retry#37)', () => {
  it.each(outcomes)('classifies %s', (_what, outcome, expected) => {
    expect(classifyHttp(outcome)).toStrictEqual(expected);
  });

  it.each([
    ['fetch', new Response(null, { status: 503 })],
    ['undici', response({ statusCode: 503 })],
    ['axios', response({ status: 503, data: {} })],
  ])('classifies a returned response of %s', (_client, returned) => {
    expect(classifyHttp(returned)).toStrictEqual(status(503));
    expect(retryOnHttp({ method: 'GET' }).retryOnResult(returned)).toBe(true);
  });

  it('classifies a returned success by its status', () => {
    expect(classifyHttp(response({ statusCode: 200 }))).toStrictEqual(status(200));
  });

  it('ends with a circular chain of causes', () => {
    const circular = errorWith({});
    circular.cause = circular;

    expect(classifyHttp(circular)).toStrictEqual({ kind: 'unknown' });
  });

  it('ends with an aggregate that contains itself, also in a cause', () => {
    const circular = new AggregateError([]);
    circular.errors = [circular, errorWith({}, circular), circular];

    expect(classifyHttp(circular)).toStrictEqual({ kind: 'unknown' });
  });
});

/** Every code of the classification, so that none can be removed or moved without a test. */
const codes: readonly (readonly [kind: HttpOutcome['kind'], codes: string])[] = [
  [
    'connection',
    `EADDRNOTAVAIL EAI_AGAIN ECONNABORTED ECONNREFUSED ECONNRESET EHOSTDOWN EHOSTUNREACH ENETDOWN ENETRESET ENETUNREACH
    ENOTFOUND EPIPE ESOCKETTIMEDOUT ETIMEDOUT ERR_SOCKET_CLOSED ERR_SOCKET_CONNECTION_TIMEOUT
    ERR_STREAM_PREMATURE_CLOSE ERR_HTTP2_GOAWAY_SESSION ERR_HTTP2_SESSION_ERROR ERR_HTTP2_STREAM_ERROR
    UND_ERR_BODY_TIMEOUT UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_RES_CONTENT_LENGTH_MISMATCH
    UND_ERR_SOCKET ERR_NETWORK ERR_TLS_HANDSHAKE_TIMEOUT ERR_SSL_UNEXPECTED_EOF_WHILE_READING`,
  ],
  ['abort', 'ABORT_ERR ABORTED ERR_ABORTED ERR_CANCELED UND_ERR_ABORT UND_ERR_ABORTED'],
  [
    'program',
    `CERT_CHAIN_TOO_LONG CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_REJECTED CERT_REVOKED CERT_SIGNATURE_FAILURE
    CERT_UNTRUSTED CRL_HAS_EXPIRED CRL_NOT_YET_VALID CRL_SIGNATURE_FAILURE DEPTH_ZERO_SELF_SIGNED_CERT
    ERROR_IN_CERT_NOT_AFTER_FIELD ERROR_IN_CERT_NOT_BEFORE_FIELD ERROR_IN_CRL_LAST_UPDATE_FIELD
    ERROR_IN_CRL_NEXT_UPDATE_FIELD HOSTNAME_MISMATCH INVALID_CA INVALID_PURPOSE PATH_LENGTH_EXCEEDED
    SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY UNABLE_TO_DECRYPT_CERT_SIGNATURE
    UNABLE_TO_DECRYPT_CRL_SIGNATURE UNABLE_TO_GET_CRL UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    UNABLE_TO_VERIFY_LEAF_SIGNATURE ERR_TLS_CERT_ALTNAME_FORMAT ERR_TLS_CERT_ALTNAME_INVALID
    ERR_SSL_WRONG_VERSION_NUMBER ERR_ASSERTION ERR_INVALID_ARG_TYPE ERR_INVALID_ARG_VALUE ERR_INVALID_CHAR
    ERR_INVALID_HTTP_TOKEN ERR_INVALID_PROTOCOL ERR_INVALID_URL ERR_UNESCAPED_CHARACTERS UND_ERR_CLOSED
    UND_ERR_DESTROYED UND_ERR_INVALID_ARG UND_ERR_INVALID_RETURN_VALUE UND_ERR_NOT_SUPPORTED
    UND_ERR_REQ_CONTENT_LENGTH_MISMATCH ERR_BAD_OPTION ERR_BAD_OPTION_VALUE ERR_BAD_REQUEST ERR_BODY_PARSE_FAILURE
    ERR_DEPRECATED ERR_FORM_DATA_DEPTH_EXCEEDED ERR_FR_TOO_MANY_REDIRECTS ERR_NOT_SUPPORT ERR_TOO_MANY_REDIRECTS
    ERR_UNSUPPORTED_PROTOCOL EPROTO ERR_FR_MAX_BODY_LENGTH_EXCEEDED HPE_HEADER_OVERFLOW UND_ERR_HEADERS_OVERFLOW
    UND_ERR_RES_EXCEEDED_MAX_SIZE UND_ERR_BPL_MISSING_UPSTREAM ERR_TLS_DH_PARAM_SIZE ERR_SSL_NO_PROTOCOLS_AVAILABLE`,
  ],
];

describe('The code of an error', () => {
  it.each(codes)('means %s', (kind, list) => {
    for (const code of list.split(/\s+/)) {
      expect({ code, ...classifyHttp(errorWith({ code })) }).toStrictEqual({ code, kind });
      expect({ code, ...classifyHttp(errorWith({}, errorWith({ code }))) }).toStrictEqual({ code, kind });
    }
  });
});

describe('The name or the message of an error', () => {
  it.each([
    [
      'connection',
      ['TimeoutError'],
      [
        'fetch failed',
        'terminated',
        'Failed to fetch',
        'network error',
        'NetworkError when attempting to fetch resource.',
        'Load failed',
        'The network connection was lost.',
        'The Internet connection appears to be offline.',
        'Network request failed',
      ],
    ],
    ['abort', ['AbortError', 'CanceledError', 'CancelError'], []],
    ['program', ['AssertionError'], ['bad port', 'redirect count exceeded', 'unexpected redirect', 'unknown scheme']],
  ] as const)('means %s', (kind, names, messages) => {
    for (const name of names) expect(classifyHttp(errorWith({ name }))).toStrictEqual({ kind });
    for (const message of messages) expect(classifyHttp(new TypeError(message))).toStrictEqual({ kind });
    for (const cause of messages) expect(classifyHttp(fetchError(new Error(cause)))).toStrictEqual({ kind });
  });
});

describe('The status of an outcome', () => {
  it.each([
    ['a response inside it first', { response: { status: 503, statusCode: 502 }, status: 404 }, 503],
    ['a response of got', { response: { statusCode: 502 }, status: 404 }, 502],
    ['its own before that of another client', { status: 404, statusCode: 503 }, 404],
    ['its own before the metadata of the AWS SDK', { statusCode: 404, $metadata: { httpStatusCode: 503 } }, 404],
  ])('is read from %s', (_what, fields, expected) => {
    expect(classifyHttp(errorWith(fields))).toStrictEqual(status(expected));
    expect(httpStatusOfResult(fields)).toBe(expected);
  });

  it.each([
    [99, undefined, undefined],
    [100, undefined, 100],
    [299, undefined, 299],
    [300, 300, 300],
    [599, 599, 599],
    [600, undefined, undefined],
    ['503', undefined, undefined],
  ])('%j is that of an error and of a returned value only within their ranges', (given, ofError, ofResult) => {
    expect(classifyHttp(errorWith({ status: given }))).toStrictEqual(
      ofError === undefined ? { kind: 'unknown' } : status(ofError),
    );
    expect(httpStatusOfResult({ status: given })).toBe(ofResult);
    expect(httpStatusOfResult({ cause: { status: given } })).toBe(ofResult);
  });

  it.each([['response'], [undefined], [null], [503]])('is unknown for the returned value %j', (result) => {
    expect(httpStatusOfResult(result)).toBeUndefined();
  });
});

describe('An error that shows several things', () => {
  it.each([
    ['its code before its name', errorWith({ code: 'ECONNRESET', name: 'AbortError' }), connection],
    ['its name before its message', errorWith({ name: 'AbortError', message: 'fetch failed' }), { kind: 'abort' }],
    [
      'the code of a cause before its own name',
      errorWith({ name: 'AbortError' }, errorWith({ code: 'EPIPE' })),
      connection,
    ],
    [
      'an error in it before its class',
      Object.assign(aggregateOf({ code: 'EPIPE' }), { name: 'TypeError' }),
      connection,
    ],
    [
      'its errors before the class of its cause',
      new AggregateError([errorWith({ status: 404 })], 'x', { cause: new TypeError('x') }),
      status(404),
    ],
  ] as const)('is classified by %s', (_what, error, expected) => {
    expect(classifyHttp(error)).toStrictEqual(expected);
  });

  it.each([
    ['a code that only contains one of TLS', errorWith({ code: 'NOT_ERR_SSL_X' })],
    ['a code that is no text', errorWith({ code: ['ERR_SSL_X'] })],
    ['a text before the message of axios', errorWith({ message: 'x maxContentLength size of 10 exceeded' })],
    ['a text after the message of axios', errorWith({ message: 'maxContentLength size of 10 exceeded, x' })],
    ['a message that is no text', errorWith({ message: ['maxContentLength size of 10 exceeded'] })],
    ['a list of errors in another class of error', errorWith({ errors: [errorWith({ status: 404 })] })],
    ['an aggregate whose errors are no list', Object.assign(new AggregateError([]), { errors: { status: 404 } })],
  ])('shows nothing by %s', (_what, error) => {
    expect(classifyHttp(error)).toStrictEqual({ kind: 'unknown' });
  });
});

describe('A header', () => {
  const throwing = () => {
    throw new Error('unreadable');
  };

  it.each([
    ['Headers of fetch', new Headers({ 'Retry-After': '3' }), '3'],
    ['a plain object', { 'retry-after': '3' }, '3'],
    ['a plain object with another case', { Date: 'x', 'Retry-After': '3' }, '3'],
    ['an object with a field of the name of a method', { get: 'x', 'retry-after': '3' }, '3'],
    ['headers without it', { date: 'x' }, undefined],
    ['headers with several values', { 'retry-after': ['3', '4'] }, undefined],
    ['headers that cannot be read', { get: throwing }, undefined],
    ['a text', 'retry-after', undefined],
    ['null', null, undefined],
    ['no headers', undefined, undefined],
  ])('is read from %s', (_what, headers, value) => {
    expect(headerIn(headers, 'retry-after')).toBe(value);
  });

  it('is that of the outcome, of its response, or of a cause', () => {
    const headers = { 'retry-after': '1' };
    const ofResponse = { response: { headers: { 'retry-after': '2' } } };

    expect(httpHeaderOf(errorWith({ headers, ...ofResponse }), 'retry-after')).toBe('1');
    expect(httpHeaderOf(errorWith(ofResponse), 'retry-after')).toBe('2');
    expect(httpHeaderOf(errorWith({}, errorWith(ofResponse)), 'retry-after')).toBe('2');
    expect(httpHeaderOf(errorWith({}), 'retry-after')).toBeUndefined();
  });
});

describe('The request of an outcome', () => {
  const request = { method: 'POST' };

  it.each(['config', 'options', 'request', 'req'])(
    'is read from the field %s, also of a response and a cause',
    (field) => {
      const facts = { method: 'POST', hasIdempotencyKey: false };

      expect(httpRequestOf(errorWith({ [field]: request }))).toStrictEqual(facts);
      expect(httpRequestOf({ response: { [field]: request } })).toStrictEqual(facts);
      expect(httpRequestOf(errorWith({}, errorWith({ [field]: request })))).toStrictEqual(facts);
    },
  );

  it.each([
    ['in its headers', { headers: { 'Idempotency-Key': 'k' } }, true],
    ['by its method', { getHeader: (name: string) => (name === 'idempotency-key' ? 'k' : undefined) }, true],
    ['that is empty', { headers: { 'idempotency-key': '' } }, false],
    ['that is not there', { headers: {}, getHeader: () => undefined }, false],
  ])('has an idempotency key: %s', (_what, fields, hasIdempotencyKey) => {
    expect(httpRequestOf({ req: { ...request, ...fields } })).toStrictEqual({ method: 'POST', hasIdempotencyKey });
  });

  it.each([
    ['nothing', undefined],
    ['a request without a method', { request: {} }],
    ['a method that is no text', { request: { method: () => 'GET' } }],
  ])('is unknown for %s', (_what, outcome) => {
    expect(httpRequestOf(outcome)).toBeUndefined();
  });
});

describe('retryOnHttp', () => {
  it.each(outcomes)(
    'decides whether a GET is repeated after %s, and repeats no POST',
    (_what, outcome, _kind, isRepeated) => {
      expect(retryOnHttp({ method: 'GET' }).retryOnException(outcome)).toBe(isRepeated);
      expect(retryOnHttp({ method: 'POST' }).retryOnException(outcome)).toBe(false);
    },
  );

  it.each([
    ['got', { response: { headers: { 'retry-after': '3' } } }],
    ['undici', { headers: { 'retry-after': '3' } }],
    ['fetch', { response: { headers: new Headers({ 'Retry-After': '3' }) } }],
    ['a wrapped error', { cause: { headers: { 'retry-after': '3' } } }],
  ])('waits as long as the Retry-After header in an error of %s requires', (_client, properties) => {
    expect(retryOnHttp({ method: 'GET' }).retryAfterFunction({ error: errorWith(properties) })).toBe(3_000);
  });
});

describe('The tables of the classification', () => {
  it('are those by which every adapter is tested; after an intended change, update the snapshot', async () => {
    const rows = classifiedErrors.map((row) => `${row.join('\t')}\n`).join('');

    await expect(rows).toMatchFileSnapshot('http-classification.fixture.txt');
  });
});
