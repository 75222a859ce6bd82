import { causesOf, isRefusal, ResilienceError } from './errors.ts';
import { classifyHttp, httpStatusOfResult } from './http-classification.ts';

/** How a call ended, as policies receive it. */
export type ClassifiedOutcome = { readonly error: unknown } | { readonly result: unknown };

/**
 * What an outcome is evidence of: a dependency that works (`success`), one that does not (`failure`), or neither
 * (`ignored`).
 */
export type OutcomeVerdict = 'success' | 'failure' | 'ignored';

/**
 * Every kind of outcome with its verdict. All policies with a `classification` judge by this table: a circuit breaker
 * records the verdict, and a retry repeats only failures. The kinds are also values of the label `outcome` of metrics.
 *
 * - `client_error`: the dependency responded that the request is wrong or cannot be processed, which shows that it works.
 * - `throttled`: it responded that the client sends too many requests.
 * - `no_response`: the connection failed or broke, or the client's own timeout passed.
 * - `timeout`: a time limiter ended the call, or the dependency responded that the request took too long.
 * - `refused`: another policy refused the call, and the dependency was not called, or a circuit breaker opened while the
 *   call was in flight, and aborted it.
 * - `aborted`: the caller no longer needs the result.
 * - `program_error`: the call can never succeed because of the program, its configuration or a certificate.
 * - `unknown`: an error that shows none of these, such as a plain Error. It counts as a failure, because a circuit breaker
 *   that ignored it would not protect a client whose errors have no status.
 */
export const outcomeVerdicts = {
  success: 'success',
  client_error: 'success',
  server_error: 'failure',
  throttled: 'failure',
  no_response: 'failure',
  timeout: 'failure',
  refused: 'ignored',
  aborted: 'ignored',
  program_error: 'ignored',
  unknown: 'failure',
} as const satisfies Readonly<Record<string, OutcomeVerdict>>;

/** What an outcome shows. */
export type OutcomeKind = keyof typeof outcomeVerdicts;

/** Statuses of the server that waiting does not change: not implemented, misconfigured, or out of storage. */
const permanentServerErrors: ReadonlySet<number> = new Set([501, 505, 506, 507, 508, 510, 511]);

/** What the status of an HTTP response shows. */
export function outcomeOfStatus(status: number): OutcomeKind {
  if (status < 400) return 'success';
  if (status === 408) return 'timeout';
  if (status === 429) return 'throttled';
  return status < 500 || permanentServerErrors.has(status) ? 'client_error' : 'server_error';
}

const outcomeOfKind = {
  connection: 'no_response',
  abort: 'aborted',
  program: 'program_error',
  unknown: 'unknown',
} as const satisfies Readonly<Record<string, OutcomeKind>>;

/** What the outcome of a call of an HTTP client shows; a returned value without a status is a success. */
function httpOutcome(outcome: ClassifiedOutcome): OutcomeKind {
  if ('result' in outcome) {
    const status = httpStatusOfResult(outcome.result);
    return status === undefined ? 'success' : outcomeOfStatus(status);
  }
  const classified = classifyHttp(outcome.error);
  if (classified.kind === 'status') return outcomeOfStatus(classified.status);
  return outcomeOfPolicy(outcome.error) ?? outcomeOfKind[classified.kind];
}

/** What an error of a policy of this library shows, also in a cause; `undefined` for any other error. */
function outcomeOfPolicy(error: unknown): OutcomeKind | undefined {
  for (const cause of causesOf(error)) {
    if (isRefusal(cause)) return 'refused';
    if (cause instanceof ResilienceError && cause.code === 'TIMEOUT_EXCEEDED') return 'timeout';
  }
  return undefined;
}

/** The ways to classify outcomes, by the names that the option `classification` accepts. */
const classifications = { http: httpOutcome } as const satisfies Readonly<
  Record<string, (outcome: ClassifiedOutcome) => OutcomeKind>
>;

/** The protocol by whose errors and responses outcomes are classified. */
export type Classification = keyof typeof classifications;

/** The values of the option `classification`. */
export const classificationNames = Object.keys(classifications) as readonly Classification[];

/**
 * What the outcome of a call shows. Retries, circuit breakers, fallbacks and metrics use this function alike.
 *
 * @param outcome what the call threw (`error`) or returned (`result`)
 * @example
 * classifyOutcome({ error: new TypeError('fetch failed') }); // no_response
 * classifyOutcome({ result: new Response(null, { status: 503 }) }); // server_error
 */
export function classifyOutcome(outcome: ClassifiedOutcome, classification: Classification = 'http'): OutcomeKind {
  return classifications[classification](outcome);
}

/** Whether the dependency failed, so that another attempt may succeed and a circuit breaker counts a failure. */
export function isDependencyFailure(outcome: ClassifiedOutcome, classification: Classification = 'http'): boolean {
  return outcomeVerdicts[classifyOutcome(outcome, classification)] === 'failure';
}

/**
 * Whether an error shows that the dependency is not available: it failed, or a policy refused the call. For the option
 * `on` of fallbacks: a substitute is returned then, but not when the request or the program is wrong.
 */
export function isUnavailable(error: unknown): boolean {
  const kind = classifyOutcome({ error });
  return kind === 'refused' || outcomeVerdicts[kind] === 'failure';
}
