import { DeadlinePassedError, remainingRequestMs } from '@breakwater/chassis';
import { Deadline, type Clock } from '@breakwater/resilience';
import { runInCallContext } from '@breakwater/resilience/nest';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';

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
 */
export class RequestDeadlineInterceptor implements NestInterceptor {
  readonly #options: RequestDeadlineOptions;

  constructor(options: RequestDeadlineOptions) {
    this.#options = options;
  }

  /** @throws DeadlinePassedError when the caller waits no more */
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { timeoutMs, clock, timeScale } = this.#options;
    const callersMs = (remainingRequestMs() ?? Number.POSITIVE_INFINITY) * timeScale;
    if (callersMs === 0) throw new DeadlinePassedError();

    const deadline = Deadline.after(Math.min(timeoutMs, callersMs), clock);
    return new Observable((subscriber) => runInCallContext({ deadline }, () => next.handle().subscribe(subscriber)));
  }
}
