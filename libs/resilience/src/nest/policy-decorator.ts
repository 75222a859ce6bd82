import { Logger } from '@nestjs/common';
import type { HttpRequestFacts } from '../core/http-request.ts';
import { sharedInstanceName } from '../core/dynamic-instances.ts';
import { isKeyed, type Policy, type StaleValue, withRequest } from '../core/policy.ts';
import { isName, UserFunctions } from '../core/user-function.ts';
import {
  declaredArguments,
  declaredParameters,
  keepParameters,
  type Method,
  withLastArgument,
} from './declared-parameters.ts';
import {
  type FallbackFunction,
  type FallbackMethod,
  type FallbackResult,
  mostSpecific,
  type PolicyMethodDecorator,
  toFallbacks,
} from './fallback.ts';
import { derivedPolicy } from './observable-policies.ts';
import { callProtected, observeProtected, protectUndeclared, type RunFallback } from './protected-call.ts';
import {
  declaredKindOf,
  declareProtectedMethod,
  type ProtectedMethod,
  rememberResultKind,
  type ResultKind,
  returnedKindOf,
} from './protected-methods.ts';
import { injectRegistries, registriesOf, type ResilienceRegistries } from './resilience-registries.ts';

/**
 * The options of a decorator that protects a method with a policy. The type parameters are those of `fallback`: the
 * class, the parameters after the error, and the result. The compiler infers them.
 */
export interface PolicyDecoratorOptions<S = object, A extends unknown[] = never, R = FallbackResult> {
  /**
   * The name of the instance or pipeline, usually that of the dependency. Methods with the same name share it. A function
   * computes it for each call from the declared arguments, e.g. one for each tenant; `dynamicInstances` of
   * `ResilienceModule` bounds the number of such instances. If it throws or returns no name, the call uses the instance
   * `other`.
   */
  readonly name: string | ((...args: never[]) => string);
  /**
   * Replaces a call that is refused or fails: a method of the same class, whose arguments are those of the call,
   * followed by the error, or only the error (`arguments: 'error'`). If there are several, the one with the most
   * specific error class is called. An error without a fallback, and any error that a fallback throws, is thrown
   * unchanged. No fallback is called after the caller has aborted. None by default.
   *
   * Arguments that the method does not declare are left out, because many callers pass more: GraphQL, message and job
   * queues, `array.map`. With a rest parameter, all are kept. If a decorator of another library below this one hides
   * a rest parameter, or any parameters without compiler metadata (esbuild, tsx), use `arguments: 'error'`.
   */
  readonly fallbackMethod?: FallbackMethod | readonly FallbackMethod[];
  /**
   * A fallback for every error that no class or predicate of `fallbackMethod` selects, as a function of the instance, the
   * error and the declared arguments. The compiler checks it against the method. Annotate the instance and the arguments:
   * `(self: CustomerClient, error, id: string) => self.cached(id)`. What it throws is thrown. None by default.
   */
  readonly fallback?: (self: S, error: unknown, ...args: A) => R | PromiseLike<R>;
  /**
   * The request that the method makes. A retry with a `classification`, as in a standard pipeline, repeats only requests
   * that may be repeated. By default that of the call which this one is part of, if it is known.
   */
  readonly request?: HttpRequestFacts;
}

/** The options of `@CircuitBreaker`, `@Bulkhead` and `@RateLimiter`. */
export interface PartitionedDecoratorOptions<
  S = object,
  A extends unknown[] = never,
  R = FallbackResult,
> extends PolicyDecoratorOptions<S, A, R> {
  /**
   * Computes a key from the declared arguments of a call, e.g. the tenant. Calls with the same key have an instance of their
   * own, `<name>:<key>`, with the options of `name`, within the bound of `dynamicInstances`. If it throws or returns no text,
   * the call is in the partition `other`. Without it, all calls share one instance.
   */
  readonly partitionBy?: (...args: never[]) => string;
}

/** The options of `@UsePipeline`. `key` and `staleMethod` are for pipelines with a `cachedFallback`. */
export interface PipelineDecoratorOptions<
  S = object,
  A extends unknown[] = never,
  R = FallbackResult,
> extends PolicyDecoratorOptions<S, A, R> {
  /** The name of the pipeline. Methods with the same name share it. */
  readonly name: string;
  /** Computes the key of a call from its declared arguments. Calls with the same key share their stale value. */
  readonly key?: (...args: never[]) => string;
  /**
   * A method of the same class that maps a stale value to the result of the call, e.g. to a value with its age. Its
   * arguments are those of the call, followed by the `StaleValue`. By default, the result is the value itself.
   */
  readonly staleMethod?: string;
}

/** The options of any decorator. */
type AnyDecoratorOptions = Omit<PartitionedDecoratorOptions & Partial<PipelineDecoratorOptions>, 'name' | 'fallback'> &
  Pick<PolicyDecoratorOptions, 'name'> & { readonly fallback?: FallbackFunction };

/**
 * Creates the decorator of a policy.
 *
 * The method returns a promise or an Observable; if its declared return type is neither, or if it is a generator, the
 * application does not start. For an Observable, each subscription is a call.
 *
 * Without a declared return type, the first promise or Observable that the method returns shows which of them it is. If the
 * policy must refuse or wait before, the result can be both awaited and subscribed to. An Observable that is not subscribed
 * to in the turn of the event loop in which the first call returned it releases its permits; its subscriptions call the
 * method again.
 *
 * Each instance uses the registries of the application that created it. An instance that Nest did not create (`new
 * CustomerClient()` in a unit test) has none: its methods run unprotected and without fallback, like those of a Spring
 * class without its proxy. The same applies within a constructor, since Nest injects properties after it. A method that
 * is called without its instance (`const { find } = client`) runs unprotected too; the first such call logs a warning.
 *
 * @throws TypeError if it decorates anything but an instance method
 */
export function policyDecorator<S extends object, A extends unknown[] = never, R = FallbackResult>(
  kind: ProtectedMethod['kind'],
  decorator: `@${string}`,
  options: string | AnyDecoratorOptions,
): PolicyMethodDecorator<S, A, R> {
  const given: AnyDecoratorOptions = typeof options === 'string' ? { name: options } : options;
  const { name, fallback, fallbackMethod, partitionBy, key: keyOf, staleMethod, request } = given;
  const fallbacks = toFallbacks(fallbackMethod, fallback);

  const decorate: MethodDecorator = (prototype: object, key, descriptor?: PropertyDescriptor) => {
    const method: unknown = descriptor?.value;
    if (descriptor === undefined || typeof prototype === 'function' || typeof method !== 'function') {
      const written = typeof name === 'function' ? 'name: …' : `'${name}'`;
      throw new TypeError(`${decorator}(${written}) can only decorate an instance method, and ${String(key)} is none.`);
    }
    const declared: ProtectedMethod = {
      prototype,
      key,
      method: method as Method,
      decorator,
      kind,
      name,
      fallbacks,
      partitionBy,
      keyOf,
      staleMethod,
      request,
      parameters: declaredParameters(method as Method, prototype, key),
    };
    declareProtectedMethod(declared);
    injectRegistries(prototype);
    descriptor.value = protect(declared);
  };
  return decorate;
}

function protect(declared: ProtectedMethod): Method {
  const { prototype, key, method } = declared;
  const declaredKind = declaredKindOf(prototype, key, method);
  const onKind = (returned: ResultKind) => rememberResultKind(prototype, key, returned);
  const userFunctions = new UserFunctions(`${declared.decorator} on ${prototype.constructor.name}.${String(key)}`);

  function protectedMethod(this: unknown, ...args: unknown[]): unknown {
    const keyed = withKey(
      policyOf(declared, registriesOf(this), args, userFunctions),
      declared,
      this,
      args,
      userFunctions,
    );
    const policy = forRequest(keyed, declared);
    const call = () => method.apply(this, args);
    if (policy !== undefined) {
      const fallback = fallbackFor(declared, this, args, userFunctions);
      const known = declaredKind ?? returnedKindOf(prototype, key);
      if (known === 'observable') return observeProtected(policy, call, fallback);
      if (known === 'promise') return callProtected(policy, call, fallback);
      return protectUndeclared(policy, call, fallback, onKind);
    }
    if (!isInstanceOf(prototype, this)) warnOfDetached(prototype, key);
    return call();
  }
  keepParameters(protectedMethod, declared.parameters);
  return likeOriginal(protectedMethod, method);
}

/** The policy for a call with these arguments; `undefined` for an instance that Nest did not create. */
function policyOf(
  { kind, name, partitionBy, parameters }: ProtectedMethod,
  registries: ResilienceRegistries | undefined,
  args: readonly unknown[],
  userFunctions: UserFunctions,
): Policy | undefined {
  if (typeof name !== 'function' && partitionBy === undefined) return registries?.policy(kind, name);
  // Start-up refuses both functions for pipelines.
  if (registries === undefined || kind === 'pipeline') return undefined;
  const declared = declaredArguments(args, parameters) as never[];
  const computed =
    typeof name === 'function'
      ? userFunctions.call('name', name, declared, isName, 'a name', sharedInstanceName)
      : name;
  const registry = registries.policies[kind];
  if (partitionBy === undefined) return registry.getOrCreate(computed);
  const key = userFunctions.call('partitionBy', partitionBy, declared, isName, 'a key', sharedInstanceName);
  return registry.partition(computed, key);
}

function isInstanceOf(prototype: object, value: unknown): boolean {
  return Object.prototype.isPrototypeOf.call(prototype, value as object);
}

/** The methods that have been reported, by prototype. */
const reported = new WeakMap<object, Set<string | symbol>>();

/** Logs the first call of a method without its instance, which has no registries. */
function warnOfDetached(prototype: object, key: string | symbol): void {
  const keys = reported.get(prototype) ?? new Set();
  if (keys.has(key)) return;
  reported.set(prototype, keys.add(key));
  const method = String(key);
  new Logger('ResilienceModule').warn(
    `${prototype.constructor.name}.${method} is called without its instance and runs unprotected. Call it as a ` +
      `method, or pass (...args) => instance.${method}(...args).`,
  );
}

/** The policy for the request that the decorator names. */
function forRequest(policy: Policy | undefined, { request }: ProtectedMethod): Policy | undefined {
  if (request === undefined || policy === undefined) return policy;
  return derivedPolicy(policy, (call, context) => policy.execute(call, withRequest(context, request)));
}

/**
 * The policy for a call with these arguments. If the key function throws or returns no string, the call has no key: its
 * result is neither stored nor replaced.
 */
function withKey(
  policy: Policy | undefined,
  { keyOf, staleMethod, parameters }: ProtectedMethod,
  instance: unknown,
  args: readonly unknown[],
  userFunctions: UserFunctions,
): Policy | undefined {
  if (keyOf === undefined || policy === undefined || !isKeyed(policy)) return policy;
  const method = methodOf(instance, staleMethod);
  const mapStale = (stale: StaleValue): unknown =>
    method === undefined ? stale.value : method.apply(instance, withLastArgument(args, parameters, stale));
  const keyArgs = declaredArguments(args, parameters) as never[];
  return derivedPolicy(policy, (call, context) => {
    const key = userFunctions.call('key', keyOf, keyArgs, isText, 'a string', undefined);
    return (key === undefined ? policy : policy.withKey(key, { mapStale })).execute(call, context);
  });
}

function fallbackFor(
  { fallbacks, parameters }: ProtectedMethod,
  instance: unknown,
  args: readonly unknown[],
  userFunctions: UserFunctions,
): RunFallback {
  return (error) => {
    const fallback = mostSpecific(fallbacks, error, userFunctions);
    if (typeof fallback?.method === 'function') {
      return (fallback.method as Method)(instance, error, ...declaredArguments(args, parameters));
    }
    const method = methodOf(instance, fallback?.method);
    if (method === undefined) throw error;
    return method.apply(
      instance,
      fallback?.arguments === 'error' ? [error] : withLastArgument(args, parameters, error),
    );
  };
}

function methodOf(instance: unknown, name: string | undefined): Method | undefined {
  return name === undefined ? undefined : (instance as Readonly<Record<string, Method | undefined>>)[name];
}

/** Gives the wrapper the name, the length and the metadata of the method, which decorators below have set. */
function likeOriginal(wrapper: Method, method: Method): Method {
  Object.defineProperties(wrapper, {
    name: { value: method.name, configurable: true },
    length: { value: method.length, configurable: true },
  });
  for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
  return wrapper;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
