import { BasePolicy } from '../base-policy.ts';
import { type Clock, systemClock } from '../clock.ts';
import { mergeOptions } from '../options.ts';
import {
  type CallContext,
  invokeCall,
  type ProtectedCall,
  rejectionIfAborted,
  signalOf,
  toCallContext,
} from '../policy.ts';
import { BulkheadFullError } from './bulkhead.errors.ts';
import type { BulkheadEvents } from './bulkhead.events.ts';
import { type BulkheadConfig, bulkheadOptions, type BulkheadOptions } from './bulkhead.options.ts';
import { withResolvers } from '../with-resolvers.ts';

/** The current state of a bulkhead, with Resilience4j's names. */
export interface BulkheadMetrics {
  /** The number of free permits. 0 while more calls are in flight than a lowered maximum allows. */
  readonly availableConcurrentCalls: number;
  readonly maxAllowedConcurrentCalls: number;
}

interface QueuedCall {
  admit(): void;
}

/**
 * Limits concurrent calls. Excess calls wait in a FIFO queue for up to `maxWaitDuration` and are then refused. They are
 * refused at once when the queue has reached `queueCapacity`.
 *
 * The semantics are those of Resilience4j's fair SemaphoreBulkhead. A permit that becomes free is handed to the first
 * call in the queue, so that a new call cannot take it.
 *
 * A call holds its permit until its work has ended. Put the bulkhead inside a time limiter: after a timeout the caller
 * gets its error at once, and work that continues keeps its permit.
 *
 * @example
 * const customer = new Bulkhead('customer', { maxConcurrentCalls: 20, maxWaitDuration: '100ms' });
 * const response = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class Bulkhead extends BasePolicy<BulkheadEvents, 'bulkheadName'> {
  readonly #clock: Clock;
  /** The queue, first in first out. It is empty while a permit is free. */
  readonly #queue = new Set<QueuedCall>();
  #config: BulkheadConfig;
  /** Negative while more calls are in flight than a lowered maximum allows. */
  #freePermits: number;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's; each has a default
   * @param environment the clock; real time by default
   * @throws InvalidOptionsError that lists every fault
   */
  constructor(name: string, options: BulkheadOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = bulkheadOptions.resolve(`Bulkhead '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super('bulkheadName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#clock = clock;
    this.#freePermits = config.maxConcurrentCalls;
  }

  /** The current options. */
  get config(): BulkheadConfig {
    return this.#config;
  }

  get metrics(): BulkheadMetrics {
    return {
      availableConcurrentCalls: Math.max(0, this.#freePermits),
      maxAllowedConcurrentCalls: this.#config.maxConcurrentCalls,
    };
  }

  /** The number of calls that wait for a permit. */
  get queueLength(): number {
    return this.#queue.size;
  }

  /**
   * Runs `call` when it has a permit. It waits for one until `maxWaitDuration` or the caller's deadline has passed.
   *
   * @throws BulkheadFullError when it gets no permit
   * @throws the reason of the caller's abort, or what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const rejection = rejectionIfAborted(context);
    if (rejection !== undefined) return rejection;
    return this.#tryTakePermit() ? this.#run(call, context) : this.#runAfterWait(call, context, signalOf(context));
  }

  /**
   * Takes a permit without waiting, unlike Resilience4j's method of this name. The caller must return the permit with
   * `onComplete` or `releasePermission`.
   *
   * @returns whether a permit was free
   */
  tryAcquirePermission(): boolean {
    this.usage.touch();
    const isPermitted = this.#tryTakePermit();
    if (!isPermitted) this.emit('CALL_REJECTED', {});
    return isPermitted;
  }

  /**
   * Takes a permit and waits up to `maxWaitDuration` for it. The caller must return the permit with `onComplete` or
   * `releasePermission`. As in Resilience4j, an aborted wait emits CALL_REJECTED.
   *
   * @throws BulkheadFullError when no permit became free in time
   * @throws the reason of the signal's abort
   */
  async acquirePermission(signal?: AbortSignal): Promise<void> {
    this.usage.touch();
    signal?.throwIfAborted();
    if (!this.#tryTakePermit()) await this.#waitForPermit(this.#config.maxWaitDuration, signal);
  }

  /** Returns the permit of a call that was not made. Emits no event. */
  releasePermission(): void {
    this.#freePermits++;
    this.#admitQueuedCalls();
  }

  /** Returns the permit of a call that has ended. Emits CALL_FINISHED. */
  onComplete(): void {
    this.emit('CALL_FINISHED', {});
    this.releasePermission();
  }

  /**
   * Changes the given options and keeps the others. A higher maximum admits queued calls at once; a lower maximum takes
   * effect as calls end. A new `maxWaitDuration` or `queueCapacity` applies to new calls only.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
   */
  changeConfig(options: Pick<BulkheadOptions, 'maxConcurrentCalls' | 'maxWaitDuration' | 'queueCapacity'>): void {
    const before: object = this.#config;
    const merged = mergeOptions(bulkheadOptions.rules, before, options);
    this.#apply(bulkheadOptions.resolve(`Bulkhead '${this.name}'`, merged));
  }

  /**
   * Replaces all options. They take effect as with `changeConfig`.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
   */
  reconfigure(options: BulkheadOptions): void {
    this.#apply(bulkheadOptions.resolve(`Bulkhead '${this.name}'`, options));
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
  }

  #apply(config: BulkheadConfig): void {
    this.#freePermits += config.maxConcurrentCalls - this.#config.maxConcurrentCalls;
    this.#config = config;
    this.#admitQueuedCalls();
  }

  /** Runs a call that holds a permit. */
  #run<T>(call: ProtectedCall<T>, context: Partial<CallContext> | undefined): Promise<T> {
    this.usage.start();
    const running = invokeCall(call, toCallContext(context));
    return running.then(
      (result) => {
        this.usage.end();
        this.onComplete();
        return result;
      },
      () => {
        this.usage.end();
        this.onComplete();
        return running;
      },
    );
  }

  async #runAfterWait<T>(
    call: ProtectedCall<T>,
    context: Partial<CallContext> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const remainingMs = context?.deadline?.remainingMs ?? Number.POSITIVE_INFINITY;
    await this.usage.track(this.#waitForPermit(Math.min(this.#config.maxWaitDuration, remainingMs), signal));
    return this.#run((given) => {
      // The caller may have aborted after the call got its permit; #run returns the permit in any case.
      signal?.throwIfAborted();
      return call(given);
    }, context);
  }

  #tryTakePermit(): boolean {
    if (this.#freePermits <= 0) return false;
    this.#freePermits--;
    this.emit('CALL_PERMITTED', {});
    return true;
  }

  #admitQueuedCalls(): void {
    for (const queued of this.#queue) {
      if (this.#freePermits <= 0) return;
      this.#freePermits--;
      queued.admit();
    }
  }

  async #waitForPermit(maxWaitMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (maxWaitMs <= 0) throw this.#rejected(0);
    const { queueCapacity = Number.POSITIVE_INFINITY } = this.#config;
    if (this.#queue.size >= queueCapacity) throw this.#rejected(0, queueCapacity);

    const { promise: isAdmitted, resolve, reject } = withResolvers<boolean>();
    const leaveQueue = (): void => {
      this.#queue.delete(queued);
      cancelTimer();
      signal?.removeEventListener('abort', onAbort);
    };
    const queued: QueuedCall = {
      admit: () => {
        leaveQueue();
        this.emit('CALL_PERMITTED', {});
        resolve(true);
      },
    };
    const onAbort = (): void => {
      leaveQueue();
      this.emit('CALL_REJECTED', {});
      reject(signal?.reason);
    };
    const cancelTimer = this.#clock.schedule(maxWaitMs, () => {
      leaveQueue();
      this.emit('CALL_REJECTED', {});
      resolve(false);
    });
    signal?.addEventListener('abort', onAbort);
    this.#queue.add(queued);
    // Created here and not in the timer, so that its stack trace names the caller.
    if (!(await isAdmitted)) throw this.#fullError(maxWaitMs);
  }

  #rejected(waitedMs: number, queueCapacity?: number): BulkheadFullError {
    this.emit('CALL_REJECTED', {});
    return this.#fullError(waitedMs, queueCapacity);
  }

  #fullError(waitedMs: number, queueCapacity?: number): BulkheadFullError {
    return new BulkheadFullError(this.name, this.#config.maxConcurrentCalls, waitedMs, queueCapacity);
  }
}
