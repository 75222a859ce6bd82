import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { CircuitBreakerRegistry } from '../core/circuit-breaker/circuit-breaker.registry.ts';
import { InvalidOptionsError } from '../core/errors.ts';
import { giveRegistry } from './own-registry.ts';
import { ProtectedClasses } from './protected-classes.ts';
import { checkProtectedClasses } from './start-up-check.ts';

/** What is done once when the application starts, and undone when it ends. */
@Injectable()
export class StartUp implements OnModuleInit, OnApplicationShutdown {
  readonly #registry: CircuitBreakerRegistry;
  readonly #classes: ProtectedClasses;
  readonly #discovery: DiscoveryService;

  constructor(
    @Inject(CircuitBreakerRegistry) registry: CircuitBreakerRegistry,
    @Inject(ProtectedClasses) classes: ProtectedClasses,
    @Inject(DiscoveryService) discovery: DiscoveryService,
  ) {
    this.#registry = registry;
    this.#classes = classes;
    this.#discovery = discovery;
  }

  /** @throws InvalidOptionsError naming class and method of every decorator that cannot work */
  onModuleInit(): void {
    this.#checkImports();
    checkProtectedClasses(this.#classes.all());
    for (const instance of this.#classes.foreignInstances()) giveRegistry(instance, this.#registry);
    // All exist from the start, so that metrics and health show them before the first call.
    const names = [...this.#registry.names(), ...this.#classes.circuitBreakerNames()];
    for (const name of names) this.#registry.circuitBreaker(name);
  }

  /** Timers end last: until the servers are closed, calls may still come. */
  onApplicationShutdown(): void {
    this.#registry.dispose();
  }

  /** Two registries in one application would each see half of the calls. */
  #checkImports(): void {
    const imports = this.#discovery.getProviders().filter(({ metatype }) => metatype === StartUp);
    if (imports.length === 1) return;
    const given = `imported ${imports.length} times`;
    throw new InvalidOptionsError('ResilienceModule', [
      { option: 'forRoot', given, allowed: 'once, in the root module' },
    ]);
  }
}
