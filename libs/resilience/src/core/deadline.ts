import { type Clock, systemClock } from './clock.ts';
import { type Duration, durationForms, parseDuration } from './duration.ts';
import { RejectedError } from './errors.ts';

/**
 * The time by which a result is needed; later, nobody waits for it any more. It is made once, where a request comes in,
 * and travels in the CallContext through every policy and, by `deadlineHeaders`, to the next service.
 *
 * It carries the clock that it was read from. Policies that are given a deadline must run on the same one.
 */
export class Deadline {
  /** In milliseconds since the Unix epoch, on the deadline's clock. */
  readonly endsAt: number;
  readonly #clock: Clock;

  /** @param endsAt in milliseconds since the Unix epoch, on `clock` */
  constructor(endsAt: number, clock: Clock = systemClock) {
    this.endsAt = endsAt;
    this.#clock = clock;
  }

  /**
   * The deadline that ends when `budget` is used up.
   *
   * @param budget at least 0, which leaves no time at all
   * @throws RangeError when it is not a duration of at least 0
   */
  static after(budget: Duration, clock: Clock = systemClock): Deadline {
    return new Deadline(clock.now() + durationMs('A deadline', budget), clock);
  }

  /** What is left, in milliseconds; 0 when the deadline has passed. */
  get remainingMs(): number {
    return Math.max(0, this.endsAt - this.#clock.now());
  }
}

/** A call was not started, since nothing is left of the time in which its result is needed. */
export class DeadlineExceededError extends RejectedError {
  readonly code = 'DEADLINE_EXCEEDED';
  /** Not known: no new attempt can meet a deadline that has passed. */
  readonly retryAfterMs = undefined;

  /** @param subject who refused, e.g. `TimeLimiter 'customer'` */
  constructor(subject: string) {
    super(
      `${subject} did not start the call, since the caller's deadline has passed; ` +
        'give the request more time, or do less before this call.',
    );
  }
}

/**
 * The request header that carries what is left of a deadline: whole milliseconds, at most ten digits.
 *
 * A remaining time, and not a point in time, because two machines' clocks differ: gRPC (`grpc-timeout`, "PROTOCOL-HTTP2"),
 * Connect (`connect-timeout-ms`, whose format this is) and Envoy (`x-envoy-expected-rq-timeout-ms`) do the same. Those
 * names belong to their protocols, and Envoy overwrites its own, hence a name of ours.
 */
export const deadlineHeader = 'x-request-timeout-ms';

const headerForm = /^\d{1,10}$/;
const mostMs = 9_999_999_999;

/**
 * The headers that tell the next service how long its answer is waited for; none when there is no deadline.
 *
 * @example
 * customer.execute(({ signal, deadline }) => fetch(url, { signal, headers: deadlineHeaders(deadline) }));
 */
export function deadlineHeaders(deadline: Deadline | undefined): Readonly<Record<string, string>> {
  if (deadline === undefined) return {};
  return { [deadlineHeader]: String(Math.min(Math.floor(deadline.remainingMs), mostMs)) };
}

/**
 * Part of what the caller gave is spent on the way here, and part on the way back. A round trip between neighbours takes
 * well below this; see "Deadline propagation" in chapter 22 of Google's Site Reliability Engineering.
 */
const defaultNetworkAllowanceMs = 5;

/**
 * The deadline that a request came with, or `undefined` when it has none. A header that is not of the right form counts
 * as none, since a broken client must not be able to stop a service from working.
 *
 * Only listen to callers of one's own: let the edge remove the header from requests of strangers, who could otherwise
 * make calls time out at will.
 *
 * @param header the value of the `deadlineHeader`, as Node.js hands it over
 * @param environment the clock, real time by default, and what to take off for the network; 5 ms by default
 */
export function readDeadline(
  header: string | readonly string[] | undefined,
  environment: { readonly clock?: Clock; readonly networkAllowance?: Duration } = {},
): Deadline | undefined {
  const { clock = systemClock, networkAllowance = defaultNetworkAllowanceMs } = environment;
  const allowanceMs = durationMs('A network allowance', networkAllowance);
  if (typeof header !== 'string' || !headerForm.test(header)) return undefined;
  return Deadline.after(Math.max(0, Number(header) - allowanceMs), clock);
}

function durationMs(subject: string, given: Duration): number {
  const parsed = parseDuration(given);
  if (parsed !== undefined && parsed >= 0) return parsed;
  throw new RangeError(`${subject} must be a duration of at least 0 (${durationForms}), but ${given} was given.`);
}
