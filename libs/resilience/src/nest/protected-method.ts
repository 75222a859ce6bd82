import type { Fallback } from './fallback.ts';

/** A method as its class has it, whatever it takes and returns. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What a method can be put under by a name: an instance of a pattern, or a pipeline. */
export type ProtectorKind = 'circuitBreaker' | 'retry' | 'timeLimiter' | 'bulkhead' | 'rateLimiter' | 'pipeline';

/** A method that a decorator has put under a policy. */
export interface ProtectedMethod {
  /** The prototype that was decorated; instances of a subclass have it too. */
  readonly prototype: object;
  readonly key: string | symbol;
  /** The method as it was written. */
  readonly method: Method;
  /** How the decorator is written. */
  readonly decorator: `@${string}`;
  readonly kind: ProtectorKind;
  /** What protects it, by the name of the instance or the pipeline. */
  readonly name: string;
  readonly fallbacks: readonly Fallback[];
  /** Computes the key of a call from its arguments; `undefined` without one. */
  readonly keyOf: ((...args: never[]) => string) | undefined;
  /** The name of the method that maps a stale value. */
  readonly staleMethod: string | undefined;
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
