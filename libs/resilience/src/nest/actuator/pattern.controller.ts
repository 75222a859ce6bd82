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
import { listOf, type MonitoredRegistry, type PatternWithEndpoints } from './monitored-patterns.ts';

/** The reading endpoints of a pattern, with Resilience4j's paths and answers. */
export function patternController(pattern: PatternWithEndpoints): Type {
  const { eventsPath, eventsKey, eventTypes } = pattern;

  @Controller({ version: VERSION_NEUTRAL })
  class PatternController {
    readonly #application: Application;

    constructor(@Inject(Application) application: Application) {
      this.#application = application;
    }

    @Get(pattern.path)
    list(): object {
      return listOf(pattern, this.#registry());
    }

    @Get([eventsPath, `${eventsPath}/:name`, `${eventsPath}/:name/:type`])
    events(@Param('name') name?: string, @Param('type') type?: string): object {
      const wanted = type?.toUpperCase();
      if (wanted !== undefined && !eventTypes.includes(wanted)) {
        throw new BadRequestException(`There are no events of type ${type}; there are ${eventTypes.join(', ')}.`);
      }
      const events = this.#registry()
        .all()
        .filter((policy) => name === undefined || policy.name === name)
        .flatMap((policy) => policy.bufferedEvents())
        .filter((event) => wanted === undefined || event.type === wanted)
        .toSorted((a, b) => a.creationTime - b.creationTime);
      return { [eventsKey]: events.map((event) => pattern.describeEvent(event)) };
    }

    #registry(): MonitoredRegistry {
      const registry = this.#application.find(pattern.registry);
      if (registry !== undefined) return registry;
      throw new NotFoundException(`This application has no ${pattern.registry.name}.`);
    }
  }
  return PatternController;
}
