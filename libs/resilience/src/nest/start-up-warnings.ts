import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { startUpWarnings } from '../doctor/diagnose.ts';
import { diagnosedInstances } from './diagnosed-instances.ts';
import { ResilienceRegistries } from './resilience-registries.ts';

/** Says in the log, once, what the doctor thinks of the configuration: what works, but not as it reads, or cannot work. */
@Injectable()
export class StartUpWarnings implements OnApplicationBootstrap {
  readonly #registries: ResilienceRegistries;
  readonly #logger = new Logger('ResilienceDoctor');

  constructor(@Inject(ResilienceRegistries) registries: ResilienceRegistries) {
    this.#registries = registries;
  }

  onApplicationBootstrap(): void {
    const instances = diagnosedInstances(this.#registries.policies, this.#registries.pipelines);
    for (const warning of startUpWarnings(instances)) this.#logger.warn(warning);
  }
}
