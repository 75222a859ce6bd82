import { currentCallContext } from '@breakwater/resilience/nest';
import { currentRequest } from '../request-context/request-context.ts';

/** The longest that a request waits for the database, over all of its statements and connections. */
export const maxWaitMs = 3_000;

/**
 * The least that a deadline leaves to a statement. A request whose deadline passed during a call to another service can still
 * store its decision, which takes milliseconds.
 */
const graceMs = 500;

/** Limits the time that one request waits for the database. Waits at the same time count once. */
export class WaitLimit {
  readonly #maxMs: number;
  #spentMs = 0;
  #pending = 0;
  #pendingSince = 0;

  /** @param maxMs Infinity: without a limit */
  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /**
   * Waits for work as long as the limit and the deadline of the request allow.
   *
   * @param onLate receives a result that nothing waits for any more. Default: it is ignored
   * @throws Error when the time is over; any error of the work
   */
  async apply<T>(start: () => Promise<T>, onLate: (result: T) => void = () => {}): Promise<T> {
    const leftMs = this.#leftMs;
    if (leftMs === Infinity) return start();
    if (leftMs <= 0) throw timeOver(this.#maxMs);

    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      // After a pause of the process its timers run first: a response that has arrived in the meantime is still in time.
      setImmediate(() => {
        if (hasEnded) return;
        work.then(onLate, () => {});
        reject(timeOver(leftMs));
      });
    }, leftMs);
    let hasEnded = false;
    this.#begin();
    const work = start();
    try {
      return await Promise.race([work, timeout]);
    } finally {
      hasEnded = true;
      clearTimeout(timer);
      this.#end();
    }
  }

  get #leftMs(): number {
    if (this.#maxMs === Infinity) return Infinity;
    const pendingMs = this.#pending > 0 ? performance.now() - this.#pendingSince : 0;
    const { deadline } = currentCallContext();
    const untilDeadlineMs = deadline === undefined ? Infinity : Math.max(deadline.remainingRealMs, graceMs);
    return Math.min(this.#maxMs - this.#spentMs - pendingMs, untilDeadlineMs);
  }

  #begin(): void {
    if (this.#pending === 0) this.#pendingSince = performance.now();
    this.#pending += 1;
  }

  #end(): void {
    this.#pending -= 1;
    if (this.#pending === 0) this.#spentMs += performance.now() - this.#pendingSince;
  }
}

const timeOver = (ms: number): Error => new Error(`it did not respond within the ${Math.round(ms)} ms that were left`);

const limits = new WeakMap<object, WaitLimit>();

/** The limit of the current request; outside of one, a limit of its own for each statement or transaction. */
export function currentWaitLimit(): WaitLimit {
  const request = currentRequest();
  const limit = (request && limits.get(request)) ?? new WaitLimit(maxWaitMs);
  if (request) limits.set(request, limit);
  return limit;
}

/** For migrations. */
export const withoutLimit = (): WaitLimit => new WaitLimit(Infinity);
