import { type Clock, systemClock } from '../clock.ts';
import { EventPublisher } from '../events.ts';
import { mergeOptions } from '../options.ts';
import {
  abortSourceOf,
  type CallContext,
  decorateCall,
  invokeCall,
  type Policy,
  type ProtectedCall,
  signalOf,
  toCallContext,
} from '../policy.ts';
import { BulkheadFullError } from './bulkhead.errors.ts';
import type { BulkheadEvents } from './bulkhead.events.ts';
import { type BulkheadConfig, bulkheadOptions, type BulkheadOptions } from './bulkhead.options.ts';

/** A bulkhead's numbers as of now, by Resilience4j's names. */
export interface BulkheadMetrics {
  /** Free places; 0 also while more calls are under way than a lowered maximum allows. */
  readonly availableConcurrentCalls: number;
  readonly maxAllowedConcurrentCalls: number;
}

interface Waiter {
  admit(): void;
}

/**
 * Lets so many calls be under way at once; further ones wait in line for `maxWaitDuration`, then are refused.
 *
 * The semantics are those of Resilience4j's SemaphoreBulkhead in its fair form. A place that becomes free goes to the
 * head of the line by hand: nobody who comes in between can take it.
 *
 * A place is held until the call has really ended. Put the bulkhead inside a time limiter: the caller is answered when
 * the time is up, while work that goes on keeps its place.
 *
 * @example
 * const customer = new Bulkhead('customer', { maxConcurrentCalls: 20, maxWaitDuration: '100ms' });
 * const answer = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class Bulkhead extends EventPublisher<BulkheadEvents, 'bulkheadName'> implements Policy {
  readonly name: string;
  readonly #clock: Clock;
  /** In the order of their coming. While somebody waits, no place is free. */
  readonly #waiters = new Set<Waiter>();
  #config: BulkheadConfig;
  /** Below 0 while more calls are under way than a lowered maximum allows. */
  #free: number;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's, each with its default
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: BulkheadOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = bulkheadOptions.resolve(`Bulkhead '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super({ bulkheadName: name }, clock, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#clock = clock;
    this.#free = config.maxConcurrentCalls;
  }

  /** As given, and changed since by `changeConfig`. */
  get config(): BulkheadConfig {
    return this.#config;
  }

  get metrics(): BulkheadMetrics {
    return {
      availableConcurrentCalls: Math.max(0, this.#free),
      maxAllowedConcurrentCalls: this.#config.maxConcurrentCalls,
    };
  }

  /**
   * Runs `call` when there is a place for it. It never waits longer for one than the caller's deadline leaves.
   *
   * @throws BulkheadFullError when it refuses; the reason of the caller's abort; otherwise what `call` threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const abort = abortSourceOf(context);
    if (abort?.aborted) return Promise.reject(abort.reason as Error);
    return this.#tryEnter() ? this.#run(call, context) : this.#runInTurn(call, context, signalOf(context));
  }

  /** The same function under this bulkhead; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /**
   * Asks for a place without waiting for one; Resilience4j's waits. Whoever gets it gives it back with `onComplete` or
   * `releasePermission`.
   */
  tryAcquirePermission(): boolean {
    const isPermitted = this.#tryEnter();
    if (!isPermitted) this.emit('CALL_REJECTED', {});
    return isPermitted;
  }

  /**
   * Asks for a place, and waits `maxWaitDuration` for one. Whoever gets it gives it back with `onComplete` or
   * `releasePermission`. As in Resilience4j, a caller that gives up its wait counts as a rejected one.
   *
   * @throws BulkheadFullError when there is none; the signal's reason when it is aborted
   */
  async acquirePermission(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#tryEnter()) await this.#waitInLine(this.#config.maxWaitDuration, signal);
  }

  /** Gives a place back whose call was not made. */
  releasePermission(): void {
    this.#free++;
    this.#admitWaiting();
  }

  /** Gives a place back whose call has ended. */
  onComplete(): void {
    this.emit('CALL_FINISHED', {});
    this.releasePermission();
  }

  /**
   * Changes what is given and leaves the rest. A higher maximum admits who waits at once; a lower one takes effect as calls
   * end. `maxWaitDuration` holds for those who come later.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  changeConfig(options: Pick<BulkheadOptions, 'maxConcurrentCalls' | 'maxWaitDuration'>): void {
    const before = this.#config.maxConcurrentCalls;
    this.#config = bulkheadOptions.resolve(
      `Bulkhead '${this.name}'`,
      mergeOptions<BulkheadOptions>(bulkheadOptions.rules, this.#config, options),
    );
    this.#free += this.#config.maxConcurrentCalls - before;
    this.#admitWaiting();
  }

  /**
   * Goes on with other options, all of them given anew; see `changeConfig`.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: BulkheadOptions): void {
    this.changeConfig(bulkheadOptions.resolve(`Bulkhead '${this.name}'`, options));
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
  }

  /** In the place that it has. */
  #run<T>(call: ProtectedCall<T>, context: Partial<CallContext> | undefined): Promise<T> {
    return invokeCall(call, toCallContext(context)).then(
      (result) => {
        this.onComplete();
        return result;
      },
      (error: unknown) => {
        this.onComplete();
        throw error;
      },
    );
  }

  async #runInTurn<T>(
    call: ProtectedCall<T>,
    context: Partial<CallContext> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const remainingMs = context?.deadline?.remainingMs ?? Number.POSITIVE_INFINITY;
    await this.#waitInLine(Math.min(this.#config.maxWaitDuration, remainingMs), signal);
    return this.#run((given) => {
      // The caller may have given up between its turn and now; the place is given back all the same.
      signal?.throwIfAborted();
      return call(given);
    }, context);
  }

  #tryEnter(): boolean {
    if (this.#free <= 0) return false;
    this.#free--;
    this.emit('CALL_PERMITTED', {});
    return true;
  }

  #admitWaiting(): void {
    for (const waiter of this.#waiters) {
      if (this.#free <= 0) return;
      this.#free--;
      waiter.admit();
    }
  }

  async #waitInLine(maxWaitMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (maxWaitMs <= 0) throw this.#rejected(0);

    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      this.#waiters.delete(waiter);
      cancelTimer();
      signal?.removeEventListener('abort', onAbort);
    };
    const waiter: Waiter = {
      admit: () => {
        leave();
        this.emit('CALL_PERMITTED', {});
        resolve();
      },
    };
    const onAbort = (): void => {
      leave();
      this.emit('CALL_REJECTED', {});
      reject(signal?.reason);
    };
    const cancelTimer = this.#clock.schedule(maxWaitMs, () => {
      leave();
      reject(this.#rejected(maxWaitMs));
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiters.add(waiter);
    return promise;
  }

  #rejected(waitedMs: number): BulkheadFullError {
    this.emit('CALL_REJECTED', {});
    return new BulkheadFullError(this.name, this.#config.maxConcurrentCalls, waitedMs);
  }
}
