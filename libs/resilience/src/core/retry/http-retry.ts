import { type Clock, systemClock } from '../clock.ts';
import type { RetryOptions, RetryOutcome } from './retry.options.ts';

/** What has to be known of a request before it may be repeated. */
export interface HttpRequestFacts {
  /** In any case of letters. */
  readonly method: string;
  /** Whether it carries an idempotency key that is the same in every attempt; the receiver then recognises a repetition. */
  readonly hasIdempotencyKey?: boolean;
}

/** The options that make a retry an HTTP retry, to be spread among its others. */
export type HttpRetryOptions = Required<
  Pick<RetryOptions, 'retryOnException' | 'retryOnResult' | 'retryAfterFunction'>
>;

/** Those whose repetition the receiver cannot tell from a single request (RFC 9110, section 9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

const retryableStatuses: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * Whether another attempt may be answered better: 500, 502, 503 and 504. No other 5xx, because 501 and its like are
 * final; and no 4xx, because the request is at fault, or, by 429, because we are asked to send less.
 */
export function isRetryableStatus(status: number): boolean {
  return retryableStatuses.has(status);
}

/** Whether a request does no harm when it is made twice: by its method, or because it carries an idempotency key. */
export function isRepeatable({ method, hasIdempotencyKey = false }: HttpRequestFacts): boolean {
  return hasIdempotencyKey || idempotentMethods.has(method.toUpperCase());
}

/**
 * Retries HTTP requests that may be repeated, when they were answered by a status that `isRetryableStatus` names or were
 * not answered at all, and waits as long as a `Retry-After` header asks.
 *
 * Understood are Response-like values, returned or thrown, and errors that carry `status` or a `response` that does. An
 * error without a status stands for a request without an answer: refused connections, timeouts.
 *
 * A returned Response that is retried is dropped with its body unread, which holds its connection until it is collected.
 * A client that throws an error for such a status, having cancelled the body, is the better one.
 *
 * @param request the facts of every request under this retry, or how to tell them from what an attempt came to
 * @param clock what time it is, for a `Retry-After` header that names a date; real time by default
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
      const status = statusOf(error);
      return (status === undefined || isRetryableStatus(status)) && mayRepeat(error);
    },
    retryOnResult: (result) => {
      const status = statusOf(result);
      return status !== undefined && isRetryableStatus(status) && mayRepeat(result);
    },
    retryAfterFunction: (outcome) => retryAfterOf(outcome, clock.now()),
  };
}

const delaySeconds = /^\d+$/;
/** The one form that is sent (RFC 9110, section 5.6.7), and two obsolete ones that a recipient still has to take. */
const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const rfc850Date = /^[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const asctimeDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * How long a `Retry-After` header asks to wait from now, in milliseconds; 0 for a date that has passed, and `undefined`
 * when there is no header or it is neither a number of seconds nor an HTTP date.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function parseRetryAfter(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (delaySeconds.test(text)) return Number(text) * 1_000;
  const time = httpDate(text);
  return time === undefined ? undefined : Math.max(0, time - nowMs);
}

function httpDate(text: string): number | undefined {
  const isUtc = imfFixdate.test(text) || rfc850Date.test(text);
  // The asctime form names no time zone; it means UTC, where Date.parse would take it for local time.
  const time = isUtc ? Date.parse(text) : asctimeDate.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function statusOf(value: unknown): number | undefined {
  const status = property(value, 'status') ?? property(property(value, 'response'), 'status');
  return typeof status === 'number' ? status : undefined;
}

function retryAfterOf(outcome: RetryOutcome, nowMs: number): number | undefined {
  const value = 'error' in outcome ? outcome.error : outcome.result;
  const carried = property(value, 'retryAfterMs');
  if (typeof carried === 'number') return carried;
  const headers = property(value, 'headers') ?? property(property(value, 'response'), 'headers');
  return parseRetryAfter(headerIn(headers), nowMs);
}

/** Headers as `fetch` has them, or as a plain object with lower-case names, as Node and most clients have them. */
function headerIn(headers: unknown): string | undefined {
  const get = property(headers, 'get');
  const value: unknown =
    typeof get === 'function' ? get.call(headers, 'retry-after') : property(headers, 'retry-after');
  return typeof value === 'string' ? value : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
