import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type ResilienceModuleOptions, resilienceOptions } from '../resilience.options.ts';

/** Finds providers in any module of the application. Available once all modules have been created. */
@Injectable()
export class Application {
  readonly #moduleRef: ModuleRef;

  constructor(@Inject(ModuleRef) moduleRef: ModuleRef) {
    this.#moduleRef = moduleRef;
  }

  /** The provider of this token; `undefined` if no module provides it. */
  find<T>(token: Type<T> | symbol): T | undefined {
    try {
      return this.#moduleRef.get<T>(token, { strict: false });
    } catch {
      return undefined;
    }
  }

  /** The clock of the policies. */
  get clock(): Clock {
    return this.find<ResilienceModuleOptions>(resilienceOptions)?.clock ?? systemClock;
  }
}
