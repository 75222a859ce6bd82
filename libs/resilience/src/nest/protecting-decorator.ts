import { type FallbackMethod, mostSpecific, toFallbacks } from './fallback.ts';
import { injectRegistries, registriesOf } from './own-registries.ts';
import { callProtected, observeProtected, type Recover } from './protected-call.ts';
import { declareProtectedMethod, type Method, type ProtectedMethod, type ProtectorKind } from './protected-method.ts';
import { returnsObservable } from './return-type.ts';

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
export function protectingDecorator(
  kind: ProtectorKind,
  decorator: `@${string}`,
  options: string | PolicyDecoratorOptions,
): MethodDecorator {
  const { name, fallbackMethod } = typeof options === 'string' ? { name: options } : options;
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
    const protector = registriesOf(this)?.protector(kind, name);
    const call = () => method.apply(this, args);
    return protector === undefined ? call() : run(protector, call, recovery(declared, this, args));
  }
  return disguise(protectedMethod, method);
}

function recovery(
  { fallbacks, parameterCount }: ProtectedMethod,
  instance: unknown,
  args: readonly unknown[],
): Recover {
  return (error) => {
    const fallback = mostSpecific(fallbacks, error);
    const takeOver = fallback && (instance as Readonly<Record<string, Method | undefined>>)[fallback.method];
    if (takeOver === undefined) throw error;
    // A caller may leave out optional arguments; the error still comes after the place of the last one.
    const leftOut = Array.from({ length: Math.max(0, parameterCount - args.length) });
    return takeOver.apply(instance, [...args, ...leftOut, error]);
  };
}

/** Lets the wrapper pass for the method: name, length, and what decorators below this one have set on it. */
function disguise(wrapper: Method, method: Method): Method {
  Object.defineProperties(wrapper, {
    name: { value: method.name, configurable: true },
    length: { value: method.length, configurable: true },
  });
  for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
  return wrapper;
}
