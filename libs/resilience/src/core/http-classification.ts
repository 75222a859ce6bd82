import { isError, isInstanceOf } from './error-matcher.ts';
import { causesOf } from './errors.ts';
import type { ErrorClass } from './options.ts';

/**
 * What an error or a value of an HTTP client shows:
 *
 * - `status`: there was a response.
 * - `connection`: there was none, because of the network, the dependency or a timeout.
 * - `abort`: the client aborted the request.
 * - `program`: the request can never succeed, because of the program, its configuration or a certificate.
 * - `unknown`: none of these.
 */
export type HttpOutcome =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'connection' | 'abort' | 'program' | 'unknown' };

type KindWithoutStatus = Exclude<HttpOutcome['kind'], 'status' | 'unknown'>;

/** Codes of errors, as Node.js, undici, axios, got, superagent and node-fetch set them. */
const codes: Readonly<Record<KindWithoutStatus, readonly string[]>> = {
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
    'ERR_STREAM_PREMATURE_CLOSE',
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
    'ERR_TLS_CERT_ALTNAME_FORMAT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
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
    'UND_ERR_CLOSED',
    'UND_ERR_DESTROYED',
    'UND_ERR_INVALID_ARG',
    'UND_ERR_INVALID_RETURN_VALUE',
    'UND_ERR_NOT_SUPPORTED',
    'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    // axios and got; a request that got a response is classified by its status
    'ERR_BAD_OPTION',
    'ERR_BAD_OPTION_VALUE',
    'ERR_BAD_REQUEST',
    'ERR_BODY_PARSE_FAILURE',
    'ERR_DEPRECATED',
    'ERR_FORM_DATA_DEPTH_EXCEEDED',
    'ERR_FR_TOO_MANY_REDIRECTS',
    'ERR_NOT_SUPPORT',
    'ERR_TOO_MANY_REDIRECTS',
    'ERR_UNSUPPORTED_PROTOCOL',
  ],
};

/** Names of errors without a code of their own. */
const names: Readonly<Record<KindWithoutStatus, readonly string[]>> = {
  connection: ['TimeoutError'],
  abort: ['AbortError', 'CanceledError', 'CancelError'],
  program: ['AssertionError'],
};

/** Messages of `fetch`, whose errors are a TypeError for a broken connection and for a wrong argument alike. */
const messages: Readonly<Record<KindWithoutStatus, readonly string[]>> = {
  connection: ['fetch failed', 'terminated', 'Failed to fetch', 'Network request failed'],
  abort: [],
  program: ['bad port', 'redirect count exceeded', 'unexpected redirect', 'unknown scheme'],
};

/** Errors of these classes are mistakes in the program, unless they or their causes show something else. */
const programErrors: readonly ErrorClass[] = [TypeError, ReferenceError, RangeError, SyntaxError, EvalError, URIError];

const kindOfCode = byValue(codes);
const kindOfName = byValue(names);
const kindOfMessage = byValue(messages);

/**
 * Classifies what a call of an HTTP client threw or returned, including the causes of an error. A status takes precedence,
 * then codes, names and messages of known errors, then the class of the error.
 */
export function classifyHttp(outcome: unknown): HttpOutcome {
  const chain = [...causesOf(outcome)];
  const status = firstOf(chain, httpStatusOf);
  if (status !== undefined) return { kind: 'status', status };
  const kind =
    firstOf(chain, (error) => kindOfCode.get(property(error, 'code'))) ??
    firstOf(chain, (error) => kindOfName.get(property(error, 'name'))) ??
    // The innermost message is the most precise one: "fetch failed" may have the cause "unknown scheme".
    firstOf(chain.toReversed(), (error) => kindOfMessage.get(property(error, 'message')));
  if (kind !== undefined) return { kind };
  const isProgramError = chain.some((error) => programErrors.some((errorClass) => isInstanceOf(error, errorClass)));
  return { kind: isProgramError ? 'program' : 'unknown' };
}

/**
 * Where clients keep the status of a response: in the response or the error itself, or in a response inside it. An error
 * with the status of a success means that the body of the response was broken or incomplete.
 */
function httpStatusOf(outcome: unknown): number | undefined {
  const response = property(outcome, 'response');
  const candidates = [
    property(response, 'status'),
    property(response, 'statusCode'),
    property(outcome, 'status'),
    property(outcome, 'statusCode'),
    property(property(outcome, '$metadata'), 'httpStatusCode'),
  ];
  const least = isError(outcome) ? 300 : 100;
  return candidates.find((status): status is number => isWithin(status, least, 599));
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

/** The value of a response header that an error or value contains, also in a cause; `undefined` if there is none. */
export function httpHeaderOf(outcome: unknown, name: string): string | undefined {
  return firstOf([...causesOf(outcome)], (each) => {
    const own = headerIn(property(each, 'headers'), name);
    return own ?? headerIn(property(property(each, 'response'), 'headers'), name);
  });
}

/** Reads `Headers` of `fetch`, and plain objects with lower-case names as Node and most clients have them. */
function headerIn(headers: unknown, name: string): string | undefined {
  const get = property(headers, 'get');
  const value: unknown = typeof get === 'function' ? get.call(headers, name) : property(headers, name);
  return typeof value === 'string' ? value : undefined;
}

/** The value of a property of an object; `undefined` for any other value. */
export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function firstOf<T>(chain: readonly unknown[], find: (each: unknown) => T | undefined): T | undefined {
  for (const each of chain) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function byValue(
  table: Readonly<Record<KindWithoutStatus, readonly string[]>>,
): ReadonlyMap<unknown, KindWithoutStatus> {
  const entries = Object.entries(table) as [KindWithoutStatus, readonly string[]][];
  return new Map(entries.flatMap(([kind, values]) => values.map((value) => [value, kind] as const)));
}
