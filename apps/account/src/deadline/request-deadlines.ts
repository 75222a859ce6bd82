import { DeadlinePassedError, remainingRequestMs } from '@breakwater/service-kit';
import { Deadline, type Clock } from '@breakwater/resilience';
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
 * Every request has a deadline, for whoever does something for it: time limiters are shortened to it, and what is left of it
 * is told to the next service. It comes `timeoutMs` after the request, or earlier where the caller waits less long
 * (`x-request-timeout-ms`). A request that comes too late is not begun.
 *
 * It is reckoned when it is asked for, from what the request's context knows, and is no context of its own: Node takes half a
 * microsecond to begin one. And late requests are turned away by a hook of Fastify's, not by an interceptor: with a
 * single one Nest takes every request through RxJS.
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
    next(remainingRequestMs() === 0 ? new DeadlinePassedError() : undefined);
  }

  /** The deadline of the request that is being served; undefined outside of one. */
  current(): Deadline | undefined {
    const { timeoutMs, clock, timeScale } = this.#options;
    const remainingMs = remainingRequestMs(timeoutMs / timeScale);
    return remainingMs === undefined ? undefined : Deadline.after(remainingMs * timeScale, clock);
  }
}
