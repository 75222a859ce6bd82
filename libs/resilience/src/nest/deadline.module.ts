import type { IncomingMessage } from 'node:http';
import { ConfigurableModuleBuilder, Inject, Module, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Clock, systemClock } from '../core/clock.ts';
import { Deadline, DeadlineExceededError, deadlineHeader, readDeadline } from '../core/deadline.ts';
import type { Duration } from '../core/duration.ts';
import { runInCallContext } from './call-context.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** What `ResilienceDeadlineModule.forRoot` takes. */
export interface DeadlineModuleOptions {
  /** The longest that a request may take, counted from its arrival. No limit by default. */
  readonly timeout?: Duration | undefined;
  /** Subtracted from the caller's deadline for the way through the network. At least 0; 5 ms by default. */
  readonly networkAllowance?: Duration | undefined;
  /** Whether the caller's deadline holds for a request. True by default: remove the header at the edge. */
  readonly trustCaller?: ((request: IncomingMessage) => boolean) | undefined;
  /** The clock of the policies. That of `ResilienceModule` by default, and real time without one. */
  readonly clock?: Clock | undefined;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<DeadlineModuleOptions>()
  .setClassMethodName('forRoot')
  .build();

/**
 * Gives every HTTP request a deadline, on Express and Fastify: `timeout` after its arrival, or earlier where the caller's
 * `x-request-timeout-ms` says so. Decorated methods inherit the deadline, time limiters are shortened to it, and
 * `deadlineHeaders(currentCallContext().deadline)` passes on what remains. A request whose deadline has passed is refused
 * with a DeadlineExceededError before it reaches Nest.
 *
 * @example
 * imports: [ResilienceDeadlineModule.forRoot({ timeout: '10s' })]
 */
@Module({})
export class ResilienceDeadlineModule extends ConfigurableModuleClass {
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: DeadlineModuleOptions,
    @Inject(HttpAdapterHost) host: HttpAdapterHost,
    @Optional() @Inject(resilienceOptions) resilience?: ResilienceModuleOptions,
  ) {
    super();
    const middleware = deadlineMiddleware({ ...options, clock: options.clock ?? resilience?.clock });
    // As early as there is an adapter: before the body is read, which may take a while.
    host.init$.subscribe(() => host.httpAdapter?.use(middleware));
  }
}

/** A request as middleware of both adapters receives it. */
type ArrivedRequest = IncomingMessage & { readonly originalUrl?: string };

/** The middleware that both adapters run when a request arrives. */
function deadlineMiddleware({ timeout, networkAllowance, trustCaller, clock = systemClock }: DeadlineModuleOptions) {
  const environment = networkAllowance === undefined ? { clock } : { clock, networkAllowance };
  const callersDeadline = (header: string | readonly string[] | undefined) => readDeadline(header, environment);
  const ownDeadline = () => (timeout === undefined ? undefined : Deadline.after(timeout, clock));
  // An invalid duration stops the start-up.
  callersDeadline(undefined);
  ownDeadline();

  return (request: ArrivedRequest, _response: unknown, next: (error?: Error) => void): void => {
    const isTrusted = trustCaller === undefined || trustCaller(request);
    const deadline = Deadline.earliest(
      isTrusted ? callersDeadline(request.headers[deadlineHeader]) : undefined,
      ownDeadline(),
    );
    if (deadline === undefined) next();
    else if (deadline.remainingMs === 0) next(new DeadlineExceededError(describe(request)));
    else runInCallContext({ deadline }, next);
  };
}

/** e.g. `POST /accounts`, without the query. */
function describe({ method, originalUrl, url }: ArrivedRequest): string {
  return `${method} ${(originalUrl ?? url ?? '').split('?', 1)[0]}`;
}
