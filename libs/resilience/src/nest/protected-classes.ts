import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type ProtectedMethod, protectedMethodsOf, type ProtectorKind } from './protected-method.ts';

/** A class of this application that has methods under policies, its own or inherited ones. */
export interface ProtectedClass {
  readonly prototype: object;
  readonly methods: readonly ProtectedMethod[];
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds what the decorators of this library are on among the providers and controllers of this application. */
@Injectable()
export class ProtectedClasses {
  readonly #discovery: DiscoveryService;

  constructor(@Inject(DiscoveryService) discovery: DiscoveryService) {
    this.#discovery = discovery;
  }

  /** Each class once. Those that only a factory knows are found once it has run. */
  all(): readonly ProtectedClass[] {
    const prototypes = new Set(this.#wrappers().flatMap((wrapper) => prototypeOf(wrapper) ?? []));
    return [...prototypes]
      .map((prototype) => ({ prototype, methods: protectedMethodsOf(prototype) }))
      .filter(({ methods }) => methods.length > 0);
  }

  /** The names that the decorators give, each once, by what they name. */
  names(): Readonly<Record<ProtectorKind, readonly string[]>> {
    const methods = this.all().flatMap(({ methods }) => methods);
    const named = (wanted: ProtectorKind) => [
      ...new Set(methods.filter(({ kind }) => kind === wanted).map(({ name }) => name)),
    ];
    return {
      circuitBreaker: named('circuitBreaker'),
      retry: named('retry'),
      timeLimiter: named('timeLimiter'),
      bulkhead: named('bulkhead'),
      rateLimiter: named('rateLimiter'),
      pipeline: named('pipeline'),
    };
  }

  /** Instances that a factory made or that were given as a value: Nest injects no properties into them. */
  foreignInstances(): readonly object[] {
    return this.#wrappers()
      .filter((wrapper) => !isClassProvider(wrapper))
      .flatMap((wrapper) => instanceOf(wrapper) ?? [])
      .filter((instance) => protectedMethodsOf(instance).length > 0);
  }

  #wrappers(): readonly Wrapper[] {
    return [...this.#discovery.getProviders(), ...this.#discovery.getControllers()];
  }
}

function prototypeOf(wrapper: Wrapper): object | undefined {
  if (isClassProvider(wrapper)) return wrapper.metatype?.prototype as object;
  const instance = instanceOf(wrapper);
  return instance && (Object.getPrototypeOf(instance) as object | undefined);
}

/** A factory comes with the list of what it takes, and a value without a class. */
function isClassProvider({ metatype, inject }: Wrapper): boolean {
  return typeof metatype === 'function' && !Array.isArray(inject) && metatype.prototype !== undefined;
}

function instanceOf({ instance }: Wrapper): object | undefined {
  return typeof instance === 'object' && instance !== null ? (instance as object) : undefined;
}
