import type { Fallback } from './fallback.ts';

/** A method as its class has it, whatever it takes and returns. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A method that a decorator has put under a circuit breaker. */
export interface ProtectedMethod {
  /** The prototype that was decorated; instances of a subclass have it too. */
  readonly prototype: object;
  readonly key: string | symbol;
  /** The method as it was written. */
  readonly method: Method;
  readonly circuitBreakerName: string;
  readonly fallbacks: readonly Fallback[];
  /** How many parameters are declared, optional ones included. */
  readonly parameterCount: number;
}

const methodsByPrototype = new WeakMap<object, ProtectedMethod[]>();

/** Remembers a decorated method, for the check at start-up. */
export function declareProtectedMethod(declared: ProtectedMethod): void {
  const { prototype } = declared;
  methodsByPrototype.set(prototype, [...(methodsByPrototype.get(prototype) ?? []), declared]);
}

/** The protected methods of a class and of those that it extends. */
export function protectedMethodsOf(prototype: object): readonly ProtectedMethod[] {
  const inherited = Object.getPrototypeOf(prototype) as object | null;
  return [...(methodsByPrototype.get(prototype) ?? []), ...(inherited === null ? [] : protectedMethodsOf(inherited))];
}
