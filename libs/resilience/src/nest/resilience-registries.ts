import { type FactoryProvider, Inject } from '@nestjs/common';
import { defaultPolicies, parseMember, type PipelineMember } from '../config/pipelines.ts';
import type { NamesInCode, ResilienceConfig } from '../config/resilience-config.ts';
import { systemClock } from '../core/clock.ts';
import { InvalidOptionsError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { defaultOrder, type Pipeline, pipeline } from '../core/pipeline.ts';
import { PipelineNotFoundError, PipelineRegistry } from '../core/pipeline.registry.ts';
import { type PipelineKind, pipelineKindsOf, type PolicyKind, type PolicyRegistries } from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import type { Policy } from '../core/policy.ts';
import type { Registry } from '../core/registry.ts';
import { policyRegistries, resilienceConfiguration } from './registries.provider.ts';
import { policyTable, resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** All policies and pipelines of an application. Decorated methods look theirs up at each call. */
export class ResilienceRegistries {
  readonly policies: PolicyRegistries;
  readonly pipelines: PipelineRegistry;
  /** Whether decorated methods are protected; in unit tests they run like those of an instance that Nest did not create. */
  readonly protectsMethods: boolean = true;
  readonly #config: ResilienceConfig;
  readonly #aroundAttempts: AroundAttempts | undefined;
  readonly table: PolicyTable;

  /**
   * @param config the instances that make up a pipeline that is not declared
   * @param table the policies; their order is that of such a pipeline
   * @param aroundAttempts what the attempts of such a pipeline pass through; nothing by default
   */
  constructor(
    policies: PolicyRegistries,
    pipelines: PipelineRegistry,
    config: ResilienceConfig,
    table: PolicyTable,
    aroundAttempts?: AroundAttempts,
  ) {
    this.#aroundAttempts = aroundAttempts;
    this.policies = policies;
    this.pipelines = pipelines;
    this.#config = config;
    this.table = table;
  }

  /**
   * The policy or pipeline of this name. A policy is created if it does not exist.
   *
   * @throws PipelineNotFoundError if the name is that of no pipeline
   */
  policy(kind: PipelineKind | 'pipeline', name: string): Policy {
    return kind === 'pipeline' ? this.pipeline(name) : this.policies[kind].declare(name);
  }

  hasPipeline(name: string): boolean {
    return this.pipelines.find(name) !== undefined || this.#defaultPolicies(name).length > 0;
  }

  /** The names that are allowed instead of one that is no pipeline, for error messages. */
  allowedPipelines(name: string): string {
    const known = this.pipelines.names();
    const nearest = nearestName(name, known);
    if (nearest !== undefined) return `${nearest}, if that is what you meant`;
    const list = known.length === 0 ? 'none is declared' : known.join(', ');
    return `a declared pipeline (${list}), or a name that at least one instance has`;
  }

  /**
   * The declared pipeline of this name; otherwise the policies that have an instance of this name, in the default
   * order.
   *
   * @throws PipelineNotFoundError if there is neither
   */
  pipeline(name: string): Pipeline {
    const declared = this.pipelines.find(name);
    if (declared !== undefined) return declared;
    const members = this.#defaultPolicies(name);
    if (members.length === 0) throw new PipelineNotFoundError(name, this.pipelines.names());
    return this.pipelines.register(pipelineOf(name, members, this.policies, this.#aroundAttempts));
  }

  /**
   * Names that are probably mistyped: those in code that no configuration declares, although it declares a similar one (they
   * have the default options), and configured ones that nothing in code names, although it names a similar one.
   *
   * @param hasComputedNames whether a decorator computes its name for each call, so that any name may be used
   */
  warningsAbout(namesInCode: NamesInCode, hasComputedNames = false): readonly string[] {
    return [...this.#unconfigured(namesInCode), ...(hasComputedNames ? [] : this.#unused(namesInCode))];
  }

  #unconfigured(namesInCode: NamesInCode): readonly string[] {
    const configured = this.table.flatMap(({ kind }) => this.#configured(kind));
    return this.table.flatMap(({ kind, label }) =>
      (namesInCode[kind as PolicyKind] ?? []).flatMap((name) => {
        const nearest = configured.includes(name) ? undefined : nearestName(name, configured);
        if (nearest === undefined) return [];
        const subject = `${label} '${name}' is named in code, but no configuration declares it`;
        return [`${subject}: it has the options of the default. Did you mean '${nearest}', which is configured?`];
      }),
    );
  }

  /** Code can use any instance by `getOrCreate`, so most unused names are no mistake; those that differ little may be one. */
  #unused(namesInCode: NamesInCode): readonly string[] {
    const used = new Set(Object.values(namesInCode).flat());
    // Constructors, factories and pipelines have created the instances that they use.
    const unused = this.table.flatMap(({ kind, label }) => {
      const names = this.#configured(kind).filter((name) => this.policies[kind as PolicyKind].find(name) === undefined);
      return names.map((name) => ({ label, name }));
    });
    const all = [...this.pipelines.names().map((name) => ({ label: 'Pipeline', name })), ...unused];
    return [...new Set(all.map(({ name }) => name))].flatMap((name) => {
      const nearest = used.has(name) ? undefined : mistypedFor(name, used);
      if (nearest === undefined) return [];
      const labels = all.filter((each) => each.name === name).map(({ label }) => label);
      const subject = `${labels.join(', ')} '${name}' is configured, but nothing in code names it`;
      return [`${subject}. Did you mean '${nearest}', which is named in code?`];
    });
  }

  #configured(kind: string): readonly string[] {
    return Object.keys(this.#config[kind as PolicyKind].instances ?? {});
  }

  /** Creates every configured instance, so that metrics and health show it before the first call. */
  createAll(): void {
    for (const registry of this.#registries()) for (const name of registry.names()) registry.getOrCreate(name);
  }

  /** Stops the timers of all instances. */
  dispose(): void {
    for (const registry of this.#registries()) registry.dispose();
  }

  #defaultPolicies(name: string): readonly PipelineMember[] {
    return defaultPolicies(name, this.#config, pipelineKindsOf(this.table));
  }

  #registries(): readonly Registry[] {
    return Object.values(this.policies);
  }
}

/** Two letters at most may differ, and more than digits: `replica-1` and `replica-2` are two names. */
function mistypedFor(name: string, used: ReadonlySet<string>): string | undefined {
  const others = [...used].filter((other) => withoutDigits(other) !== withoutDigits(name));
  return nearestName(name, others, 2);
}

function withoutDigits(name: string): string {
  return name.replaceAll(/[-_.]?\d+/g, '');
}

type AroundAttempts = NonNullable<ResilienceModuleOptions['aroundAttempts']>;

/** The policies that are outside of the attempts of a call. */
const aroundAllAttempts = new Set(defaultOrder.slice(0, defaultOrder.indexOf('retry') + 1));

/**
 * Builds a declared pipeline from the instances of the registries.
 *
 * @param aroundAttempts returns what each attempt passes through
 * @throws InvalidOptionsError for a fallback without handlers, which would have no effect
 */
function pipelineOf(
  name: string,
  members: readonly PipelineMember[],
  registries: PolicyRegistries,
  aroundAttempts: AroundAttempts | undefined,
): Pipeline {
  const parsed = members.map((member) => ({ member, ...parseMember(member, name) }));
  const faults = parsed
    .filter(
      ({ kind, instance }) =>
        kind === 'fallback' && registries.fallback.getOrCreate(instance).config.handlers.length === 0,
    )
    .map(({ member, instance }) => {
      const allowed = `handlers in code (fallback.instances.${instance}.handlers), or the fallbackMethod of @UsePipeline`;
      return { option: member, given: 'without handlers', allowed };
    });
  if (faults.length > 0) throw new InvalidOptionsError(`Pipeline '${name}'`, faults);
  const built: Policy[] = parsed.map(({ kind, instance }) => registries[kind].declare(instance));
  const attemptAt = parsed.findLastIndex(({ kind }) => aroundAllAttempts.has(kind)) + 1;
  if (aroundAttempts !== undefined) built.splice(attemptAt, 0, aroundAttempts(name));
  return pipeline(name, built);
}

/** The pipelines that code, files and environment declare. */
export const pipelineRegistryProvider: FactoryProvider<PipelineRegistry> = {
  provide: PipelineRegistry,
  inject: [resilienceConfiguration, policyRegistries, resilienceOptions],
  useFactory: (
    { pipelines }: ResilienceConfig,
    registries: PolicyRegistries,
    { clock = systemClock, aroundAttempts }: ResilienceModuleOptions,
  ) => {
    const declared = Object.entries(pipelines).map(([name, members]) =>
      pipelineOf(name, members, registries, aroundAttempts),
    );
    return new PipelineRegistry(declared, { clock });
  },
};

export const resilienceRegistriesProvider: FactoryProvider<ResilienceRegistries> = {
  provide: ResilienceRegistries,
  inject: [policyRegistries, PipelineRegistry, resilienceConfiguration, policyTable, resilienceOptions],
  useFactory: (
    registries: PolicyRegistries,
    pipelines: PipelineRegistry,
    config: ResilienceConfig,
    table: PolicyTable,
    { aroundAttempts }: ResilienceModuleOptions,
  ) => new ResilienceRegistries(registries, pipelines, config, table, aroundAttempts),
};

/** The property of an instance that holds the registries of its application. Nest shows this text if there are none. */
const registriesProperty = Symbol('registries of ResilienceModule.forRoot()');

interface ProtectedInstance {
  [registriesProperty]?: ResilienceRegistries;
}

/** The classes whose instances Nest has injected with the registries of one application. */
class InjectedClasses {
  readonly #before = new Set<object>();
  #listener: ((prototype: object) => void) | undefined;

  add(prototype: object): void {
    if (this.#listener === undefined) this.#before.add(prototype);
    else this.#listener(prototype);
  }

  listen(listener: (prototype: object) => void): readonly object[] {
    this.#listener = listener;
    return [...this.#before];
  }
}

const injectedClasses = new WeakMap<ResilienceRegistries, InjectedClasses>();

function injectedClassesOf(registries: ResilienceRegistries): InjectedClasses {
  const classes = injectedClasses.get(registries) ?? new InjectedClasses();
  injectedClasses.set(registries, classes);
  return classes;
}

/**
 * Calls the listener with the prototype of each instance that Nest injects with these registries from now on: in a
 * lazily loaded module, as middleware, by `ModuleRef.create()`. If it throws, Nest does not create the instance.
 *
 * @returns the prototypes of the instances before
 */
export function onInjectedClass(
  registries: ResilienceRegistries,
  listener: (prototype: object) => void,
): readonly object[] {
  return injectedClassesOf(registries).listen(listener);
}

/**
 * Makes Nest inject the registries of its application into each instance of the class and of its subclasses, in any
 * scope: a property injection as `@Inject(ResilienceRegistries)` declares it. It may be called more than once for a
 * class.
 */
export function injectRegistries(prototype: object): void {
  Inject(ResilienceRegistries)(prototype, registriesProperty);
  Object.defineProperty(prototype, registriesProperty, {
    configurable: true,
    set(this: object, registries: ResilienceRegistries) {
      injectedClassesOf(registries).add(Object.getPrototypeOf(this) as object);
      if (registries.protectsMethods) setRegistries(this, registries);
    },
  });
}

/** Sets the registries of an instance. Called for those that a factory created: Nest injects no properties into them. */
export function setRegistries(instance: object, registries: ResilienceRegistries): void {
  Object.defineProperty(instance, registriesProperty, { value: registries, configurable: true, writable: true });
}

/** The registries of the application that the instance belongs to; `undefined` if Nest did not create it. */
export function registriesOf(instance: unknown): ResilienceRegistries | undefined {
  return (instance as ProtectedInstance | null | undefined)?.[registriesProperty];
}
