import { type Clock, systemClock } from '../clock.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { CachedFallback } from './cached-fallback.ts';
import {
  type CachedFallbackOptions,
  mergeCachedFallbackOptions,
  resolveCachedFallbackOptions,
} from './cached-fallback.options.ts';

/** The cached fallbacks of an application, one for each dependency. */
export class CachedFallbackRegistry extends Registry<CachedFallback, CachedFallbackOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(
    definitions: RegistryDefinitions<CachedFallbackOptions> = {},
    environment: { readonly clock?: Clock } = {},
  ) {
    super(
      {
        label: 'CachedFallback',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new CachedFallback(name, options, environment),
        merge: mergeCachedFallbackOptions,
        resolve: resolveCachedFallbackOptions,
        dispose: (cachedFallback) => cachedFallback.clear(),
      },
      definitions,
    );
  }

  /** The cached fallback of this name, made at the first call. See `getOrCreate`. */
  cachedFallback(name: string, given?: Definition<CachedFallbackOptions> | string): CachedFallback {
    return this.getOrCreate(name, given);
  }
}
