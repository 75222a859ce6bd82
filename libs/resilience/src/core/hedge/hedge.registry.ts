import { systemClock } from '../clock.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { Hedge, type HedgeEnvironment } from './hedge.ts';
import { type HedgeOptions, mergeHedgeOptions, resolveHedgeOptions } from './hedge.options.ts';

/** The hedges of an application, one for each dependency. */
export class HedgeRegistry extends Registry<Hedge, HedgeOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time and budgets come from; a definition that names a budget needs `retryBudgets`
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(definitions: RegistryDefinitions<HedgeOptions> = {}, environment: HedgeEnvironment = {}) {
    super(
      {
        label: 'Hedge',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new Hedge(name, options, environment),
        merge: mergeHedgeOptions,
        resolve: resolveHedgeOptions,
      },
      definitions,
    );
  }

  /** The hedge of this name, made at the first call. See `getOrCreate`. */
  hedge(name: string, given?: Definition<HedgeOptions> | string): Hedge {
    return this.getOrCreate(name, given);
  }
}
