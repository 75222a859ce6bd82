import { type Clock, systemClock } from '../clock.ts';
import { matchesError } from '../error-matcher.ts';
import { EventEmitter, EventPublisher, type Listener } from '../events.ts';
import {
  abortSourceOf,
  type CallContext,
  invokeCall,
  type Policy,
  type ProtectedCall,
  toCallContext,
} from '../policy.ts';
import type { CachedFallbackEvents, ServedEvent } from './cached-fallback.events.ts';
import {
  type CachedFallbackConfig,
  type CachedFallbackOptions,
  cachedFallbackOptions,
} from './cached-fallback.options.ts';
import { LastGoodValues } from './last-good-values.ts';

/** What a cached fallback can tell about now. */
export interface CachedFallbackMetrics {
  /** How many results are remembered. */
  readonly entries: number;
}

/** What a caller may say about its own calls. */
export interface ServingOptions {
  /** Called when one of these calls is answered with a remembered result, before it returns. It cannot hurt the call. */
  readonly onServed?: Listener<ServedEvent>;
}

/**
 * Answers a call that fails with the last good result of a call that asked for the same, as long as that is not too old.
 *
 * Results are told apart by a key that the caller states with `withKey` or `decorate`, or the `key` option for all calls.
 * A failure is never remembered, and the memory is bounded. A result is handed out as it was received, to each who gets
 * it, so it must not be changed. Once the caller has given up, nothing is served.
 *
 * @example
 * const lastKnown = new CachedFallback('customer', { staleLimit: '10m', on: OutageError });
 * const answer = await lastKnown
 *   .withKey(id, { onServed: ({ ageMs }) => reply.header('age', Math.round(ageMs / 1_000)) })
 *   .execute((context) => customer.execute(({ signal }) => find(id, signal), context));
 */
export class CachedFallback extends EventPublisher<CachedFallbackEvents, 'cachedFallbackName'> implements Policy {
  readonly name: string;
  readonly #clock: Clock;
  #config: CachedFallbackConfig;
  readonly #values: LastGoodValues;

  /**
   * @param name what is protected; it appears in events and metrics
   * @param options each with its default
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: CachedFallbackOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = cachedFallbackOptions.resolve(`CachedFallback '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super({ cachedFallbackName: name }, clock, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#clock = clock;
    this.#values = new LastGoodValues(config.maxEntries, this.#clock);
  }

  /** As given, and changed since by `reconfigure`. */
  get config(): CachedFallbackConfig {
    return this.#config;
  }

  get metrics(): CachedFallbackMetrics {
    return { entries: this.#values.size };
  }

  /**
   * Runs `call` under the key that the `key` option gives it; without one the call is neither remembered nor answered for.
   *
   * @returns what `call` returned, or what the last good call of the same key did
   * @throws what `call` threw when there is no such result, or it is too old
   */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return this.#execute(this.config.key?.(toCallContext(context)), call, context);
  }

  /**
   * This policy for calls that ask for one thing. It shares the memory and the events, and costs nothing to make.
   *
   * @param key what the calls ask for
   * @param options what else the caller has to say
   */
  withKey(key: string, options: ServingOptions = {}): Policy {
    return new KeyedCachedFallback(this.name, (call, context) => this.#execute(key, call, context, options.onServed));
  }

  /**
   * Goes on with other options, all of them given anew. What is remembered is kept, as far as there is room for it.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: CachedFallbackOptions): void {
    this.#config = cachedFallbackOptions.resolve(`CachedFallback '${this.name}'`, options);
    this.#values.changeCapacity(this.#config.maxEntries);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
  }

  /**
   * The same function under this policy; `this` and the arguments are handed on.
   *
   * @param keyOf the key of a call, from its arguments; by default that of the `key` option
   */
  decorate<A extends unknown[], T>(
    call: (...args: A) => T | PromiseLike<T>,
    keyOf?: (...args: A) => string,
  ): (...args: A) => Promise<T> {
    const policyFor = (args: A): Pick<Policy, 'execute'> => (keyOf === undefined ? this : this.withKey(keyOf(...args)));
    return async function (this: unknown, ...args: A) {
      return policyFor(args).execute(() => call.apply(this, args));
    };
  }

  /**
   * Forgets the result of this key, since it is known to be outdated. Results of its calls under way are not kept either.
   * As many such keys are kept apart as results are remembered; beyond, calls of other keys that have been under way since
   * before the oldest of them was forgotten are not remembered.
   */
  forget(key: string): void {
    this.#values.forget(key);
  }

  /** Forgets all results. */
  clear(): void {
    this.#values.clear();
  }

  #execute<T>(
    key: string | undefined,
    call: ProtectedCall<T>,
    context: Partial<CallContext> | undefined,
    onServed?: Listener<ServedEvent>,
  ): Promise<T> {
    if (key === undefined) return invokeCall(call, toCallContext(context));

    const ticket = this.#values.begin();
    return invokeCall(call, toCallContext(context)).then(
      (result) => {
        if (this.config.rememberResult?.(result) !== false) this.#values.remember(key, result, ticket);
        return result;
      },
      (error: unknown) => {
        if (abortSourceOf(context)?.aborted || !matchesError(this.config.on, error)) throw error;
        return this.#serve(key, error, onServed) as T;
      },
    );
  }

  #serve(key: string, error: unknown, onServed: Listener<ServedEvent> | undefined): unknown {
    const found = this.#values.find(key);
    if (found === undefined || found.ageMs > this.config.staleLimit) {
      this.#values.drop(key);
      this.emit('NOT_SERVED', { key, error, ageMs: found?.ageMs });
      throw error;
    }
    const served = { key, error, ageMs: found.ageMs };
    const creationTime = this.#clock.now();
    this.emit('SERVED', served, creationTime);
    if (onServed !== undefined) {
      tellOnce(onServed, { type: 'SERVED', cachedFallbackName: this.name, creationTime, ...served });
    }
    return found.value;
  }
}

/** A cached fallback as one caller sees it. */
class KeyedCachedFallback implements Policy {
  readonly kind = 'cachedFallback';
  readonly name: string;
  readonly execute: Policy['execute'];

  constructor(name: string, execute: Policy['execute']) {
    this.name = name;
    this.execute = execute;
  }
}

/** With the care that any listener gets: what it throws does not reach the call. */
function tellOnce(listener: Listener<ServedEvent>, event: ServedEvent): void {
  const emitter = new EventEmitter<CachedFallbackEvents>();
  emitter.on('SERVED', listener);
  emitter.emit(event);
}
