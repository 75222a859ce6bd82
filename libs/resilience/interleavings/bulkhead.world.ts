import { Bulkhead } from '../src/core/bulkhead/bulkhead.ts';
import { type Bounds, type Call, CallsWorld, type Outcome } from './calls-world.ts';
import { mustBe } from './explorer.ts';

const maxWaitMs = 10;

/** Concurrent calls under a real bulkhead. */
export class BulkheadWorld extends CallsWorld {
  protected readonly policy: Bulkhead;
  protected override readonly manualSteps = ['manual resize 1', 'manual resize 3', 'manual hold'];
  readonly #queueCapacity: number;
  readonly #queue: { readonly call: Call; readonly expiresAt: number }[] = [];
  /** Those that have a permit; their work starts with the next promise reactions. */
  readonly #admitted: Call[] = [];
  readonly #running = new Set<Call>();
  /** In which order work has started, and in which order it must have. */
  readonly #started: number[] = [];
  readonly #expected: number[] = [];
  #max: number;
  /** Whether a permit was taken without a call. */
  #isHeld = false;

  constructor(bounds: Bounds, maxConcurrentCalls: number, queueCapacity: number) {
    super(bounds);
    this.#max = maxConcurrentCalls;
    this.#queueCapacity = queueCapacity;
    const options = { maxConcurrentCalls, queueCapacity, maxWaitDuration: maxWaitMs };
    this.policy = new Bulkhead('customer', options, { clock: this.clock });
  }

  protected override workOf(call: Call): Promise<string> {
    this.#started.push(call.id);
    return super.workOf(call);
  }

  protected onStart(call: Call): void {
    if (this.#free > 0) {
      this.#startWork(call);
    } else if (this.#queue.length < this.#queueCapacity) {
      this.#queue.push({ call, expiresAt: this.clock.now() + maxWaitMs });
      this.seen.add('queued');
    } else {
      this.refused(call);
    }
  }

  protected onTick(): void {
    while (this.#queue.length > 0 && this.#queue[0]!.expiresAt <= this.clock.now()) {
      this.refused(this.#queue.shift()!.call);
      this.seen.add('wait ended');
    }
  }

  protected override onAbort(call: Call): void {
    const at = this.#queue.findIndex((queued) => queued.call === call);
    if (at >= 0) this.#queue.splice(at, 1);
    this.seen.add(at >= 0 ? 'aborted in the queue' : 'aborted after admission');
  }

  protected onEnd(call: Call): void {
    this.#running.delete(call);
    this.#admit();
  }

  protected override onRun(): void {
    for (let call = this.#admitted[0]; call !== undefined; call = this.#admitted[0]) {
      if (!call.isAborted) this.#startWork(call);
      this.#admitted.shift();
      this.#admit();
    }
  }

  protected override onManual(operation: string): void {
    if (operation !== 'hold') {
      this.#max = Number(operation.split(' ')[1]);
      this.policy.changeConfig({ maxConcurrentCalls: this.#max });
    } else if (this.#isHeld) {
      this.#isHeld = false;
      this.policy.releasePermission();
    } else {
      const isFree = this.#free > 0;
      this.#isHeld = this.policy.tryAcquirePermission();
      mustBe('whether a permit is free', this.#isHeld, isFree);
    }
    this.#admit();
  }

  protected override outcomesOf(call: Call): readonly Outcome[] {
    return this.isInFlight(call) ? super.outcomesOf(call) : ['abort'];
  }

  protected override historyOf(call: Call): string {
    // The place in the queue matters.
    return this.isInFlight(call) ? 'running' : String(call.id);
  }

  protected check(): void {
    mustBe('the order of starts', this.#started, this.#expected);
    mustBe('the free permits', this.policy.metrics.availableConcurrentCalls, Math.max(0, this.#free));
    mustBe('the length of the queue', this.policy.queueLength, this.#queue.length);
    mustBe('the timers', this.clock.pendingTimers, this.#queue.length);
    mustBe('a free permit and a queued call', this.#free > 0 && this.policy.queueLength > 0, false);
  }

  get #free(): number {
    return this.#max - this.#running.size - this.#admitted.length - (this.#isHeld ? 1 : 0);
  }

  #admit(): void {
    while (this.#free > 0 && this.#queue.length > 0) {
      this.#admitted.push(this.#queue.shift()!.call);
      this.seen.add('admitted from the queue');
    }
  }

  #startWork(call: Call): void {
    this.#running.add(call);
    this.#expected.push(call.id);
  }
}
