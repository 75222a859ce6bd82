import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  NotFoundException,
  Param,
  type Type,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { Application } from './application.ts';
import { listOf, type MonitoredRegistry, type PolicyWithEndpoints } from './monitored-policies.ts';

/** The endpoints that read the instances and events of a policy, with Resilience4j's paths and responses. */
export function policyController(policy: PolicyWithEndpoints): Type {
  const { eventsPath, eventsKey, eventTypes } = policy;

  @Controller({ version: VERSION_NEUTRAL })
  class PolicyController {
    readonly #application: Application;

    constructor(@Inject(Application) application: Application) {
      this.#application = application;
    }

    @Get(policy.path)
    list(): object {
      return listOf(policy, this.#registry());
    }

    @Get([eventsPath, `${eventsPath}/:name`, `${eventsPath}/:name/:type`])
    events(@Param('name') name?: string, @Param('type') type?: string): object {
      const wanted = type?.toUpperCase();
      if (wanted !== undefined && !eventTypes.includes(wanted)) {
        throw new BadRequestException(`Unknown event type ${type}; allowed: ${eventTypes.join(', ')}.`);
      }
      const events = this.#registry()
        .all()
        .filter((instance) => name === undefined || instance.name === name)
        .flatMap((instance) => instance.bufferedEvents())
        .filter((event) => wanted === undefined || event.type === wanted)
        .toSorted((a, b) => a.creationTime - b.creationTime);
      return { [eventsKey]: events.map((event) => policy.describeEvent(event)) };
    }

    #registry(): MonitoredRegistry {
      const registry = this.#application.find(policy.registry);
      if (registry !== undefined) return registry;
      throw new NotFoundException(`This application has no ${policy.registry.name}.`);
    }
  }
  return PolicyController;
}
