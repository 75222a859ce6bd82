import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryService, LazyModuleLoader } from '@nestjs/core';
import { type Logger as TransitionLogger, logTransitions } from '../core/circuit-breaker/log-transitions.ts';
import { InvalidOptionsError } from '../core/errors.ts';
import type { Unsubscribe } from '../core/events.ts';
import { startUpWarnings } from '../doctor/diagnose.ts';
import { instancesOf } from '../doctor/instance.ts';
import type { EnhancerInstance } from './enhancer-instances.ts';
import { DeclaredFeature } from './feature-definitions.ts';
import { type Module, type ProtectedClass, ProtectedClasses, toProtectedClasses } from './protected-methods.ts';
import { onInjectedClass, ResilienceRegistries, setRegistries } from './resilience-registries.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';
import { checkProtectedClasses } from './start-up-check.ts';

/**
 * Checks decorators and configuration when the application starts, creates all policies, and stops their timers at the
 * end. Classes of lazily loaded modules are checked when their module is loaded; others that appear later (such as those
 * of `ModuleRef.create()`) before their first instance is used.
 */
@Injectable()
export class StartUp implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly #registries: ResilienceRegistries;
  readonly #classes: ProtectedClasses;
  readonly #discovery: DiscoveryService;
  readonly #lazyModules: LazyModuleLoader;
  readonly #options: ResilienceModuleOptions;
  #stopLogging: Unsubscribe | undefined;
  /** The prototypes of the classes that have passed the check. */
  readonly #checked = new Set<object>();
  /** The features whose definitions are part of the configuration. */
  readonly #features = new Set<unknown>();

  constructor(
    @Inject(ResilienceRegistries) registries: ResilienceRegistries,
    @Inject(ProtectedClasses) classes: ProtectedClasses,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(LazyModuleLoader) lazyModules: LazyModuleLoader,
    @Inject(resilienceOptions) options: ResilienceModuleOptions,
  ) {
    this.#registries = registries;
    this.#classes = classes;
    this.#discovery = discovery;
    this.#lazyModules = lazyModules;
    this.#options = options;
  }

  /** @throws InvalidOptionsError naming class and method of every decorator that cannot work */
  onModuleInit(): void {
    this.#checkImports();
    this.#stopLogging = this.#logTransitions();
    const injected = onInjectedClass(this.#registries, (prototype) => {
      if (!this.#checked.has(prototype)) this.#createPoliciesOf(this.#check(toProtectedClasses([prototype])));
    });
    const found = [...this.#classes.all(), ...toProtectedClasses(injected)];
    const classes = this.#check(found, this.#classes.enhancerInstances());
    const logger = new Logger('ResilienceModule');
    const warnings = this.#registries.warningsAbout(this.#classes.names(), this.#classes.hasComputedNames());
    for (const warning of warnings) logger.warn(warning);
    // All exist from the start, so that metrics and health show them before the first call.
    this.#registries.createAll();
    this.#createPoliciesOf(classes);
    for (const instance of this.#classes.foreignInstances()) setRegistries(instance, this.#registries);
    for (const feature of this.#featuresOf()) this.#features.add(feature);
    this.#checkLazyModules();
  }

  /** Logs the doctor's findings about the configuration: what cannot work, or works differently than it reads. */
  onApplicationBootstrap(): void {
    const logger = new Logger('ResilienceDoctor');
    const { policies, table, pipelines } = this.#registries;
    const instances = instancesOf(policies, table, pipelines);
    for (const warning of startUpWarnings(instances)) logger.warn(warning);
  }

  /** Stops the timers last: requests may arrive until the servers are closed. */
  onApplicationShutdown(): void {
    this.#stopLogging?.();
    this.#registries.dispose();
  }

  #logTransitions(): Unsubscribe | undefined {
    const { logTransitions: target = true } = this.#options;
    if (target === false) return undefined;
    return logTransitions(this.#registries.policies.circuitBreaker, target === true ? nestLogger() : target);
  }

  /**
   * Checks each class until it has passed once.
   *
   * @returns the classes that have passed now
   * @throws InvalidOptionsError naming class and method of every decorator that cannot work
   */
  #check(classes: readonly ProtectedClass[], enhancers: readonly EnhancerInstance[] = []): readonly ProtectedClass[] {
    const byPrototype = new Map(classes.map((protectedClass) => [protectedClass.prototype, protectedClass]));
    const unchecked = [...byPrototype.values()].filter(({ prototype }) => !this.#checked.has(prototype));
    checkProtectedClasses(unchecked, this.#registries, enhancers);
    for (const { prototype } of unchecked) this.#checked.add(prototype);
    return unchecked;
  }

  #createPoliciesOf(classes: readonly ProtectedClass[]): void {
    for (const { kind, name } of classes.flatMap(({ methods }) => methods)) {
      if (typeof name === 'string') this.#registries.policy(kind, name);
    }
  }

  /** Nest calls no hooks of lazily loaded modules. Loading fails where a start would have failed. */
  #checkLazyModules(): void {
    const load = this.#lazyModules.load.bind(this.#lazyModules);
    this.#lazyModules.load = async (...args) => {
      const reference = await load(...args);
      this.#checkImports();
      const modules = this.#classes.modulesOf(reference);
      this.#checkFeatures(modules);
      const added = this.#check(this.#classes.all(modules), this.#classes.enhancerInstances(modules));
      this.#createPoliciesOf(added);
      for (const instance of this.#classes.foreignInstances(modules)) setRegistries(instance, this.#registries);
      return reference;
    };
  }

  /** Definitions of a lazily loaded module would have no effect. */
  #checkFeatures(modules: readonly Module[]): void {
    if (this.#featuresOf(modules).every((feature) => this.#features.has(feature))) return;
    const given = 'in a lazily loaded module, after all policies were created';
    throw new InvalidOptionsError('ResilienceModule', [
      { option: 'forFeature', given, allowed: 'in a module that is imported at start-up' },
    ]);
  }

  #featuresOf(modules?: readonly Module[]): readonly unknown[] {
    const providers = this.#discovery.getProviders({}, modules && [...modules]);
    return providers.map(({ instance }) => instance as unknown).filter((value) => value instanceof DeclaredFeature);
  }

  /** With two sets of registries in one application, each would record only half of the calls. */
  #checkImports(): void {
    const imports = this.#discovery.getProviders().filter(({ metatype }) => metatype === StartUp);
    if (imports.length === 1) return;
    const given = `imported ${imports.length} times`;
    throw new InvalidOptionsError('ResilienceModule', [
      { option: 'forRoot', given, allowed: 'once, in the root module' },
    ]);
  }
}

/** Lines without fields: loggers of Nest print an object in different ways, some over many lines. */
function nestLogger(): TransitionLogger {
  const logger = new Logger('CircuitBreaker');
  return { info: (message) => logger.log(message), warn: (message) => logger.warn(message) };
}
