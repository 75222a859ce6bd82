import { Inject } from '@nestjs/common';
import { ResilienceRegistries } from './resilience-registries.ts';

/** Where an instance keeps the registries of its application. Nest shows this text when there are none. */
const ownRegistries = Symbol('registries of ResilienceModule.forRoot()');

interface Protected {
  [ownRegistries]?: ResilienceRegistries;
}

/**
 * Makes Nest give the registries of its own application to each instance of the class and of its subclasses, in any scope:
 * a property injection as `@Inject(ResilienceRegistries)` declares it. Declaring it again changes nothing.
 */
export function injectRegistries(prototype: object): void {
  Inject(ResilienceRegistries)(prototype, ownRegistries);
}

/** The registries of the application that the instance belongs to; `undefined` when Nest did not make it. */
export function registriesOf(instance: unknown): ResilienceRegistries | undefined {
  return (instance as Protected | null | undefined)?.[ownRegistries];
}

/** Gives the registries to an instance that a factory made, since Nest injects no properties into those. */
export function giveRegistries(instance: object, registries: ResilienceRegistries): void {
  (instance as Protected)[ownRegistries] = registries;
}
