import { type Clock, systemClock } from '../clock.ts';
import { classifyHttp, httpHeaderOf, type HttpOutcome, property } from '../http-classification.ts';
import type { RetryOptions, RetryOutcome } from './retry.options.ts';

/** The properties of a request that decide whether it may be repeated. */
export interface HttpRequestFacts {
  /** In upper or lower case. */
  readonly method: string;
  /**
   * Whether every attempt has the same idempotency key, by which the server recognises a repetition. False by default.
   */
  readonly hasIdempotencyKey?: boolean;
}

/** The options for HTTP calls, to be spread into the options of a retry. */
export type HttpRetryOptions = Required<
  Pick<RetryOptions, 'retryOnException' | 'retryOnResult' | 'retryAfterFunction'>
>;

/** Methods that have the same effect on the server when they are repeated (RFC 9110, section 9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

const retryableStatuses: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * Whether another attempt may succeed after this status: 500, 502, 503 and 504. The other 5xx, such as 501, are final.
 * A 4xx means that the request is wrong or, with 429, that the client must send fewer requests.
 */
export function isRetryableStatus(status: number): boolean {
  return retryableStatuses.has(status);
}

/**
 * Whether another attempt may succeed: after a retryable status, and without a response. A request that the client
 * aborted and one that can never succeed, e.g. because of a mistake in the program or a certificate, are not repeated.
 */
const isRetryable: { readonly [K in HttpOutcome['kind']]: (outcome: HttpOutcome) => boolean } = {
  status: (outcome) => outcome.kind === 'status' && isRetryableStatus(outcome.status),
  connection: () => true,
  unknown: () => true,
  abort: () => false,
  program: () => false,
};

/** Whether a request can be made twice without harm: its method is idempotent, or it has an idempotency key. */
export function isRepeatable({ method, hasIdempotencyKey = false }: HttpRequestFacts): boolean {
  return hasIdempotencyKey || idempotentMethods.has(method.toUpperCase());
}

/**
 * Retries repeatable HTTP requests (`isRepeatable`) that got a retryable status (`isRetryableStatus`) or no response,
 * and waits as long as the `Retry-After` header of the response requires.
 *
 * It reads responses and errors of `fetch`, undici, axios, got, superagent and others: the status of a response, returned
 * or thrown, and the codes of errors and their causes (`classifyHttp`). Broken connections and timeouts are repeated.
 * Programming errors (a TypeError that is none of `fetch`, an invalid URL), errors of TLS and certificates, responses
 * that exceed a limit of the client and aborted requests are not. Any other error without a status counts as no response.
 *
 * When a returned Response is retried, its body stays unread and holds its connection until it is garbage-collected. It
 * is better if the client cancels the body and throws an error for such a status.
 *
 * @param request the properties of all requests under this retry, or a function that computes them from the error or
 *   value of an attempt
 * @param clock the current time, for a `Retry-After` header with a date; real time by default
 * @example
 * const customer = new Retry('customer', { maxAttempts: 3, ...retryOnHttp({ method: 'GET' }) });
 */
export function retryOnHttp(
  request: HttpRequestFacts | ((failure: unknown) => HttpRequestFacts),
  clock: Pick<Clock, 'now'> = systemClock,
): HttpRetryOptions {
  const mayRepeat = (failure: unknown): boolean =>
    isRepeatable(typeof request === 'function' ? request(failure) : request);
  return {
    retryOnException: (error) => {
      const outcome = classifyHttp(error);
      return isRetryable[outcome.kind](outcome) && mayRepeat(error);
    },
    retryOnResult: (result) => {
      const outcome = classifyHttp(result);
      return outcome.kind === 'status' && isRetryableStatus(outcome.status) && mayRepeat(result);
    },
    retryAfterFunction: (outcome) => retryAfterOf(outcome, clock.now()),
  };
}

const delaySeconds = /^\d+$/;
/** The current date format (RFC 9110, section 5.6.7), and the two obsolete ones that a client must accept too. */
const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const rfc850Date = /^[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const asctimeDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * The wait that a `Retry-After` header requires, in milliseconds from now. 0 for a date in the past; `undefined` when
 * there is no header, or it is neither a number of seconds nor an HTTP date.
 *
 * @param nowMs the current time in milliseconds since the Unix epoch
 */
export function parseRetryAfter(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (delaySeconds.test(text)) return Number(text) * 1_000;
  const time = httpDate(text);
  return time === undefined ? undefined : Math.max(0, time - nowMs);
}

function httpDate(text: string): number | undefined {
  const isUtc = imfFixdate.test(text) || rfc850Date.test(text);
  // The asctime format has no time zone and means UTC, but Date.parse would read it as local time.
  const time = isUtc ? Date.parse(text) : asctimeDate.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function retryAfterOf(outcome: RetryOutcome, nowMs: number): number | undefined {
  const value = 'error' in outcome ? outcome.error : outcome.result;
  const retryAfterMs = property(value, 'retryAfterMs');
  if (typeof retryAfterMs === 'number') return retryAfterMs;
  return parseRetryAfter(httpHeaderOf(value, 'retry-after'), nowMs);
}
