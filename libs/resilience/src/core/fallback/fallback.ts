import { type Clock, systemClock } from '../clock.ts';
import { matchesError } from '../error-matcher.ts';
import { EventPublisher } from '../events.ts';
import {
  type AbortSource,
  abortSourceOf,
  type CallContext,
  decorateCall,
  type Policy,
  type ProtectedCall,
  toCallContext,
} from '../policy.ts';
import type { FallbackEvents } from './fallback.events.ts';
import { type FallbackConfig, type FallbackOptions, fallbackOptions } from './fallback.options.ts';

/**
 * Answers with something else when a call fails or is refused.
 *
 * Handlers are tried in the order written; the first that takes the error answers. One that throws passes its error to
 * the next that takes that one, so a second choice may have a third behind it. An error that no handler takes is thrown
 * as it is. Once the caller has given up, nobody waits for an answer and no handler is asked.
 *
 * @example
 * const customer = new Fallback('customer', {
 *   handlers: [{ on: CallNotPermittedError, handle: () => unknownCustomer }, { handle: (error) => askTheReplica(error) }],
 * });
 */
export class Fallback extends EventPublisher<FallbackEvents, 'fallbackName'> implements Policy {
  readonly name: string;
  readonly config: FallbackConfig;

  /**
   * @param name what is protected; it appears in events and metrics
   * @param options each with its default
   * @param environment where the time of events comes from; real time by default
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: FallbackOptions = {}, environment: { readonly clock?: Clock } = {}) {
    const config = fallbackOptions.resolve(`Fallback '${name}'`, options);
    super({ fallbackName: name }, environment.clock ?? systemClock, config.eventConsumerBufferSize);
    this.name = name;
    this.config = config;
  }

  /**
   * Runs `call`, and a handler if it fails.
   *
   * @returns what `call` returned, or what a handler did
   * @throws what `call` threw, or the last handler that was asked
   */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const callContext = toCallContext(context);
    try {
      return await call(callContext);
    } catch (error) {
      return (await this.#handle(error, callContext, abortSourceOf(context))) as T;
    }
  }

  /** The same function under this fallback; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  async #handle(original: unknown, context: CallContext, abort: AbortSource | undefined): Promise<unknown> {
    let error = original;
    for (const [handlerIndex, handler] of this.config.handlers.entries()) {
      if (abort?.aborted) break;
      const attempted = { handlerIndex, handlerName: handler.name, error };
      try {
        if (!matchesError(handler.on, error)) continue;
        const answer = await handler.handle(error, context);
        this.emit('FALLBACK', attempted);
        return answer;
      } catch (fallbackError) {
        this.emit('FALLBACK_FAILED', { ...attempted, fallbackError });
        error = fallbackError;
      }
    }
    throw error;
  }
}
