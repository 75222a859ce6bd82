import { type Clock, systemClock } from '../clock.ts';
import { mergeOptions } from '../options.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { TimeLimiter } from './time-limiter.ts';
import { resolveTimeLimiterOptions, timeLimiterOptionRules, type TimeLimiterOptions } from './time-limiter.options.ts';

/** The time limiters of an application, one for each dependency. */
export class TimeLimiterRegistry extends Registry<TimeLimiter, TimeLimiterOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(definitions: RegistryDefinitions<TimeLimiterOptions> = {}, environment: { readonly clock?: Clock } = {}) {
    super(
      {
        label: 'TimeLimiter',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new TimeLimiter(name, options, environment),
        merge: (base, override) => mergeOptions(timeLimiterOptionRules, base, override),
        resolve: resolveTimeLimiterOptions,
      },
      definitions,
    );
  }

  /** The time limiter of this name, made at the first call. See `getOrCreate`. */
  timeLimiter(name: string, given?: Definition<TimeLimiterOptions> | string): TimeLimiter {
    return this.getOrCreate(name, given);
  }
}
