import type { PolicyKind } from '../core/policies.ts';

/** A policy or a pipeline that a decorator injects. */
export interface Injection {
  readonly kind: PolicyKind | 'pipeline';
  readonly name: string;
}

/** The injections of all classes in the process by their token, of which an application uses those of its own classes. */
const byToken = new Map<unknown, Injection>();
const byClass = new WeakMap<object, readonly Injection[]>();

/** The token of the instance of this kind and name, to override it in a test. */
export function policyToken(kind: PolicyKind, name: string): string {
  return `${kind} '${name}'`;
}

/** The token of the pipeline of this name, to override it in a test. */
export function pipelineToken(name: string): string {
  return `Pipeline '${name}'`;
}

function tokenOf({ kind, name }: Injection): string {
  return kind === 'pipeline' ? pipelineToken(name) : policyToken(kind, name);
}

/**
 * Registers an injection.
 *
 * @param target what the decorator is applied to: the class for a constructor parameter, its prototype for a property
 */
export function declareInjection(injection: Injection, target: object): void {
  byToken.set(tokenOf(injection), injection);
  const injectedInto = typeof target === 'function' ? target : target.constructor;
  byClass.set(injectedInto, [...(byClass.get(injectedInto) ?? []), injection]);
}

/** The injections of all classes in the process, each once. */
export function allInjections(): readonly (Injection & { readonly token: string })[] {
  return [...byToken.values()].map((injection) => ({ ...injection, token: tokenOf(injection) }));
}

/** The injections into a class and into the classes that it extends. */
export function injectionsOf(injectedInto: object): readonly Injection[] {
  const inherited = Object.getPrototypeOf(injectedInto) as object | null;
  return [...(byClass.get(injectedInto) ?? []), ...(inherited === null ? [] : injectionsOf(inherited))];
}

/** The injection with this token, as in the list of what a factory injects; `undefined` for a token of anything else. */
export function injectionOf(token: unknown): Injection | undefined {
  return byToken.get(token);
}
