import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Logger, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Observable, throwError } from 'rxjs';
import { DeadlineExceededError } from '../core/deadline.ts';
import { RejectedError, type ResilienceError } from '../core/errors.ts';
import { policies } from '../core/policies.ts';
import type { PolicyTable, Refusal, RefusalText } from '../core/policy-definition.ts';

/** The refusals of all policies and of deadlines. */
const refusals: readonly Refusal[] = [
  ...(policies as PolicyTable).flatMap((definition) => definition.refusals ?? []),
  {
    error: DeadlineExceededError,
    problem: { status: 504, title: 'Not answered in time', detail: 'The deadline of the request has passed.' },
  },
];

/** A refusal as problem details (RFC 9457). */
export interface RefusalProblem extends RefusalText {
  readonly type: string;
  /** The value of the header `Retry-After`; `undefined` if the time until a new attempt is unknown. */
  readonly retryAfterSeconds: number | undefined;
}

/**
 * Describes an error with which a policy refused or ended a call; `undefined` for every other error. For applications
 * whose error responses have a different format than those of the ResilienceExceptionFilter.
 */
export function describeRefusal(error: unknown): RefusalProblem | undefined {
  const found = refusals.find((candidate) => error instanceof candidate.error);
  if (found === undefined) return undefined;
  const refusal = error as ResilienceError;
  return { type: typeOf(refusal), ...found.problem, retryAfterSeconds: retryAfterSeconds(refusal) };
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
 * Describes to the client that a policy refused or ended its call. It handles the errors of all policies and of
 * deadlines; other errors are left to other filters. The client gets neither the name of a policy nor its state.
 *
 * - HTTP: problem details (RFC 9457) with 503 for a circuit breaker, a bulkhead or a concurrency limit, 429 for a rate
 *   limiter, 504 for a time limit or a deadline; with `Retry-After` if the time is known.
 * - Microservices: `{ status: 'error', message, type, retryAfterSeconds? }`. The error is logged as a warning too, since
 *   an event has no response.
 * - WebSocket: the same as an event `exception`, with its `cause`, as Nest's own filter sends it.
 * - GraphQL: an error with the message, and with `code`, `type`, `status` and `retryAfterSeconds` as extensions.
 * - In other contexts, the error is thrown unchanged.
 *
 * Nest calls the filter that was registered last first: register this one after a filter that catches everything. Nest
 * does not apply global filters to WebSocket gateways, nor to a microservice that is connected to an HTTP application
 * without `inheritAppConfig: true`: decorate those with `@UseFilters(ResilienceExceptionFilter)`.
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
@Catch(...refusals.map(({ error }) => error))
export class ResilienceExceptionFilter implements ExceptionFilter<ResilienceError> {
  readonly #adapterHost: HttpAdapterHost;
  readonly #members: (request: unknown) => Readonly<Record<string, unknown>>;
  readonly #logger = new Logger(ResilienceExceptionFilter.name);

  constructor(
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Optional() { members = () => ({}) }: ExceptionFilterOptions = {},
  ) {
    this.#adapterHost = adapterHost;
    this.#members = members;
  }

  /** @returns an Observable that fails, in a microservice; nothing otherwise */
  catch(error: ResilienceError, host: ArgumentsHost): Observable<never> | void {
    const problem = describeRefusal(error);
    if (problem === undefined) throw error;
    switch (host.getType<string>()) {
      case 'http':
        return this.#respond(error, problem, host);
      case 'rpc':
        this.#logger.warn(error.message);
        // Nest does not send an error that a filter throws here: the caller would wait forever.
        return throwError(() => toPayload(problem));
      case 'ws':
        return sendException(problem, host);
      case 'graphql':
        throw new GraphQLRefusal(error, problem);
      default:
        throw error;
    }
  }

  #respond(error: ResilienceError, problem: RefusalProblem, host: ArgumentsHost): void {
    const { httpAdapter } = this.#adapterHost;
    const http = host.switchToHttp();
    const response = http.getResponse<unknown>();
    // Nest calls a context 'http' by default, also that of a library that is no HTTP server.
    if (typeof response !== 'object' || response === null || !isResponse(response, httpAdapter)) throw error;
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

type HttpAdapter = HttpAdapterHost['httpAdapter'];

function isResponse(response: object, httpAdapter: HttpAdapter | undefined): boolean {
  return httpAdapter !== undefined && typeof httpAdapter.isHeadersSent(response) === 'boolean';
}

/** What clients of microservices and WebSockets get, in the format of Nest's own errors. */
function toPayload({ type, detail, retryAfterSeconds: seconds }: RefusalProblem): object {
  return { status: 'error', message: detail, type, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) };
}

/** A client of Socket.IO, or a WebSocket, which emits events only locally. */
interface WsClient {
  readonly readyState?: unknown;
  readonly send?: (text: string) => void;
  readonly emit?: (event: string, payload: object) => void;
}

function sendException(problem: RefusalProblem, host: ArgumentsHost): void {
  const ws = host.switchToWs();
  const client = ws.getClient<WsClient>();
  const data = { ...toPayload(problem), cause: { pattern: ws.getPattern(), data: ws.getData<unknown>() } };
  if (typeof client.readyState === 'number') client.send?.(JSON.stringify({ event: 'exception', data }));
  else client.emit?.('exception', data);
}

/** GraphQL servers send the message and the extensions of an error to the client. */
class GraphQLRefusal extends Error {
  readonly extensions: object;

  constructor({ code }: ResilienceError, { type, status, detail, retryAfterSeconds: seconds }: RefusalProblem) {
    super(detail);
    this.extensions = { code, type, status, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) };
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
