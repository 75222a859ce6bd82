import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { InvalidOptionsError } from '../core/errors.ts';
import { startUpWarnings } from '../doctor/diagnose.ts';
import { instancesOf } from '../doctor/instance.ts';
import { ProtectedClasses } from './protected-methods.ts';
import { ResilienceRegistries, setRegistries } from './resilience-registries.ts';
import { checkProtectedClasses } from './start-up-check.ts';

/**
 * Checks decorators and configuration when the application starts, creates all policies, and stops their timers at the
 * end.
 */
@Injectable()
export class StartUp implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
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
    for (const instance of this.#classes.foreignInstances()) setRegistries(instance, this.#registries);
    // All exist from the start, so that metrics and health show them before the first call.
    this.#registries.createAll();
    for (const { kind, name } of classes.flatMap(({ methods }) => methods)) this.#registries.policy(kind, name);
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
    this.#registries.dispose();
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
