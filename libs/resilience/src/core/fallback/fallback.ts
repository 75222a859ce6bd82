import { BasePolicy } from '../base-policy.ts';
import { type Clock, systemClock } from '../clock.ts';
import {
  type AbortSource,
  abortSourceOf,
  type CallContext,
  invokeCall,
  type ProtectedCall,
  rejectionIfAborted,
  toCallContext,
} from '../policy.ts';
import { UserFunctions } from '../user-function.ts';
import type { FallbackEvents } from './fallback.events.ts';
import { type FallbackConfig, type FallbackOptions, fallbackOptions } from './fallback.options.ts';

/**
 * Returns another result when a call fails or is refused.
 *
 * The first handler whose `on` matches the error computes the result. If the handler throws, the next handler that
 * matches the new error is called, so a fallback can have a fallback. An error that no handler matches is thrown
 * unchanged. Once the caller has aborted, no handler is called.
 *
 * @example
 * const customer = new Fallback('customer', {
 *   handlers: [{ on: CallNotPermittedError, handle: () => unknownCustomer }, { handle: () => callReplica() }],
 * });
 */
export class Fallback extends BasePolicy<FallbackEvents, 'fallbackName'> {
  readonly config: FallbackConfig;
  readonly #userFunctions: UserFunctions;

  /**
   * @param name what is protected; it appears in events and metrics
   * @param options each has a default
   * @param environment the clock for the time of events; real time by default
   * @throws InvalidOptionsError that lists every fault
   */
  constructor(name: string, options: FallbackOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = fallbackOptions.resolve(`Fallback '${name}'`, options);
    super('fallbackName', name, environment.clock ?? systemClock, config.eventConsumerBufferSize);
    this.config = config;
    this.#userFunctions = new UserFunctions(`Fallback '${name}'`);
  }

  /**
   * Runs `call`, and a handler if the call fails.
   *
   * @returns the result of `call` or of a handler
   * @throws what `call` threw, or what the last handler threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const rejection = rejectionIfAborted(context);
    if (rejection !== undefined) return rejection;
    const given = toCallContext(context);
    this.usage.start();
    return invokeCall(call, given).then(
      (result) => {
        this.usage.end();
        return result;
      },
      (error: unknown) => {
        this.usage.end();
        return this.usage.track(this.#handle<T>(error, given, abortSourceOf(context)));
      },
    );
  }

  async #handle<T>(original: unknown, context: CallContext, abort: AbortSource | undefined): Promise<T> {
    let error = original;
    for (const [handlerIndex, handler] of this.config.handlers.entries()) {
      if (abort?.aborted) break;
      if (this.#userFunctions.matches('on', handler.on, error) !== true) continue;
      const details = { handlerIndex, handlerName: handler.name, error };
      try {
        const result = await handler.handle(error, context);
        this.emit('FALLBACK', details);
        return result as T;
      } catch (fallbackError) {
        this.emit('FALLBACK_FAILED', { ...details, fallbackError });
        error = fallbackError;
      }
    }
    throw error;
  }
}
