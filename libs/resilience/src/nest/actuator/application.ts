import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type ResilienceModuleOptions, resilienceOptions } from '../resilience.options.ts';

/** Finds what the application provides, in whatever module. To be asked once the application is made. */
@Injectable()
export class Application {
  readonly #moduleRef: ModuleRef;

  constructor(@Inject(ModuleRef) moduleRef: ModuleRef) {
    this.#moduleRef = moduleRef;
  }

  /** `undefined` when no module provides it. */
  find<T>(token: Type<T> | symbol): T | undefined {
    try {
      return this.#moduleRef.get<T>(token, { strict: false });
    } catch {
      return undefined;
    }
  }

  /** The one that the policies take time from. */
  get clock(): Clock {
    return this.find<ResilienceModuleOptions>(resilienceOptions)?.clock ?? systemClock;
  }
}
