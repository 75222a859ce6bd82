import { DeadlinePassedError, remainingRequestMs } from '@breakwater/chassis';
import { Deadline, type Clock } from '@breakwater/resilience';
import { runInCallContext } from '@breakwater/resilience/nest';
import type { OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';

/** How long a request may take, and by which clock. */
export interface RequestDeadlineOptions {
  /** By `clock`. */
  readonly timeoutMs: number;
  /** The policies'. */
  readonly clock: Clock;
  /** How many times faster than the clock on the wall, by which callers go, `clock` runs. */
  readonly timeScale: number;
}

/**
 * Gives every request a deadline, which holds for all that is done for it: time limiters are shortened to it, and what is
 * left of it is told to the next service. It comes after `timeoutMs`, or earlier where the caller waits less long
 * (`x-request-timeout-ms`). A request that comes too late is not begun.
 *
 * A hook of Fastify's, and not an interceptor: with a single interceptor Nest takes every request through RxJS.
 */
export class RequestDeadlines implements OnModuleInit {
  readonly #adapterHost: HttpAdapterHost<FastifyAdapter>;
  readonly #options: RequestDeadlineOptions;

  constructor(adapterHost: HttpAdapterHost<FastifyAdapter>, options: RequestDeadlineOptions) {
    this.#adapterHost = adapterHost;
    this.#options = options;
  }

  onModuleInit(): void {
    this.#adapterHost.httpAdapter.getInstance().addHook('preHandler', (_request, _reply, done) => this.begin(done));
  }

  /** @param next what is done for the request; it is told the DeadlinePassedError when its caller waits no more */
  begin(next: (error?: Error) => void): void {
    const { timeoutMs, clock, timeScale } = this.#options;
    const callersMs = (remainingRequestMs() ?? Number.POSITIVE_INFINITY) * timeScale;
    if (callersMs === 0) {
      next(new DeadlinePassedError());
      return;
    }
    const deadline = Deadline.after(Math.min(timeoutMs, callersMs), clock);
    runInCallContext({ deadline }, next);
  }
}
