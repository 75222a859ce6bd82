import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ConcurrencyLimitExceededError } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.errors.ts';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallAbortedOnOpenError, CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { DeadlineExceededError } from '../core/deadline.ts';
import { RejectedError, type ResilienceError } from '../core/errors.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';

/** What a client is told: never the names of what is behind, nor how it is doing. */
interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

const dependencyInTrouble: Problem = {
  status: 503,
  title: 'Service unavailable',
  detail: 'Something that is needed to answer is in trouble and is not asked at the moment. Try again later.',
};

const tooBusy: Problem = {
  status: 503,
  title: 'Service busy',
  detail: 'As many requests as can be served at once are under way. Try again later.',
};

const notInTime = (detail: string): Problem => ({ status: 504, title: 'Not answered in time', detail });

const problems: readonly (readonly [abstract new (...args: never[]) => ResilienceError, Problem])[] = [
  [CallNotPermittedError, dependencyInTrouble],
  [CallAbortedOnOpenError, dependencyInTrouble],
  [BulkheadFullError, tooBusy],
  [ConcurrencyLimitExceededError, tooBusy],
  [
    RateLimitExceededError,
    {
      status: 429,
      title: 'Too many requests',
      detail: 'The limit of requests in a period is used up. Try again later.',
    },
  ],
  [TimeoutExceededError, notInTime('Something that is needed to answer did not come in time.')],
  [DeadlineExceededError, notInTime("The caller's deadline passed before the request could be answered.")],
];

/** What a client is told about a refusal, in the members of problem details (RFC 9457). */
export interface RefusalProblem extends Problem {
  readonly type: string;
  /** For the header `Retry-After`; `undefined` when it is not known when a new attempt makes sense. */
  readonly retryAfterSeconds: number | undefined;
}

/**
 * What a client is told about an error with which a policy refused a call or cut it off; `undefined` for every other
 * error. For applications that answer errors in a form of their own, in place of the ResilienceExceptionFilter.
 */
export function describeRefusal(error: unknown): RefusalProblem | undefined {
  const found = problems.find(([errorClass]) => error instanceof errorClass);
  if (found === undefined) return undefined;
  const refusal = error as ResilienceError;
  return { type: typeOf(refusal), ...found[1], retryAfterSeconds: retryAfterSeconds(refusal) };
}

/**
 * Answers HTTP requests that a policy refused or cut off with problem details (RFC 9457): 503 when a circuit breaker, a
 * bulkhead or a concurrency limit refused, 429 when a rate limiter did, 504 when the time was up; with `Retry-After` where
 * it is known when a new attempt makes sense. Every other error is left to other filters, and so is what is not HTTP.
 *
 * @example
 * providers: [{ provide: APP_FILTER, useClass: ResilienceExceptionFilter }]
 */
@Catch(...problems.map(([errorClass]) => errorClass))
export class ResilienceExceptionFilter implements ExceptionFilter<ResilienceError> {
  readonly #adapterHost: HttpAdapterHost;

  constructor(@Inject(HttpAdapterHost) adapterHost: HttpAdapterHost) {
    this.#adapterHost = adapterHost;
  }

  catch(error: ResilienceError, host: ArgumentsHost): void {
    const problem = describeRefusal(error);
    if (problem === undefined || host.getType() !== 'http') throw error;
    const { httpAdapter } = this.#adapterHost;
    const http = host.switchToHttp();
    const response = http.getResponse<object>();
    if (httpAdapter.isHeadersSent(response)) {
      // Half an answer is out: nothing can be said any more.
      httpAdapter.end(response);
      return;
    }

    const { type, title, status, detail, retryAfterSeconds: seconds } = problem;
    if (seconds !== undefined) httpAdapter.setHeader(response, 'retry-after', String(seconds));
    httpAdapter.setHeader(response, 'content-type', 'application/problem+json');
    const [instance] = String(httpAdapter.getRequestUrl(http.getRequest())).split('?', 1);
    const body = { type, title, status, detail, instance };
    httpAdapter.reply(response, JSON.stringify(body), status);
  }
}

/** In whole seconds, as the header wants them, and never too early. */
function retryAfterSeconds(error: ResilienceError): number | undefined {
  const retryAfterMs = error instanceof RejectedError ? error.retryAfterMs : undefined;
  return retryAfterMs === undefined || !Number.isFinite(retryAfterMs) ? undefined : Math.ceil(retryAfterMs / 1_000);
}

function typeOf({ code }: ResilienceError): string {
  return `urn:breakwater:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}
