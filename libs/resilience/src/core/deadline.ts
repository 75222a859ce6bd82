import { checkNumber, durationArgument } from './arguments.ts';
import { type Cancel, type Clock, systemClock } from './clock.ts';
import type { Duration } from './duration.ts';
import { RejectedError } from './errors.ts';

/**
 * The time by which a result is needed. It is set once, where a request arrives, and travels in the CallContext through
 * every policy and, with `deadlineHeaders`, to the next service.
 *
 * A deadline keeps the clock that it was set on. Policies that receive it must run on the same clock.
 */
export class Deadline {
  /** In milliseconds since the Unix epoch, on the deadline's clock. */
  readonly endsAt: number;
  readonly #clock: Clock;

  /**
   * @param endsAt in milliseconds since the Unix epoch, on `clock`
   * @throws RangeError when it is not a number
   */
  constructor(endsAt: number, clock: Clock = systemClock) {
    checkNumber('endsAt', endsAt);
    this.endsAt = endsAt;
    this.#clock = clock;
  }

  /**
   * The deadline that ends after `budget`.
   *
   * @param budget at least 0, which leaves no time at all
   * @throws RangeError when it is not a duration of at least 0
   */
  static after(budget: Duration, clock: Clock = systemClock): Deadline {
    return new Deadline(clock.now() + durationArgument('budget', budget), clock);
  }

  /** The deadline that ends first; `undefined` where there is none. All of them must be set on one clock. */
  static earliest(...deadlines: readonly (Deadline | undefined)[]): Deadline | undefined {
    let earliest: Deadline | undefined;
    for (const deadline of deadlines) {
      if (deadline && !(earliest && earliest.endsAt <= deadline.endsAt)) earliest = deadline;
    }
    return earliest;
  }

  /** The remaining time in milliseconds; 0 when the deadline has passed. */
  get remainingMs(): number {
    return Math.max(0, this.endsAt - this.#clock.now());
  }

  /** The same in milliseconds of real time, where the clock runs faster. */
  get remainingRealMs(): number {
    return this.remainingMs / (this.#clock.speed ?? 1);
  }

  /** Calls `listener` once when the deadline passes. The returned function cancels the call. */
  whenPassed(listener: () => void): Cancel {
    return this.#clock.schedule(this.remainingMs, listener);
  }
}

/** A request or a call was refused or cut off because its deadline has passed. */
export class DeadlineExceededError extends RejectedError {
  readonly code = 'DEADLINE_EXCEEDED';
  /** Unknown: no new attempt can meet a deadline that has passed. */
  readonly retryAfterMs = undefined;

  /** @param subject what was refused or cut off, e.g. `TimeLimiter 'customer'` or `GET /accounts` */
  constructor(subject: string) {
    super(`${subject}: the caller's deadline has passed. Give the request more time, or do less before this call.`);
  }
}

/**
 * The request header that carries the time that remains until a deadline: whole milliseconds of real time, at most ten
 * digits.
 *
 * It is a duration and not a point in time, because the clocks of two machines differ: gRPC (`grpc-timeout`,
 * "PROTOCOL-HTTP2"), Connect (`connect-timeout-ms`, whose format this is) and Envoy (`x-envoy-expected-rq-timeout-ms`)
 * do the same. Those names belong to their protocols, and Envoy overwrites its own, so this header has another name.
 */
export const deadlineHeader = 'x-request-timeout-ms';

const headerForm = /^\d{1,10}$/;
const maxHeaderMs = 9_999_999_999;

/**
 * The headers that pass the remaining time to the next service; none when there is no deadline.
 *
 * @example
 * customer.execute(({ signal, deadline }) => fetch(url, { signal, headers: deadlineHeaders(deadline) }));
 */
export function deadlineHeaders(deadline: Deadline | undefined): Readonly<Record<string, string>> {
  if (deadline === undefined) return {};
  return { [deadlineHeader]: String(Math.min(Math.floor(deadline.remainingRealMs), maxHeaderMs)) };
}

/**
 * The way to the service and back takes part of the caller's time. A round trip within a data centre takes well below
 * this; see "Deadline propagation" in chapter 22 of Google's Site Reliability Engineering.
 */
const defaultNetworkAllowanceMs = 5;

/**
 * Reads the deadline of a request; `undefined` when it has none. A malformed header counts as none, so that a broken
 * client cannot stop a service from working.
 *
 * Only trust this header from your own services. Remove it at the edge; otherwise any external client can make calls
 * time out.
 *
 * @param header the value of the `deadlineHeader`, as Node.js provides it
 * @param environment the clock, real time by default, and what to subtract for the network; 5 ms by default
 * @throws RangeError when the allowance is not a duration of at least 0
 */
export function readDeadline(
  header: string | readonly string[] | undefined,
  environment: { readonly clock?: Clock; readonly networkAllowance?: Duration } = {},
): Deadline | undefined {
  const { clock = systemClock, networkAllowance = defaultNetworkAllowanceMs } = environment;
  const allowanceMs = durationArgument('networkAllowance', networkAllowance);
  if (typeof header !== 'string' || !headerForm.test(header)) return undefined;
  return Deadline.after(Math.max(0, Number(header) - allowanceMs) * (clock.speed ?? 1), clock);
}
