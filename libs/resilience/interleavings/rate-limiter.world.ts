import { RateLimiter } from '../src/core/rate-limiter/rate-limiter.ts';
import { type Bounds, type Call, CallsWorld, type Outcome } from './calls-world.ts';
import { mustBe } from './explorer.ts';

const limitForPeriod = 2;
const periodMs = 10;
const timeoutMs = 5;

/** Concurrent calls under a real rate limiter. */
export class RateLimiterWorld extends CallsWorld {
  protected readonly policy: RateLimiter;
  readonly #startedAt: number;
  readonly #waiting: { readonly call: Call; readonly dueAt: number }[] = [];
  /** Those whose wait is over; their work starts with the next promise reactions. */
  readonly #due: Call[] = [];
  /** How many permissions of each period are taken. */
  readonly #taken: number[] = [];
  /** In which order work has started, and in which order it must have. */
  readonly #started: number[] = [];
  readonly #expected: number[] = [];

  constructor(bounds: Bounds) {
    super(bounds);
    this.#startedAt = this.clock.now();
    const options = { limitForPeriod, limitRefreshPeriod: periodMs, timeoutDuration: timeoutMs };
    this.policy = new RateLimiter('customer', options, { clock: this.clock });
  }

  protected override workOf(call: Call): Promise<string> {
    this.#started.push(call.id);
    return super.workOf(call);
  }

  /** A call gets a permission of the first period that has one left, if that is not too far away. */
  protected onStart(call: Call): void {
    const now = this.clock.now() - this.#startedAt;
    let period = this.#period;
    while (this.#takenOf(period) === limitForPeriod) period++;
    const waitMs = Math.max(0, period * periodMs - now);
    if (waitMs > timeoutMs) return this.refused(call);
    this.#taken[period] = this.#takenOf(period) + 1;
    if (waitMs === 0) {
      this.#expected.push(call.id);
    } else {
      this.#waiting.push({ call, dueAt: this.clock.now() + waitMs });
      this.seen.add('waited');
    }
  }

  protected onTick(): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.dueAt <= this.clock.now()) {
      this.#due.push(this.#waiting.shift()!.call);
    }
  }

  /** Its permission is not returned: later calls already have their periods. */
  protected override onAbort(call: Call): void {
    const at = this.#waiting.findIndex((waiting) => waiting.call === call);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.seen.add(at >= 0 ? 'aborted in the wait' : 'aborted after the wait');
  }

  protected onEnd(): void {}

  protected override onRun(): void {
    for (const call of this.#due.splice(0)) if (!call.isAborted) this.#expected.push(call.id);
  }

  protected override outcomesOf(call: Call): readonly Outcome[] {
    return this.isInFlight(call) ? super.outcomesOf(call) : ['abort'];
  }

  protected override historyOf(call: Call): string {
    return this.isInFlight(call) ? 'running' : String(call.id);
  }

  protected check(): void {
    const later = this.#taken.slice(this.#period + 1).reduce((sum, taken) => sum + taken, 0);
    const { availablePermissions, cycle, numberOfWaitingThreads } = this.policy.metrics;
    mustBe('the period', cycle, this.#period);
    mustBe('the order of starts', this.#started, this.#expected);
    mustBe('the available permissions', availablePermissions, limitForPeriod - this.#takenOf(this.#period) - later);
    mustBe('the timers', this.clock.pendingTimers, this.#waiting.length);
    if (this.isSettled) mustBe('the waiting calls', numberOfWaitingThreads, this.#waiting.length);
  }

  get #period(): number {
    return Math.floor((this.clock.now() - this.#startedAt) / periodMs);
  }

  #takenOf(period: number): number {
    return (this.#taken[period] ??= 0);
  }
}
