import { type Clock, systemClock } from '../clock.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter.ts';
import {
  type AdaptiveConcurrencyLimiterOptions,
  mergeAdaptiveConcurrencyLimiterOptions,
  resolveAdaptiveConcurrencyLimiterOptions,
} from './adaptive-concurrency-limiter.options.ts';

/** The adaptive concurrency limiters of an application, one for each dependency. */
export class AdaptiveConcurrencyLimiterRegistry extends Registry<
  AdaptiveConcurrencyLimiter,
  AdaptiveConcurrencyLimiterOptions
> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(
    definitions: RegistryDefinitions<AdaptiveConcurrencyLimiterOptions> = {},
    environment: { readonly clock?: Clock } = {},
  ) {
    super(
      {
        label: 'AdaptiveConcurrencyLimiter',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new AdaptiveConcurrencyLimiter(name, options, environment),
        merge: mergeAdaptiveConcurrencyLimiterOptions,
        resolve: resolveAdaptiveConcurrencyLimiterOptions,
      },
      definitions,
    );
  }

  /** The adaptive concurrency limiter of this name, made at the first call. See `getOrCreate`. */
  adaptiveConcurrencyLimiter(
    name: string,
    given?: Definition<AdaptiveConcurrencyLimiterOptions> | string,
  ): AdaptiveConcurrencyLimiter {
    return this.getOrCreate(name, given);
  }
}
