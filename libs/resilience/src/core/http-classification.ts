import { isError, isInstanceOf } from './error-matcher.ts';
import { causesOf, propertyOf } from './errors.ts';
import type { HttpRequestFacts } from './http-request.ts';
import type { ErrorClass } from './options.ts';

/**
 * What an error or a value of an HTTP client shows:
 *
 * - `status`: there was a response.
 * - `connection`: there was none, because of the network, the dependency or a timeout.
 * - `abort`: the client aborted the request.
 * - `program`: the request can never succeed, because of the program, its configuration, a limit of the client, TLS or a
 *   certificate.
 * - `unknown`: none of these.
 */
export type HttpOutcome =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'connection' | 'abort' | 'program' | 'unknown' };

type KindWithoutStatus = Exclude<HttpOutcome['kind'], 'status' | 'unknown'>;
type KindTable = Readonly<Record<KindWithoutStatus, readonly string[]>>;

/** Codes of errors, as Node.js, undici, axios, got, superagent and node-fetch set them. */
const codes: KindTable = {
  connection: [
    // Node.js: sockets and DNS. A stopped container has no DNS name, so that ENOTFOUND may be temporary.
    'EADDRNOTAVAIL',
    'EAI_AGAIN',
    'ECONNABORTED',
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTDOWN',
    'EHOSTUNREACH',
    'ENETDOWN',
    'ENETRESET',
    'ENETUNREACH',
    'ENOTFOUND',
    'EPIPE',
    'ESOCKETTIMEDOUT',
    'ETIMEDOUT',
    'ERR_SOCKET_CLOSED',
    'ERR_SOCKET_CONNECTION_TIMEOUT',
    'ERR_SSL_UNEXPECTED_EOF_WHILE_READING',
    'ERR_STREAM_PREMATURE_CLOSE',
    'ERR_TLS_HANDSHAKE_TIMEOUT',
    'ERR_HTTP2_GOAWAY_SESSION',
    'ERR_HTTP2_SESSION_ERROR',
    'ERR_HTTP2_STREAM_ERROR',
    // undici, and fetch, whose errors have these as cause
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
    'UND_ERR_SOCKET',
    // axios
    'ERR_NETWORK',
  ],
  abort: ['ABORT_ERR', 'ABORTED', 'ERR_ABORTED', 'ERR_CANCELED', 'UND_ERR_ABORT', 'UND_ERR_ABORTED'],
  program: [
    // certificates: https://nodejs.org/api/tls.html#x509-certificate-error-codes
    'CERT_CHAIN_TOO_LONG',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'CERT_REJECTED',
    'CERT_REVOKED',
    'CERT_SIGNATURE_FAILURE',
    'CERT_UNTRUSTED',
    'CRL_HAS_EXPIRED',
    'CRL_NOT_YET_VALID',
    'CRL_SIGNATURE_FAILURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
    'ERROR_IN_CERT_NOT_BEFORE_FIELD',
    'ERROR_IN_CRL_LAST_UPDATE_FIELD',
    'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
    'HOSTNAME_MISMATCH',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
    'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
    'UNABLE_TO_GET_CRL',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    // Node.js: TLS, in addition to `tlsCode`; a response whose headers are too long
    'EPROTO',
    'HPE_HEADER_OVERFLOW',
    // Node.js: invalid arguments
    'ERR_ASSERTION',
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_VALUE',
    'ERR_INVALID_CHAR',
    'ERR_INVALID_HTTP_TOKEN',
    'ERR_INVALID_PROTOCOL',
    'ERR_INVALID_URL',
    'ERR_UNESCAPED_CHARACTERS',
    // undici
    'UND_ERR_BPL_MISSING_UPSTREAM',
    'UND_ERR_CLOSED',
    'UND_ERR_DESTROYED',
    'UND_ERR_HEADERS_OVERFLOW',
    'UND_ERR_INVALID_ARG',
    'UND_ERR_INVALID_RETURN_VALUE',
    'UND_ERR_NOT_SUPPORTED',
    'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    'UND_ERR_RES_EXCEEDED_MAX_SIZE',
    // axios and got; a request that got a response is classified by its status
    'ERR_BAD_OPTION',
    'ERR_BAD_OPTION_VALUE',
    'ERR_BAD_REQUEST',
    'ERR_BODY_PARSE_FAILURE',
    'ERR_DEPRECATED',
    'ERR_FORM_DATA_DEPTH_EXCEEDED',
    'ERR_FR_MAX_BODY_LENGTH_EXCEEDED',
    'ERR_FR_TOO_MANY_REDIRECTS',
    'ERR_NOT_SUPPORT',
    'ERR_TOO_MANY_REDIRECTS',
    'ERR_UNSUPPORTED_PROTOCOL',
  ],
};

/** Names of errors without a code of their own. */
const names: KindTable = {
  connection: ['TimeoutError'],
  abort: ['AbortError', 'CanceledError', 'CancelError'],
  program: ['AssertionError'],
};

/** Messages of `fetch`, whose errors are a TypeError for a broken connection and for a wrong argument alike. */
const messages: KindTable = {
  connection: [
    // Node.js
    'fetch failed',
    'terminated',
    // Chrome
    'Failed to fetch',
    'network error',
    // Firefox
    'NetworkError when attempting to fetch resource.',
    // Safari
    'Load failed',
    'The network connection was lost.',
    'The Internet connection appears to be offline.',
    // React Native
    'Network request failed',
  ],
  abort: [],
  program: ['bad port', 'redirect count exceeded', 'unexpected redirect', 'unknown scheme'],
};

/** Types of the class FetchError of node-fetch, which sets a code only for system errors. */
const fetchErrorTypes: KindTable = {
  connection: ['body-timeout', 'request-timeout'],
  abort: [],
  program: ['invalid-json', 'invalid-redirect', 'max-redirect', 'max-size', 'no-redirect', 'unsupported-redirect'],
};

/** Codes of TLS, such as `ERR_SSL_WRONG_VERSION_NUMBER`: versions, ciphers and certificates that do not match. */
const tlsCode = /^ERR_(?:SSL|TLS)_/;

/** axios has no code of its own for this, only that of any bad response. */
const tooLongForAxios = /^maxContentLength size of \S+ exceeded$/;

/** Errors of these classes are mistakes in the program, unless they or their causes show something else. */
const programErrors: readonly ErrorClass[] = [TypeError, ReferenceError, RangeError, SyntaxError, EvalError, URIError];

/** The rows of the tables above, by the property of an error that they apply to. */
export const classifiedErrors: readonly (readonly [property: string, value: string, kind: KindWithoutStatus])[] =
  Object.entries({ code: codes, name: names, message: messages, type: fetchErrorTypes }).flatMap(([property, table]) =>
    entriesOf(table).map(([value, kind]) => [property, value, kind] as const),
  );

const kindOfCode = byValue(codes);
const kindOfName = byValue(names);
const kindOfMessage = byValue(messages);
const kindOfFetchErrorType = byValue(fetchErrorTypes);

/**
 * Classifies what a call of an HTTP client threw or returned, including the causes of an error. A status takes precedence,
 * then codes, names and messages of known errors, then the class of the error. An `AggregateError`, e.g. of
 * `Promise.any`, is classified by its errors: by the one that is most likely to be temporary.
 */
export function classifyHttp(outcome: unknown): HttpOutcome {
  return classify(outcome, noAggregates);
}

const noAggregates: ReadonlySet<unknown> = new Set();

/** @param within the aggregates that contain the outcome, which may contain themselves */
function classify(outcome: unknown, within: ReadonlySet<unknown>): HttpOutcome {
  const chain = causesOf(outcome);
  const status = firstOf(chain, httpStatusOf);
  if (status !== undefined) return { kind: 'status', status };
  const kind =
    firstOf(chain, kindByCode) ??
    firstOf(chain, (error) => kindOfName.get(propertyOf(error, 'name')) ?? kindByFetchErrorType(error)) ??
    // The innermost message is the most precise one: "fetch failed" may have the cause "unknown scheme".
    firstOf(chain.toReversed(), kindByMessage);
  if (kind !== undefined) return { kind };
  const ofAggregate = firstOf(chain, (error) => mostTemporaryIn(error, within));
  if (ofAggregate !== undefined) return ofAggregate;
  const isProgramError = chain.some((error) => programErrors.some((errorClass) => isInstanceOf(error, errorClass)));
  return { kind: isProgramError ? 'program' : 'unknown' };
}

function kindByCode(error: unknown): KindWithoutStatus | undefined {
  const code = propertyOf(error, 'code');
  const isOfTls = typeof code === 'string' && tlsCode.test(code);
  return kindOfCode.get(code) ?? (isOfTls ? 'program' : undefined);
}

function kindByFetchErrorType(error: unknown): KindWithoutStatus | undefined {
  return propertyOf(error, 'name') === 'FetchError' ? kindOfFetchErrorType.get(propertyOf(error, 'type')) : undefined;
}

function kindByMessage(error: unknown): KindWithoutStatus | undefined {
  const message = propertyOf(error, 'message');
  const isTooLong = typeof message === 'string' && tooLongForAxios.test(message);
  return isTooLong ? 'program' : kindOfMessage.get(message);
}

/** The kinds of the errors in an aggregate, the most likely to be temporary first. */
const temporaryFirst: readonly HttpOutcome['kind'][] = ['connection', 'unknown', 'status', 'program', 'abort'];

/** The outcome in an aggregate that is most likely to be temporary; of several statuses, the highest. */
function mostTemporaryIn(error: unknown, within: ReadonlySet<unknown>): HttpOutcome | undefined {
  const errors = isInstanceOf(error, AggregateError) ? propertyOf(error, 'errors') : undefined;
  if (!Array.isArray(errors) || within.has(error)) return undefined;
  const outcomes = errors.map((each) => classify(each, new Set([...within, error])));
  const rank = (each: HttpOutcome) =>
    temporaryFirst.indexOf(each.kind) * 1_000 - (each.kind === 'status' ? each.status : 0);
  return outcomes.toSorted((a, b) => rank(a) - rank(b))[0];
}

/**
 * Where clients keep the status of a response: in the response or the error itself, or in a response inside it. An error
 * with the status of a success means that the body of the response was broken or incomplete.
 */
function httpStatusOf(outcome: unknown): number | undefined {
  return statusIn(outcome, isError(outcome) ? 300 : 100);
}

/** The status of what a call of an HTTP client returned; `undefined` if it shows none. */
export function httpStatusOfResult(result: unknown): number | undefined {
  return firstOf(causesOf(result), (each) => statusIn(each, 100));
}

function statusIn(outcome: unknown, least: number): number | undefined {
  const within = (status: unknown): number | undefined =>
    typeof status === 'number' && status >= least && status <= 599 ? status : undefined;
  const response = propertyOf(outcome, 'response');
  return (
    within(propertyOf(response, 'status')) ??
    within(propertyOf(response, 'statusCode')) ??
    within(propertyOf(outcome, 'status')) ??
    within(propertyOf(outcome, 'statusCode')) ??
    within(propertyOf(propertyOf(outcome, '$metadata'), 'httpStatusCode'))
  );
}

/** The value of a response header that an error or value contains, also in a cause; `undefined` if there is none. */
export function httpHeaderOf(outcome: unknown, name: string): string | undefined {
  return firstOf(causesOf(outcome), (each) => {
    const own = headerIn(propertyOf(each, 'headers'), name);
    return own ?? headerIn(propertyOf(propertyOf(each, 'response'), 'headers'), name);
  });
}

const idempotencyKey = 'idempotency-key';

/**
 * The request that an error or a response belongs to, where the client keeps it there (axios, got, superagent and
 * node:http); `undefined` otherwise, as with `fetch`.
 */
export function httpRequestOf(outcome: unknown): HttpRequestFacts | undefined {
  return firstOf(causesOf(outcome), (each) => {
    const response = propertyOf(each, 'response');
    const holders = [each, response].flatMap((holder) =>
      ['config', 'options', 'request', 'req'].map((name) => propertyOf(holder, name)),
    );
    return firstOf(holders, (request) => {
      const method = propertyOf(request, 'method');
      if (typeof method !== 'string') return undefined;
      const key =
        headerIn(propertyOf(request, 'headers'), idempotencyKey) ?? resultOf(request, 'getHeader', idempotencyKey);
      // An empty key is none.
      return { method, hasIdempotencyKey: (key ?? '') !== '' };
    });
  });
}

/** Reads `Headers` of `fetch`, and plain objects, whose names callers write in any case. */
export function headerIn(headers: unknown, name: string): string | undefined {
  const hasGetter = typeof propertyOf(headers, 'get') === 'function';
  const value = hasGetter ? resultOf(headers, 'get', name) : valueIn(headers, name);
  return typeof value === 'string' ? value : undefined;
}

function valueIn(headers: unknown, name: string): unknown {
  const exact = propertyOf(headers, name);
  if (exact !== undefined || typeof headers !== 'object' || headers === null) return exact;
  return propertyOf(headers, Object.keys(headers).find((key) => key.toLowerCase() === name) ?? name);
}

/** The result of a method; `undefined` if there is no such method, or if it throws. */
function resultOf(holder: unknown, method: string, argument: string): unknown {
  const own = propertyOf(holder, method);
  try {
    return typeof own === 'function' ? own.call(holder, argument) : undefined;
  } catch {
    return undefined;
  }
}

function firstOf<T>(chain: readonly unknown[], find: (each: unknown) => T | undefined): T | undefined {
  for (const each of chain) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function byValue(table: KindTable): ReadonlyMap<unknown, KindWithoutStatus> {
  return new Map(entriesOf(table));
}

function entriesOf(table: KindTable): readonly (readonly [value: string, kind: KindWithoutStatus])[] {
  const entries = Object.entries(table) as [KindWithoutStatus, readonly string[]][];
  return entries.flatMap(([kind, values]) => values.map((value) => [value, kind] as const));
}
