import { isKeyed, type Policy, type StaleValue } from '../core/policy.ts';
import { type FallbackMethod, mostSpecific, toFallbacks } from './fallback.ts';
import { callProtected, observeProtected, type Recover } from './protected-call.ts';
import { declareProtectedMethod, type Method, type ProtectedMethod, returnsObservable } from './protected-methods.ts';
import { injectRegistries, registriesOf } from './resilience-registries.ts';

/** What a decorator takes that puts a method under a policy. */
export interface PolicyDecoratorOptions {
  /** The instance or the pipeline, usually called after the dependency. Methods that name the same one share it. */
  readonly name: string;
  /**
   * What takes over when the call is refused or fails: a method of the same class, which gets the original arguments and
   * the error after them. Of several the most specific for the error wins; an error that none is for is thrown as it is.
   * Whatever a fallback throws is thrown as it is. None takes over once the caller has given up. None by default.
   */
  readonly fallbackMethod?: FallbackMethod | readonly FallbackMethod[];
}

/** What `@UsePipeline` takes. The last two are for pipelines with a `cachedFallback`. */
export interface PipelineDecoratorOptions extends PolicyDecoratorOptions {
  /** Computes from the arguments what a call asks for: calls with the same key get each other's stale values. */
  readonly key?: (...args: never[]) => string;
  /**
   * A method of the same class that returns what the caller gets for a stale value, e.g. the value marked with its age. It gets
   * the original arguments and the `StaleValue` after them. The bare value by default.
   */
  readonly staleMethod?: string;
}

/**
 * Makes the decorators of all policies, which work alike.
 *
 * The method returns a promise or an Observable; a declared return type that is neither stops the start-up. Of an
 * Observable each subscription is a call.
 *
 * Each instance uses the registries of the application that made it. An instance made by hand (`new CustomerClient()` in a
 * unit test) has none: its methods run unprotected and without fallback, as those of a Spring class without its proxy do.
 * The same holds within a constructor, since Nest injects properties after it.
 *
 * @throws TypeError when it is not put on a method of instances
 */
export function policyDecorator(
  kind: ProtectedMethod['kind'],
  decorator: `@${string}`,
  options: string | PipelineDecoratorOptions,
): MethodDecorator {
  const { name, fallbackMethod, key: keyOf, staleMethod } = typeof options === 'string' ? { name: options } : options;
  const fallbacks = toFallbacks(fallbackMethod);

  return (prototype: object, key: string | symbol, descriptor?: PropertyDescriptor) => {
    const method: unknown = descriptor?.value;
    if (descriptor === undefined || typeof prototype === 'function' || typeof method !== 'function') {
      throw new TypeError(
        `${decorator}('${name}') can only protect a method of instances, and ${String(key)} is none.`,
      );
    }
    const parameterTypes = Reflect.getMetadata('design:paramtypes', prototype, key) as readonly unknown[] | undefined;
    const declared: ProtectedMethod = {
      prototype,
      key,
      method: method as Method,
      decorator,
      kind,
      name,
      fallbacks,
      keyOf,
      staleMethod,
      parameterCount: Math.max(method.length, parameterTypes?.length ?? 0),
    };
    declareProtectedMethod(declared);
    injectRegistries(prototype);
    descriptor.value = protect(declared);
  };
}

function protect(declared: ProtectedMethod): Method {
  const { prototype, key, method, kind, name } = declared;
  const run = returnsObservable(prototype, key) ? observeProtected : callProtected;

  function protectedMethod(this: unknown, ...args: unknown[]): unknown {
    const policy = withKey(registriesOf(this)?.policy(kind, name), declared, this, args);
    const call = () => method.apply(this, args);
    return policy === undefined ? call() : run(policy, call, recovery(declared, this, args));
  }
  return likeOriginal(protectedMethod, method);
}

/** The policy for a call with these arguments. A key function that throws makes the call reject. */
function withKey(
  policy: Policy | undefined,
  { keyOf, staleMethod, parameterCount }: ProtectedMethod,
  instance: unknown,
  args: readonly unknown[],
): Policy | undefined {
  if (keyOf === undefined || policy === undefined || !isKeyed(policy)) return policy;
  const method = methodOf(instance, staleMethod);
  const mapStale = (stale: StaleValue): unknown =>
    method === undefined ? stale.value : method.apply(instance, withLast(args, parameterCount, stale));
  return {
    name: policy.name,
    execute: async (call, context) => policy.withKey(keyOf(...(args as never[])), { mapStale }).execute(call, context),
  };
}

function recovery(
  { fallbacks, parameterCount }: ProtectedMethod,
  instance: unknown,
  args: readonly unknown[],
): Recover {
  return (error) => {
    const fallback = methodOf(instance, mostSpecific(fallbacks, error)?.method);
    if (fallback === undefined) throw error;
    return fallback.apply(instance, withLast(args, parameterCount, error));
  };
}

function methodOf(instance: unknown, name: string | undefined): Method | undefined {
  return name === undefined ? undefined : (instance as Readonly<Record<string, Method | undefined>>)[name];
}

/** A caller may leave out optional arguments: the last argument still comes after all parameters of the method. */
function withLast(args: readonly unknown[], parameterCount: number, last: unknown): unknown[] {
  const leftOut = Array.from({ length: Math.max(0, parameterCount - args.length) });
  return [...args, ...leftOut, last];
}

/** Lets the wrapper pass for the method: name, length, and what decorators below this one have set on it. */
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
