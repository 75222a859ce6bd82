import { BasePolicy } from '../base-policy.ts';
import { type Clock, systemClock } from '../clock.ts';
import { isAborted } from '../cut-off.ts';
import {
  type CallContext,
  invokeCall,
  type KeyedCallOptions,
  type KeyedPolicy,
  type Policy,
  type ProtectedCall,
  refuseGenerator,
  rejectionIfAborted,
  type StaleValue,
  toCallContext,
  withShapeOf,
} from '../policy.ts';
import { UserFunctions } from '../user-function.ts';
import type { CachedFallbackEvents } from './cached-fallback.events.ts';
import {
  type CachedFallbackConfig,
  type CachedFallbackOptions,
  cachedFallbackOptions,
} from './cached-fallback.options.ts';
import { LastGoodValues } from './last-good-values.ts';

/** The current state of a cached fallback. */
export interface CachedFallbackMetrics {
  /** The number of stored values. */
  readonly entries: number;
}

/**
 * Returns a stale value when a call fails: the last result of a call with the same key, unless it is too old.
 *
 * The caller states the key with `withKey` or `decorate`; the `key` option computes it for all other calls. Failures
 * are never stored, and the number of values is bounded. All callers get the same object, which must not be changed. An
 * aborted call gets no stale value.
 *
 * @example
 * const rates = new CachedFallback('rates', { staleLimit: '10m', on: OutageError });
 * const rate = await rates
 *   .withKey(currency, { mapStale: ({ value, ageMs }) => ({ ...value, ageMs }) })
 *   .execute(({ signal }) => find(currency, signal));
 */
export class CachedFallback extends BasePolicy<CachedFallbackEvents, 'cachedFallbackName'> implements KeyedPolicy {
  #config: CachedFallbackConfig;
  readonly #values: LastGoodValues;
  readonly #userFunctions: UserFunctions;

  /**
   * @param name what is protected; it appears in events and metrics
   * @param options each has a default
   * @param environment the clock; real time by default
   * @throws InvalidOptionsError that lists every fault
   */
  constructor(name: string, options: CachedFallbackOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = cachedFallbackOptions.resolve(`CachedFallback '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super('cachedFallbackName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#userFunctions = new UserFunctions(`CachedFallback '${name}'`);
    this.#values = new LastGoodValues(config.maxEntries, clock);
  }

  /** The current options. */
  get config(): CachedFallbackConfig {
    return this.#config;
  }

  get metrics(): CachedFallbackMetrics {
    return { entries: this.#values.size };
  }

  /**
   * Runs `call` with the key of the `key` option. Without a key its result is not stored, and it gets no stale value.
   *
   * @returns the result of `call`, or the stale value of its key
   * @throws the error of `call` when there is no stale value, or it is too old
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const { key: keyOf } = this.config;
    const key = keyOf === undefined ? undefined : this.#keyFrom('key', keyOf, toCallContext(context));
    return this.#execute(key, call, context);
  }

  /**
   * This policy for calls with this key. It shares the stored values and the events.
   *
   * @param key identifies what the calls request
   */
  withKey<T = unknown>(key: string, { mapStale }: KeyedCallOptions<T> = {}): Policy {
    return new KeyedCachedFallback(this.name, (call, context) => this.#execute(key, call, context, mapStale));
  }

  /**
   * Replaces all options. Stored values are kept, up to `maxEntries`.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
   */
  reconfigure(options: CachedFallbackOptions): void {
    this.#config = cachedFallbackOptions.resolve(`CachedFallback '${this.name}'`, options);
    this.#values.changeCapacity(this.#config.maxEntries);
    this.changeBufferSize(this.#config.eventConsumerBufferSize);
  }

  /**
   * The same function under this policy. It keeps `this` and the arguments.
   *
   * @param keyOf computes the key from the arguments; that of the `key` option by default
   */
  override decorate<A extends unknown[], T>(
    call: (...args: A) => T | PromiseLike<T>,
    keyOf?: (...args: A) => string,
  ): (...args: A) => Promise<T> {
    refuseGenerator(call);
    const execute = (args: A, protectedCall: ProtectedCall<T>): Promise<T> =>
      keyOf === undefined
        ? this.execute(protectedCall)
        : this.#execute(this.#keyFrom('keyOf', keyOf, ...args), protectedCall, undefined);
    return withShapeOf(call, function (this: unknown, ...args: A) {
      return execute(args, () => call.apply(this, args));
    });
  }

  /**
   * Drops the value of this key because it is outdated. Results of its in-flight calls are not stored either. As many
   * dropped keys are tracked as there are values (`maxEntries`); beyond that, results of other calls that were in
   * flight when the oldest of them was dropped are not stored either.
   */
  forget(key: string): void {
    this.#values.forget(key);
  }

  /** Drops all values. */
  clear(): void {
    this.#values.clear();
  }

  #execute<T>(
    key: string | undefined,
    call: ProtectedCall<T>,
    context: Partial<CallContext> | undefined,
    mapStale?: KeyedCallOptions<never>['mapStale'],
  ): Promise<T> {
    const rejection = rejectionIfAborted(context);
    if (rejection !== undefined) return rejection;
    if (key === undefined) return this.usage.track(invokeCall(call, toCallContext(context)));

    const callNumber = this.#values.startCall();
    this.usage.start();
    const running = invokeCall(call, toCallContext(context));
    return running.then(
      (result) => {
        this.usage.end();
        if (this.#isRemembered(result)) this.#values.store(key, result, callNumber);
        return result;
      },
      (error: unknown) => {
        this.usage.end();
        if (isAborted(context) || this.#userFunctions.matches('on', this.config.on, error) !== true) return running;
        const stale = this.#findStale(key, error);
        return (mapStale === undefined ? stale.value : mapStale(stale as StaleValue<never>)) as T;
      },
    );
  }

  /** A key function that throws or returns something else counts as none: without a key nothing is stored or replaced. */
  #keyFrom<A extends readonly unknown[]>(
    option: string,
    keyOf: (...args: A) => unknown,
    ...args: A
  ): string | undefined {
    return this.#userFunctions.call(option, keyOf, args, isOptionalText, 'a string or undefined', undefined);
  }

  #isRemembered(result: unknown): boolean {
    const { rememberResult } = this.config;
    return rememberResult === undefined || this.#userFunctions.test('rememberResult', rememberResult, result) === true;
  }

  #findStale(key: string, error: unknown): StaleValue {
    const found = this.#values.find(key);
    if (found === undefined || found.ageMs > this.config.staleLimit) {
      this.#values.drop(key);
      this.emit('NOT_SERVED', { key, error, ageMs: found?.ageMs });
      throw error;
    }
    this.emit('SERVED', { key, error, ageMs: found.ageMs });
    return { ...found, error };
  }
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** A cached fallback for calls with one key. */
class KeyedCachedFallback {
  readonly kind = 'cachedFallback';
  readonly name: string;
  readonly execute: Policy['execute'];

  constructor(name: string, execute: Policy['execute']) {
    this.name = name;
    this.execute = execute;
  }
}
