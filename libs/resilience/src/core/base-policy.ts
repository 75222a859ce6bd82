import type { Clock } from './clock.ts';
import { type EventMap, EventPublisher } from './events.ts';
import { type CallContext, decorateCall, type Policy, type ProtectedCall } from './policy.ts';
import { Usage } from './usage.ts';

/**
 * The common part of all policies: name, events and use.
 *
 * `N` is the field that carries the policy's name in each event, e.g. `bulkheadName`.
 */
export abstract class BasePolicy<M extends EventMap, N extends string> extends EventPublisher<M, N> implements Policy {
  readonly name: string;
  /** The calls of `execute`. */
  readonly usage = new Usage();

  constructor(nameField: N, name: string, clock: Pick<Clock, 'now'>, eventBufferSize: number) {
    super(nameField, name, clock, eventBufferSize);
    this.name = name;
  }

  abstract execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T>;

  /** The same function under this policy. It keeps `this` and the arguments. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }
}
