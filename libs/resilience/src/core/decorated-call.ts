import type { Policy } from './policy.ts';

/** The same function under a policy; `this` and the arguments are handed on. */
export function decoratedCall<A extends unknown[], T>(
  policy: Pick<Policy, 'execute'>,
  call: (...args: A) => T | PromiseLike<T>,
): (...args: A) => Promise<T> {
  return function (this: unknown, ...args: A) {
    return policy.execute(() => call.apply(this, args));
  };
}
