import { type Cancel, type Clock, scheduleInBackground } from '../clock.ts';
import type { EndpointEvidence, PooledEndpoint } from './pooled-endpoint.ts';

/** A call that has not ended. */
export class InFlightCall {
  readonly endpoint: PooledEndpoint;
  /** Where its outcome belongs; an ejection of the endpoint makes it void. */
  readonly evidence: EndpointEvidence;
  readonly startedAt: number;
  readonly isTrial: boolean;
  /** Whether it has been recorded as slow. */
  isSlow = false;
  previous: InFlightCall | undefined;
  next: InFlightCall | undefined;

  constructor(endpoint: PooledEndpoint, startedAt: number) {
    this.endpoint = endpoint;
    this.evidence = endpoint.evidence;
    this.startedAt = startedAt;
    this.isTrial = endpoint.state === 'TRIAL';
  }
}

/**
 * The calls in flight in the order of their starts, and one timer for the oldest that is not yet slow. The timer is not
 * moved when a call ends, which costs more than a timer that fires in vain, at most once for each threshold.
 */
export class InFlightCalls {
  readonly #clock: Clock;
  readonly #onSlow: (call: InFlightCall) => void;
  /** Infinite when slow calls in flight do not matter. */
  #slowAfterMs: number;
  #newest: InFlightCall | undefined;
  /** The oldest call that is not slow. */
  #oldestFast: InFlightCall | undefined;
  #cancelTimer: Cancel | undefined;

  constructor(clock: Clock, slowAfterMs: number, onSlow: (call: InFlightCall) => void) {
    this.#clock = clock;
    this.#slowAfterMs = slowAfterMs;
    this.#onSlow = onSlow;
  }

  add(call: InFlightCall): void {
    call.previous = this.#newest;
    if (this.#newest !== undefined) this.#newest.next = call;
    this.#newest = call;
    this.#oldestFast ??= call;
    if (this.#cancelTimer === undefined) this.#arm(this.#slowAfterMs);
  }

  remove(call: InFlightCall): void {
    const { previous, next } = call;
    if (previous !== undefined) previous.next = next;
    if (next === undefined) this.#newest = previous;
    else next.previous = previous;
    if (this.#oldestFast === call) this.#oldestFast = next;
    // Otherwise a call that has ended would keep all later ones in memory, until the garbage collector looks at both.
    call.previous = undefined;
    call.next = undefined;
  }

  /** Calls in flight are judged by the new threshold. */
  changeThreshold(slowAfterMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#slowAfterMs = slowAfterMs;
    this.#check();
  }

  /** Ends the timer for good. */
  dispose(): void {
    this.changeThreshold(Number.POSITIVE_INFINITY);
  }

  /** Replaces a timer that the call of a listener has set. */
  #arm(delayMs: number): void {
    this.#cancelTimer?.();
    if (this.#slowAfterMs === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = scheduleInBackground(this.#clock, delayMs, () => {
      this.#cancelTimer = undefined;
      this.#check();
    });
  }

  /** Marks the calls that have become slow, and waits for the next one. */
  #check(): void {
    const now = this.#clock.now();
    for (let call = this.#oldestFast; call !== undefined; call = this.#oldestFast) {
      const remainingMs = call.startedAt + this.#slowAfterMs - now;
      if (remainingMs > 0) {
        this.#arm(remainingMs);
        return;
      }
      this.#oldestFast = call.next;
      call.isSlow = true;
      this.#onSlow(call);
    }
  }
}
