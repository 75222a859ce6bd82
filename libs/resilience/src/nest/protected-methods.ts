import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { types } from 'node:util';
import { Observable } from 'rxjs';
import type { NamesInCode } from '../config/resilience-config.ts';
import type { PipelineKind } from '../core/policies.ts';
import type { HttpRequestFacts } from '../core/http-request.ts';
import type { DeclaredParameters, Method } from './declared-parameters.ts';
import { type EnhancerInstance, enhancerInstancesOf } from './enhancer-instances.ts';
import type { Fallback } from './fallback.ts';
import { type Injection, injectionOf, injectionsOf } from './injected-names.ts';

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
  /** The name of the policy's instance, or of the pipeline. A function computes it from the arguments of a call. */
  readonly name: string | ((...args: never[]) => string);
  readonly fallbacks: readonly Fallback[];
  /** Computes the key of the partition of a call from its arguments; `undefined` without partitions. */
  readonly partitionBy: ((...args: never[]) => string) | undefined;
  /** Computes the key of a call from its arguments; `undefined` without one. */
  readonly keyOf: ((...args: never[]) => string) | undefined;
  /** The name of the method that maps a stale value. */
  readonly staleMethod: string | undefined;
  /** The request that the method makes; `undefined` when unknown. */
  readonly request: HttpRequestFacts | undefined;
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

/** What a method returns, as far as it is known. */
export type ResultKind = 'promise' | 'observable' | undefined;

/** What methods without a declared return type have returned. */
const returnedKinds = new WeakMap<object, Map<string | symbol, ResultKind>>();

/** What a method returns, by its type or by `async`. */
export function declaredKindOf(prototype: object, key: string | symbol, method: Method): ResultKind {
  if (returnsObservable(prototype, key)) return 'observable';
  if (types.isAsyncFunction(method) || declaredReturnType(prototype, key) === Promise) return 'promise';
  return undefined;
}

/** What a method without a declared return type has returned. */
export function returnedKindOf(prototype: object, key: string | symbol): ResultKind {
  return returnedKinds.get(prototype)?.get(key);
}

/** Remembers what a method has returned, for all its decorators. */
export function rememberResultKind(prototype: object, key: string | symbol, kind: ResultKind): void {
  returnedKinds.set(prototype, (returnedKinds.get(prototype) ?? new Map<string | symbol, ResultKind>()).set(key, kind));
}

/** A class of this application with protected methods, its own or inherited ones. */
export interface ProtectedClass {
  readonly prototype: object;
  readonly methods: readonly ProtectedMethod[];
}

/** A module of Nest, which exports no type for it. */
export type Module = ModulesContainer extends Map<string, infer M> ? M : never;
type Wrapper = Module['providers'] extends Map<unknown, infer W> ? W : never;

/**
 * Finds the classes of this application that have protected methods: providers, controllers, and the guards, pipes,
 * interceptors and filters of controllers and routes.
 */
@Injectable()
export class ProtectedClasses {
  readonly #modules: ModulesContainer;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.#modules = modules;
  }

  /** Each class once. A class that only a factory knows is found after the factory has run. */
  all(modules = this.#allModules()): readonly ProtectedClass[] {
    return toProtectedClasses(wrappersOf(modules).flatMap((wrapper) => prototypeOf(wrapper) ?? []));
  }

  /** The names in the decorators by kind, each once: of methods, and of injected policies and pipelines. */
  names(): NamesInCode {
    const methods = this.all().flatMap(({ methods }) => methods);
    const uses = [...methods, ...wrappersOf(this.#allModules()).flatMap(injectionsInto)];
    const namesOf = (kind: string) =>
      uses.flatMap((use) => (use.kind === kind && typeof use.name === 'string' ? [use.name] : []));
    const kinds = [...new Set(uses.map(({ kind }) => kind))];
    return Object.fromEntries(kinds.map((kind) => [kind, [...new Set(namesOf(kind))]]));
  }

  /** Whether the name in a decorator is computed for each call. */
  hasComputedNames(): boolean {
    return this.all().some(({ methods }) => methods.some(({ name }) => typeof name === 'function'));
  }

  /** Instances that a factory created or that were provided as a value: Nest injects no properties into them. */
  foreignInstances(modules = this.#allModules()): readonly object[] {
    return wrappersOf(modules)
      .filter((wrapper) => !isClassProvider(wrapper))
      .flatMap((wrapper) => instanceOf(wrapper) ?? [])
      .filter((instance) => protectedMethodsOf(instance).length > 0);
  }

  /**
   * Guards, pipes, interceptors and filters with protected methods that decorators were given as instances, except those
   * that are also provided as values.
   */
  enhancerInstances(modules = this.#allModules()): readonly EnhancerInstance[] {
    const hosts = new Set(wrappersOf(modules).flatMap((wrapper) => prototypeOf(wrapper) ?? []));
    const provided = new Set(this.foreignInstances());
    return [...hosts]
      .flatMap(enhancerInstancesOf)
      .filter(({ instance }) => protectedMethodsOf(instance).length > 0 && !provided.has(instance));
  }

  /** The module with this reference and those that it imports, at any depth. */
  modulesOf(reference: ModuleRef): readonly Module[] {
    const found = new Set(this.#allModules().filter((module) => moduleRefOf(module) === reference));
    for (const module of found) for (const imported of module.imports) found.add(imported);
    return [...found];
  }

  #allModules(): readonly Module[] {
    return [...this.#modules.values()];
  }
}

/** Those of the prototypes that have protected methods, each once. */
export function toProtectedClasses(prototypes: readonly object[]): readonly ProtectedClass[] {
  return [...new Set(prototypes)]
    .map((prototype) => ({ prototype, methods: protectedMethodsOf(prototype) }))
    .filter(({ methods }) => methods.length > 0);
}

function wrappersOf(modules: readonly Module[]): readonly Wrapper[] {
  const parts = ['providers', 'controllers', 'injectables'] as const;
  return parts.flatMap((part) => modules.flatMap((module) => [...module[part].values()]));
}

function moduleRefOf(module: Module): unknown {
  return module.providers.get(ModuleRef)?.instance;
}

function prototypeOf(wrapper: Wrapper): object | undefined {
  if (isClassProvider(wrapper)) return wrapper.metatype?.prototype as object;
  const instance = instanceOf(wrapper);
  return instance && (Object.getPrototypeOf(instance) as object | undefined);
}

/** What decorators inject into a class, or the tokens of a factory. */
function injectionsInto(wrapper: Wrapper): readonly Injection[] {
  if (isClassProvider(wrapper) && wrapper.metatype) return injectionsOf(wrapper.metatype);
  const injected: readonly unknown[] = wrapper.inject ?? [];
  return injected.flatMap((entry) => injectionOf(isObject(entry) && 'token' in entry ? entry.token : entry) ?? []);
}

/** The wrapper of a factory has a list of injected tokens, that of a value has no class. */
function isClassProvider({ metatype, inject }: Wrapper): boolean {
  return typeof metatype === 'function' && !Array.isArray(inject) && metatype.prototype !== undefined;
}

function instanceOf({ instance }: Wrapper): object | undefined {
  return isObject(instance) ? instance : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
