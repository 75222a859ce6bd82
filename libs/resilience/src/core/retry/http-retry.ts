import { type Clock, systemClock } from '../clock.ts';
import { propertyOf } from '../errors.ts';
import { httpHeaderOf } from '../http-classification.ts';
import { type HttpRequestFacts, isRepeatable } from '../http-request.ts';
import { isDependencyFailure, outcomeOfStatus, outcomeVerdicts } from '../outcome.ts';
import type { RetryOptions, RetryOutcome } from './retry.options.ts';

/** The options for HTTP calls, to be spread into the options of a retry. */
export type HttpRetryOptions = Required<
  Pick<RetryOptions, 'retryOnException' | 'retryOnResult' | 'retryAfterFunction'>
>;

/**
 * Whether another attempt may succeed after this status: 408, 429, 500, 502, 503, 504, and each other 5xx that waiting can
 * change, such as 520. The other 4xx mean that the request is wrong.
 */
export function isRetryableStatus(status: number): boolean {
  return outcomeVerdicts[outcomeOfStatus(status)] === 'failure';
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
    retryOnException: (error) => isDependencyFailure({ error }) && mayRepeat(error),
    retryOnResult: (result) => isDependencyFailure({ result }) && mayRepeat(result),
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

/** The wait that a response or an error requires, in milliseconds; `undefined` if it requires none. */
export function retryAfterOf(outcome: RetryOutcome, nowMs: number): number | undefined {
  const value = 'error' in outcome ? outcome.error : outcome.result;
  const retryAfterMs = propertyOf(value, 'retryAfterMs');
  if (typeof retryAfterMs === 'number') return retryAfterMs;
  return parseRetryAfter(httpHeaderOf(value, 'retry-after'), nowMs);
}
