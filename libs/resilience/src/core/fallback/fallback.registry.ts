import { type Clock, systemClock } from '../clock.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { Fallback } from './fallback.ts';
import { type FallbackOptions, mergeFallbackOptions, resolveFallbackOptions } from './fallback.options.ts';

/** The fallbacks of an application, one for each dependency. */
export class FallbackRegistry extends Registry<Fallback, FallbackOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where the time of events comes from; real time by default
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(definitions: RegistryDefinitions<FallbackOptions> = {}, environment: { readonly clock?: Clock } = {}) {
    super(
      {
        label: 'Fallback',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new Fallback(name, options, environment),
        merge: mergeFallbackOptions,
        resolve: resolveFallbackOptions,
      },
      definitions,
    );
  }

  /** The fallback of this name, made at the first call. See `getOrCreate`. */
  fallback(name: string, given?: Definition<FallbackOptions> | string): Fallback {
    return this.getOrCreate(name, given);
  }
}
