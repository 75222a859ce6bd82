import { RetryBudget } from '../src/core/retry/retry-budget.ts';
import { Retry } from '../src/core/retry/retry.ts';
import { withResolvers } from '../src/core/with-resolvers.ts';
import { type Bounds, type Call, CallsWorld, type Outcome } from './calls-world.ts';
import { mustBe } from './explorer.ts';

const maxAttempts = 3;
const retryRatio = 0.5;
const ttlMs = 1_000;
/** Calls expire up to a tenth of the ttl early, and retries up to a tenth late. */
const sliceMs = ttlMs / 10;

/** Concurrent calls under real retries that share a budget. */
export class RetryBudgetWorld extends CallsWorld {
  protected readonly policy: Retry;
  readonly #budget: RetryBudget;
  readonly #minRetries: number;
  readonly #calls: number[] = [];
  readonly #retries: number[] = [];
  /** Those whose attempt has failed: the next one has not started yet. */
  readonly #inBackOff = new Set<Call>();

  constructor(bounds: Bounds, waitDuration: number, minRetriesPerSecond: number) {
    super(bounds);
    this.#minRetries = minRetriesPerSecond;
    this.#budget = new RetryBudget('customer', { retryRatio, minRetriesPerSecond, ttl: ttlMs }, { clock: this.clock });
    const environment = { clock: this.clock, retryBudgets: { getOrCreate: () => this.#budget } };
    this.policy = new Retry('customer', { maxAttempts, waitDuration, retryBudget: 'customer' }, environment);
    this.policy.on('RETRY', () => this.#onRetry());
    this.policy.on('RETRY_BUDGET_EXHAUSTED', () => this.#onExhausted());
  }

  protected override workOf(call: Call): Promise<string> {
    this.must('an attempt while another is in flight', call.contexts.length > 1 && !this.#inBackOff.has(call), false);
    if (call.contexts.length > 1) call.work = withResolvers();
    this.#inBackOff.delete(call);
    call.ended = undefined;
    call.work.promise.catch(() => this.#inBackOff.add(call));
    return super.workOf(call);
  }

  protected onStart(): void {
    this.#calls.push(this.clock.now());
  }

  protected onTick(): void {}

  protected override onAbort(): void {
    this.seen.add('aborted in the back-off');
  }

  protected onEnd(call: Call): void {
    mustBe('the attempts', call.contexts.length > maxAttempts, false);
    if (call.result === undefined) call.ended = undefined;
  }

  protected override isInFlight(call: Call): boolean {
    return super.isInFlight(call) && !this.#inBackOff.has(call);
  }

  protected override outcomesOf(call: Call): readonly Outcome[] {
    return this.isInFlight(call) ? super.outcomesOf(call) : ['abort'];
  }

  protected override historyOf(call: Call): string {
    return `${call.contexts.length} ${this.isInFlight(call)}`;
  }

  protected check(): void {
    const { balance } = this.#budget;
    mustBe('whether the balance is a whole number of at least 0', Number.isInteger(balance) && balance >= 0, true);
    const most = Math.max(0, this.#share(ttlMs) - this.#since(this.#retries, ttlMs));
    mustBe('whether the balance is above the share', balance > most, false);
    if (!this.isSettled) return;
    const waiting = [...this.#inBackOff].filter(({ result }) => result === undefined);
    mustBe('the timers', this.clock.pendingTimers, waiting.length);
  }

  /** In the ttl that ends now there are at most as many retries as the calls of that time permit. */
  #onRetry(): void {
    this.#retries.push(this.clock.now());
    this.must('whether the budget is overdrawn', this.#since(this.#retries, ttlMs) > this.#share(ttlMs), false);
    this.seen.add('retried');
  }

  /** A retry is refused only if one more would be too many by the slices. */
  #onExhausted(): void {
    const retries = this.#since(this.#retries, ttlMs + sliceMs);
    this.must('whether the budget permits a retry', retries + 1 <= this.#share(ttlMs - sliceMs), false);
    this.seen.add('budget exhausted');
  }

  #share(durationMs: number): number {
    return retryRatio * this.#since(this.#calls, durationMs) + this.#minRetries;
  }

  #since(times: readonly number[], durationMs: number): number {
    return times.filter((time) => time > this.clock.now() - durationMs).length;
  }
}
