import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { InvalidOptionsError } from '../core/errors.ts';
import { giveRegistries } from './own-registries.ts';
import { ProtectedClasses } from './protected-classes.ts';
import { ResilienceRegistries } from './resilience-registries.ts';
import { checkProtectedClasses } from './start-up-check.ts';

/** What is done once when the application starts, and undone when it ends. */
@Injectable()
export class StartUp implements OnModuleInit, OnApplicationShutdown {
  readonly #registries: ResilienceRegistries;
  readonly #classes: ProtectedClasses;
  readonly #discovery: DiscoveryService;

  constructor(
    @Inject(ResilienceRegistries) registries: ResilienceRegistries,
    @Inject(ProtectedClasses) classes: ProtectedClasses,
    @Inject(DiscoveryService) discovery: DiscoveryService,
  ) {
    this.#registries = registries;
    this.#classes = classes;
    this.#discovery = discovery;
  }

  /** @throws InvalidOptionsError naming class and method of every decorator that cannot work */
  onModuleInit(): void {
    this.#checkImports();
    const classes = this.#classes.all();
    checkProtectedClasses(classes, this.#registries);
    for (const instance of this.#classes.foreignInstances()) giveRegistries(instance, this.#registries);
    // All exist from the start, so that metrics and health show them before the first call.
    this.#registries.createAll();
    for (const { kind, name } of classes.flatMap(({ methods }) => methods)) this.#registries.protector(kind, name);
  }

  /** Timers end last: until the servers are closed, calls may still come. */
  onApplicationShutdown(): void {
    this.#registries.dispose();
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
