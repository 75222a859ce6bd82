import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ConcurrencyLimitExceededError } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.errors.ts';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallAbortedOnOpenError, CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { DeadlineExceededError } from '../core/deadline.ts';
import { RejectedError, type ResilienceError } from '../core/errors.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';

/** Texts for any client: they neither name a dependency nor describe its state. */
interface ProblemText {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

const dependencyUnavailable: ProblemText = {
  status: 503,
  title: 'Service unavailable',
  detail: 'A dependency of this service is unavailable. Try again later.',
};

const tooBusy: ProblemText = {
  status: 503,
  title: 'Service busy',
  detail: 'The service is handling as many requests as it can. Try again later.',
};

const notInTime = (detail: string): ProblemText => ({ status: 504, title: 'Not answered in time', detail });

const problems: readonly (readonly [abstract new (...args: never[]) => ResilienceError, ProblemText])[] = [
  [CallNotPermittedError, dependencyUnavailable],
  [CallAbortedOnOpenError, dependencyUnavailable],
  [BulkheadFullError, tooBusy],
  [ConcurrencyLimitExceededError, tooBusy],
  [
    RateLimitExceededError,
    { status: 429, title: 'Too many requests', detail: 'The rate limit is exhausted. Try again later.' },
  ],
  [TimeoutExceededError, notInTime('A dependency of this service did not respond in time.')],
  [DeadlineExceededError, notInTime('The deadline of the request has passed.')],
];

/** A refusal as problem details (RFC 9457). */
export interface RefusalProblem extends ProblemText {
  readonly type: string;
  /** The value of the header `Retry-After`; `undefined` if the time until a new attempt is unknown. */
  readonly retryAfterSeconds: number | undefined;
}

/**
 * Describes an error with which a policy refused or ended a call; `undefined` for every other error. For applications
 * whose error responses have a different format than those of the ResilienceExceptionFilter.
 */
export function describeRefusal(error: unknown): RefusalProblem | undefined {
  const found = problems.find(([errorClass]) => error instanceof errorClass);
  if (found === undefined) return undefined;
  const refusal = error as ResilienceError;
  return { type: typeOf(refusal), ...found[1], retryAfterSeconds: retryAfterSeconds(refusal) };
}

/** The options of the ResilienceExceptionFilter. */
export interface ExceptionFilterOptions {
  /**
   * Returns additional members of the problem from the adapter's request. They do not replace standard members. None by
   * default.
   */
  readonly members?: (request: unknown) => Readonly<Record<string, unknown>>;
}

/**
 * Responds with problem details (RFC 9457) to HTTP requests that a policy refused or ended: 503 for a circuit breaker,
 * a bulkhead or a concurrency limit, 429 for a rate limiter, 504 for a time limit or a deadline; with `Retry-After` if
 * the time is known. Other errors, and contexts other than HTTP, are left to other filters.
 *
 * Nest calls the filter that was registered last first: register this one after a filter that catches everything.
 *
 * @example
 * providers: [{ provide: APP_FILTER, useClass: ResilienceExceptionFilter }]
 * @example
 * providers: [
 *   {
 *     provide: APP_FILTER,
 *     inject: [HttpAdapterHost],
 *     useFactory: (host: HttpAdapterHost) =>
 *       new ResilienceExceptionFilter(host, { members: (request: FastifyRequest) => ({ requestId: request.id }) }),
 *   },
 * ]
 */
@Catch(...problems.map(([errorClass]) => errorClass))
export class ResilienceExceptionFilter implements ExceptionFilter<ResilienceError> {
  readonly #adapterHost: HttpAdapterHost;
  readonly #members: (request: unknown) => Readonly<Record<string, unknown>>;

  constructor(
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Optional() { members = () => ({}) }: ExceptionFilterOptions = {},
  ) {
    this.#adapterHost = adapterHost;
    this.#members = members;
  }

  catch(error: ResilienceError, host: ArgumentsHost): void {
    const problem = describeRefusal(error);
    if (problem === undefined || host.getType() !== 'http') throw error;
    const { httpAdapter } = this.#adapterHost;
    const http = host.switchToHttp();
    const response = http.getResponse<object>();
    if (httpAdapter.isHeadersSent(response)) {
      // Part of another response has been sent; all that is left is to end it.
      httpAdapter.end(response);
      return;
    }

    const request = http.getRequest<object>();
    const { retryAfterSeconds: seconds, ...text } = problem;
    const [instance] = String(httpAdapter.getRequestUrl(request)).split('?', 1);
    const standard = { type: text.type, title: text.title, status: text.status, detail: text.detail, instance };
    if (seconds !== undefined) httpAdapter.setHeader(response, 'retry-after', String(seconds));
    httpAdapter.setHeader(response, 'content-type', 'application/problem+json');
    httpAdapter.reply(
      response,
      JSON.stringify({ ...standard, ...this.#members(request), ...standard }),
      problem.status,
    );
  }
}

/** In whole seconds, as the header requires, rounded up. */
function retryAfterSeconds(error: ResilienceError): number | undefined {
  const retryAfterMs = error instanceof RejectedError ? error.retryAfterMs : undefined;
  return retryAfterMs === undefined || !Number.isFinite(retryAfterMs) ? undefined : Math.ceil(retryAfterMs / 1_000);
}

function typeOf({ code }: ResilienceError): string {
  return `urn:breakwater:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}
