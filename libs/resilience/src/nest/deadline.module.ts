import type { IncomingMessage } from 'node:http';
import { ConfigurableModuleBuilder, Inject, Module, type NestModule, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Clock, systemClock } from '../core/clock.ts';
import { Deadline, DeadlineExceededError, deadlineHeader, readDeadline } from '../core/deadline.ts';
import { type Duration, durationForms, parseDuration } from '../core/duration.ts';
import { UserFunctions } from '../core/user-function.ts';
import { runInCallContext } from './call-context.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** The options of `ResilienceDeadlineModule.forRoot`. */
export interface DeadlineModuleOptions {
  /** The maximum duration of a request, from its arrival. Greater than 0; no limit by default. */
  readonly timeout?: Duration | undefined;
  /** The network latency to subtract from the caller's deadline. At least 0; 5 ms by default. */
  readonly networkAllowance?: Duration | undefined;
  /**
   * Returns whether to use the deadline that the caller of a request has sent. By default every caller's deadline is
   * used; in that case, configure the edge proxy to remove the header `x-request-timeout-ms` from requests of clients.
   * If it throws or returns no boolean, the deadline is not used.
   */
  readonly trustCaller?: ((request: IncomingMessage) => boolean) | undefined;
  /** The clock; by default that of `ResilienceModule`, otherwise real time. */
  readonly clock?: Clock | undefined;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<DeadlineModuleOptions>()
  .setClassMethodName('forRoot')
  .build();

/**
 * Gives every HTTP request a deadline, on Express and Fastify: `timeout` after its arrival, or the caller's deadline
 * (`x-request-timeout-ms`) if that is earlier. Decorated methods inherit the deadline, it shortens time limiters, and
 * `deadlineHeaders(currentCallContext().deadline)` sends the remaining time to other services. A request whose deadline
 * has passed fails with a DeadlineExceededError before it reaches a controller. On Express with NestJS 10, the time to
 * read the body does not count.
 *
 * @example
 * imports: [ResilienceDeadlineModule.forRoot({ timeout: '10s' })]
 */
@Module({})
export class ResilienceDeadlineModule extends ConfigurableModuleClass implements NestModule {
  readonly #use: () => void;
  readonly #isEarly: boolean;

  /** @throws RangeError when `timeout` or `networkAllowance` is not a duration in its range */
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: DeadlineModuleOptions,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Optional() @Inject(resilienceOptions) resilience?: ResilienceModuleOptions,
  ) {
    super();
    validateDurations(options);
    const middleware = deadlineMiddleware({ ...options, clock: options.clock ?? resilience?.clock });
    this.#use = () => useIn(host, middleware);
    // As soon as there is an adapter, so that the time to read the body counts.
    this.#isEarly = (host as Partial<HttpAdapterHost>).init$?.subscribe(this.#use) !== undefined;
  }

  /** NestJS 10 does not notify modules of the adapter. It calls this method before it registers routes. */
  configure(): void {
    if (!this.#isEarly) this.#use();
  }
}

type Middleware = (request: MiddlewareRequest, response: unknown, next: (error?: Error) => void) => void;

/** What is used of Fastify, which this package does not depend on. */
interface HookedInstance {
  addHook(
    name: 'onRequest',
    hook: (request: { readonly raw: MiddlewareRequest }, reply: unknown, done: (error?: Error) => void) => void,
  ): void;
}

/** On Fastify as a hook: any middleware makes the adapter copy properties of each request for it, which takes longer than the deadline. */
function useIn({ httpAdapter }: Partial<HttpAdapterHost>, middleware: Middleware): void {
  if (httpAdapter?.getType() !== 'fastify') return void httpAdapter?.use(middleware);
  const fastify: HookedInstance = httpAdapter.getInstance();
  fastify.addHook('onRequest', ({ raw }, reply, done) => middleware(raw, reply, done));
}

function validateDurations({ timeout, networkAllowance = 0 }: DeadlineModuleOptions): void {
  if (timeout !== undefined && !((parseDuration(timeout) ?? 0) > 0))
    throw invalidDuration('timeout', 'greater than 0', timeout);
  if (!((parseDuration(networkAllowance) ?? -1) >= 0))
    throw invalidDuration('networkAllowance', 'of at least 0', networkAllowance);
}

function invalidDuration(option: keyof DeadlineModuleOptions, range: string, given: Duration): RangeError {
  return new RangeError(
    `ResilienceDeadlineModule: ${option} must be a duration ${range} (${durationForms}), but ${given} was given.`,
  );
}

/** A request in a middleware of either adapter. */
type MiddlewareRequest = IncomingMessage & { readonly originalUrl?: string };

function deadlineMiddleware({
  timeout,
  networkAllowance,
  trustCaller,
  clock = systemClock,
}: DeadlineModuleOptions): Middleware {
  const environment = networkAllowance === undefined ? { clock } : { clock, networkAllowance };
  const userFunctions = new UserFunctions('ResilienceDeadlineModule');
  return (request, _response, next) => {
    const isTrusted = trustCaller === undefined || userFunctions.test('trustCaller', trustCaller, request) === true;
    const deadline = Deadline.earliest(
      isTrusted ? readDeadline(request.headers[deadlineHeader], environment) : undefined,
      timeout === undefined ? undefined : Deadline.after(timeout, clock),
    );
    if (deadline === undefined) next();
    else if (deadline.remainingMs === 0) next(new DeadlineExceededError(describe(request)));
    else runInCallContext({ deadline }, next);
  };
}

/** e.g. `POST /accounts`, without the query. */
function describe({ method, originalUrl, url }: MiddlewareRequest): string {
  return `${method} ${(originalUrl ?? url ?? '').split('?', 1)[0]}`;
}
