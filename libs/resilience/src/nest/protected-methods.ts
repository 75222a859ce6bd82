import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Observable } from 'rxjs';
import type { NamesInCode } from '../config/resilience-config.ts';
import type { PipelineKind } from '../core/policies.ts';
import type { DeclaredParameters } from './declared-parameters.ts';
import type { Fallback } from './fallback.ts';

/** A method of a class, with any parameters and any result. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A method that a decorator protects with a policy. */
export interface ProtectedMethod {
  /** The decorated prototype; instances of a subclass have it too. */
  readonly prototype: object;
  readonly key: string | symbol;
  /** The undecorated method. */
  readonly method: Method;
  /** The decorator as it is written in code. */
  readonly decorator: `@${string}`;
  readonly kind: PipelineKind | 'pipeline';
  /** The name of the policy's instance, or of the pipeline. */
  readonly name: string;
  readonly fallbacks: readonly Fallback[];
  /** Computes the key of a call from its arguments; `undefined` without one. */
  readonly keyOf: ((...args: never[]) => string) | undefined;
  /** The name of the method that maps a stale value. */
  readonly staleMethod: string | undefined;
  readonly parameters: DeclaredParameters;
}

const methodsByPrototype = new WeakMap<object, ProtectedMethod[]>();

/** Registers a decorated method, for the check at start-up. */
export function declareProtectedMethod(declared: ProtectedMethod): void {
  const { prototype } = declared;
  methodsByPrototype.set(prototype, [...(methodsByPrototype.get(prototype) ?? []), declared]);
}

/** The protected methods of a class and of the classes that it extends. */
export function protectedMethodsOf(prototype: object): readonly ProtectedMethod[] {
  const inherited = Object.getPrototypeOf(prototype) as object | null;
  return [...(methodsByPrototype.get(prototype) ?? []), ...(inherited === null ? [] : protectedMethodsOf(inherited))];
}

/** Whether the return type in the compiler's metadata is an Observable. */
export function returnsObservable(prototype: object, key: string | symbol): boolean {
  const type = declaredReturnType(prototype, key);
  return typeof type === 'function' && (type === Observable || type.prototype instanceof Observable);
}

/** The class that a method returns according to the compiler's metadata; anything else if there is no metadata. */
export function declaredReturnType(prototype: object, key: string | symbol): unknown {
  return Reflect.getMetadata('design:returntype', prototype, key);
}

/** A class of this application with protected methods, its own or inherited ones. */
export interface ProtectedClass {
  readonly prototype: object;
  readonly methods: readonly ProtectedMethod[];
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds the providers and controllers of this application that have protected methods. */
@Injectable()
export class ProtectedClasses {
  readonly #discovery: DiscoveryService;

  constructor(@Inject(DiscoveryService) discovery: DiscoveryService) {
    this.#discovery = discovery;
  }

  /** Each class once. A class that only a factory knows is found after the factory has run. */
  all(): readonly ProtectedClass[] {
    const prototypes = new Set(this.#wrappers().flatMap((wrapper) => prototypeOf(wrapper) ?? []));
    return [...prototypes]
      .map((prototype) => ({ prototype, methods: protectedMethodsOf(prototype) }))
      .filter(({ methods }) => methods.length > 0);
  }

  /** The names in the decorators by kind, each once. */
  names(): NamesInCode {
    const methods = this.all().flatMap(({ methods }) => methods);
    const namesOf = (kind: string) => methods.filter((method) => method.kind === kind).map(({ name }) => name);
    const kinds = [...new Set(methods.map(({ kind }) => kind))];
    return Object.fromEntries(kinds.map((kind) => [kind, [...new Set(namesOf(kind))]]));
  }

  /** Instances that a factory created or that were provided as a value: Nest injects no properties into them. */
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

/** The wrapper of a factory has a list of injected tokens, that of a value has no class. */
function isClassProvider({ metatype, inject }: Wrapper): boolean {
  return typeof metatype === 'function' && !Array.isArray(inject) && metatype.prototype !== undefined;
}

function instanceOf({ instance }: Wrapper): object | undefined {
  return typeof instance === 'object' && instance !== null ? (instance as object) : undefined;
}
