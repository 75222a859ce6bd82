import { type Clock, systemClock } from '../clock.ts';
import { mergeOptions } from '../options.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { RateLimiter } from './rate-limiter.ts';
import { resolveRateLimiterOptions, rateLimiterOptionRules, type RateLimiterOptions } from './rate-limiter.options.ts';

/** The rate limiters of an application, one for each dependency. */
export class RateLimiterRegistry extends Registry<RateLimiter, RateLimiterOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(definitions: RegistryDefinitions<RateLimiterOptions> = {}, environment: { readonly clock?: Clock } = {}) {
    super(
      {
        label: 'RateLimiter',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new RateLimiter(name, options, environment),
        merge: (base, override) => mergeOptions(rateLimiterOptionRules, base, override),
        resolve: resolveRateLimiterOptions,
      },
      definitions,
    );
  }

  /** The rate limiter of this name, made at the first call. See `getOrCreate`. */
  rateLimiter(name: string, given?: Definition<RateLimiterOptions> | string): RateLimiter {
    return this.getOrCreate(name, given);
  }
}
