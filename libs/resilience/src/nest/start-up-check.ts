import { types } from 'node:util';
import { CachedFallback } from '../core/cached-fallback/cached-fallback.ts';
import { InvalidOptionsError, type OptionFault } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { Pipeline } from '../core/pipeline.ts';
import type { Policy } from '../core/policy.ts';
import type { EnhancerInstance } from './enhancer-instances.ts';
import type { Fallback } from './fallback.ts';
import { whyNotObservable } from './observable-policies.ts';
import {
  declaredReturnType,
  type ProtectedClass,
  type ProtectedMethod,
  protectedMethodsOf,
  returnsObservable,
} from './protected-methods.ts';
import type { ResilienceRegistries } from './resilience-registries.ts';

/**
 * Checks the options of decorators against their classes and against the configuration.
 *
 * @param enhancers instances with protected methods that Nest does not create, so that they have no registries
 * @throws InvalidOptionsError naming class and method of every fault
 */
export function checkProtectedClasses(
  classes: readonly ProtectedClass[],
  registries: ResilienceRegistries,
  enhancers: readonly EnhancerInstance[] = [],
): void {
  const faultsOfClasses = classes.flatMap(({ prototype, methods }) =>
    methods.flatMap((method) => {
      const title = `${prototype.constructor.name}.${String(method.key)}`;
      return [...methodFaults(method, prototype, title), ...policyFaults(method, registries, title)];
    }),
  );
  const faults = [...faultsOfClasses, ...enhancers.map(enhancerFault)];
  if (faults.length > 0) throw new InvalidOptionsError('The use of resilience decorators', faults);
}

function enhancerFault({ host, decorator, instance }: EnhancerInstance): OptionFault {
  const { name } = instance.constructor;
  const methods = protectedMethodsOf(instance).map(({ key }) => String(key));
  const given = `an instance of ${name}, whose method ${methods[0]} is decorated but would run unprotected`;
  return { option: `${host}: ${decorator}`, given, allowed: `the class ${name}, or a provider of the instance` };
}

function methodFaults(method: ProtectedMethod, prototype: object, title: string): readonly OptionFault[] {
  const { decorator, fallbacks, key, staleMethod } = method;
  const faults: OptionFault[] = [];
  const generator = generatorKind(method.method);
  if (generator !== undefined) {
    const allowed = 'a method that returns a Promise or an Observable';
    faults.push({ option: `${title}: method under ${decorator}`, given: generator, allowed });
  }
  const returned = synchronousReturnType(method.prototype, key);
  if (returned !== undefined) {
    faults.push({ option: `${title}: return type`, given: returned, allowed: 'a Promise or an Observable' });
  }
  const option = `${title}: fallbackMethod of ${decorator}`;
  for (const fallback of fallbacks) {
    const fault =
      methodNameFault(fallback, method, prototype, 'the error') ??
      errorClassFault(fallback) ??
      argumentsFault(fallback);
    if (fault !== undefined) faults.push({ option, ...fault });
  }
  if (staleMethod !== undefined) {
    const fault = methodNameFault({ method: staleMethod }, method, prototype, 'the stale value');
    if (fault !== undefined) faults.push({ option: `${title}: staleMethod of ${decorator}`, ...fault });
  }
  return [...faults, ...ambiguousFallbacks(fallbacks).map((fault) => ({ option, ...fault }))];
}

/** Faults of the name, and of the policies of this name for this method. */
function policyFaults(
  { prototype, key, decorator, kind, name, partitionBy, keyOf, staleMethod }: ProtectedMethod,
  registries: ResilienceRegistries,
  title: string,
): readonly OptionFault[] {
  const option = `${title}: name of ${decorator}`;
  const partitionFault = partitionBy === undefined ? undefined : partitionFaultOf(partitionBy, kind);
  if (partitionFault !== undefined) return [{ option: `${title}: partitionBy of ${decorator}`, ...partitionFault }];
  if (typeof name === 'function') {
    return kind === 'pipeline' ? [{ option, given: 'a function', allowed: 'a name' }] : [];
  }
  if (typeof name !== 'string' || name === '') return [{ option, given: `'${name}'`, allowed: 'a name' }];
  if (kind === 'pipeline' && !registries.hasPipeline(name)) {
    return [{ option, given: `'${name}', which is no pipeline`, allowed: registries.allowedPipelines(name) }];
  }
  const keyFault = kind === 'pipeline' ? keyFaultOf(registries.pipeline(name), keyOf, staleMethod) : undefined;
  if (keyFault !== undefined) return [{ option: `${title}: key of ${decorator}`, ...keyFault }];
  if (!returnsObservable(prototype, key)) return [];
  const given = whyNotObservable(registries.policy(kind, name));
  return given === undefined
    ? []
    : [{ option: `${title}: return type`, given: `Observable, ${given}`, allowed: 'a Promise' }];
}

type Fault = Omit<OptionFault, 'option'>;

/** JavaScript, and decorators of other kinds, are not checked by the compiler. */
function partitionFaultOf(partitionBy: unknown, kind: ProtectedMethod['kind']): Fault | undefined {
  if (kind === 'pipeline')
    return { given: 'a function', allowed: 'none: partition the policies of the pipeline in code' };
  return typeof partitionBy === 'function'
    ? undefined
    : { given: String(partitionBy), allowed: 'a function that returns a string' };
}

/** Cached fallbacks need a key, from the decorator or from their own options; other policies do not use one. */
function keyFaultOf(
  policy: Policy,
  keyOf: ProtectedMethod['keyOf'],
  staleMethod: string | undefined,
): Fault | undefined {
  const cachedFallbacks = cachedFallbacksIn(policy);
  if (keyOf !== undefined) {
    if (typeof keyOf !== 'function') return { given: String(keyOf), allowed: 'a function that returns a string' };
    return cachedFallbacks.length > 0
      ? undefined
      : { given: 'a function', allowed: 'none: the pipeline has no cachedFallback' };
  }
  const keyless = cachedFallbacks.find(({ config }) => config.key === undefined);
  const given = keyless === undefined ? 'missing' : `missing, and cachedFallback '${keyless.name}' has none`;
  return keyless === undefined && staleMethod === undefined
    ? undefined
    : { given, allowed: 'a function that returns a string, e.g. (id) => id' };
}

function cachedFallbacksIn(policy: Policy): readonly CachedFallback[] {
  if (policy instanceof Pipeline) return policy.policies.flatMap(cachedFallbacksIn);
  return policy instanceof CachedFallback ? [policy] : [];
}

function methodNameFault(
  { method: name, arguments: passed }: Omit<Fallback, 'on'>,
  { key, parameters }: ProtectedMethod,
  prototype: object,
  last: string,
): Fault | undefined {
  if (typeof name === 'function') {
    const kind = generatorKind(name);
    return kind === undefined ? undefined : { given: kind, allowed: 'a function without yield' };
  }
  const given = `'${name}'`;
  const className = prototype.constructor.name;
  if (name === key) return { given: `${given}, the method itself`, allowed: `another method of ${className}` };

  const found = methodNamed(name, prototype);
  if (found === undefined) {
    const others = methodNames(prototype).filter((other) => other !== key);
    const nearest = nearestName(name, others);
    const allowed = nearest === undefined ? `a method of ${className}` : `${nearest}, if that is what you meant`;
    return { given: `${given}, which is no method of ${className}`, allowed };
  }
  const generator = generatorKind(found);
  if (generator !== undefined) return { given: `${given}, which is ${generator}`, allowed: 'a method without yield' };
  const isErrorOnly = passed === 'error';
  const most = isErrorOnly ? 1 : parameters.count + (parameters.hasRest ? 2 : 1);
  if (found.length <= most) return undefined;
  const allowed = isErrorOnly ? `(${last})` : `(those of ${String(key)}, followed by ${last})`;
  return { given: `${given}, which takes ${found.length} parameters`, allowed: `at most ${most} ${allowed}` };
}

/** The values of a generator are computed after the call has ended; `undefined` for other methods. */
function generatorKind(method: object): string | undefined {
  if (!types.isGeneratorFunction(method)) return undefined;
  return types.isAsyncFunction(method) ? 'an async generator' : 'a generator';
}

function argumentsFault({ method, arguments: passed }: Fallback): Fault | undefined {
  return passed === undefined || passed === 'error'
    ? undefined
    : { given: `${nameOf(method)} with the arguments '${String(passed)}'`, allowed: "'error', or nothing" };
}

function errorClassFault({ method, on = [] }: Fallback): Fault | undefined {
  const invalid = on.filter((errorClass: unknown) => !isClass(errorClass)).map(String);
  return invalid.length === 0
    ? undefined
    : { given: `${nameOf(method)} for ${invalid.join(', ')}`, allowed: 'error classes' };
}

/** A function has no name of its own: it is the option `fallback`. */
function nameOf(method: Fallback['method']): string {
  return typeof method === 'function' ? 'the function fallback' : `'${method}'`;
}

/** Two fallbacks for the same errors. */
function ambiguousFallbacks(fallbacks: readonly Fallback[]): readonly Fault[] {
  const byClass = new Map<unknown, Fallback['method']>();
  const faults: Fault[] = [];
  for (const { method, on } of fallbacks) {
    for (const errorClass of on ?? [undefined]) {
      const other = byClass.get(errorClass);
      const errors = errorClass === undefined ? 'every error' : errorClass.name;
      if (other !== undefined)
        faults.push({ given: `${nameOf(other)} and ${nameOf(method)} for ${errors}`, allowed: 'one of them' });
      byClass.set(errorClass, method);
    }
  }
  return faults;
}

/**
 * The name of the class of a result that is no promise; `undefined` if the method may return a promise or an
 * Observable, or if the compiler's metadata does not say.
 */
function synchronousReturnType(prototype: object, key: string | symbol): string | undefined {
  const type = declaredReturnType(prototype, key);
  if (typeof type !== 'function' || type === Object) return undefined;
  const members = type.prototype as object;
  return 'then' in members || 'subscribe' in members ? undefined : type.name;
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && typeof value.prototype === 'object';
}

/** Reads descriptors, so that no getter runs. A property of an instance, such as an arrow function, is no method. */
function methodNamed(name: string, prototype: object): ((...args: unknown[]) => unknown) | undefined {
  for (const level of levelsOf(prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(level, name);
    if (descriptor !== undefined) return typeof descriptor.value === 'function' ? descriptor.value : undefined;
  }
  return undefined;
}

function methodNames(prototype: object): readonly string[] {
  const names = levelsOf(prototype).flatMap((level) => Object.getOwnPropertyNames(level));
  return names.filter((name) => name !== 'constructor' && methodNamed(name, prototype) !== undefined);
}

/** The prototype and those that it inherits from, without `Object.prototype`. */
function levelsOf(prototype: object): readonly object[] {
  const inherited = Object.getPrototypeOf(prototype) as object | null;
  return inherited === null ? [] : [prototype, ...levelsOf(inherited)];
}
