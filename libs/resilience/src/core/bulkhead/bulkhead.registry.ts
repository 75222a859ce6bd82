import { type Clock, systemClock } from '../clock.ts';
import { mergeOptions } from '../options.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { Bulkhead } from './bulkhead.ts';
import { resolveBulkheadOptions, bulkheadOptionRules, type BulkheadOptions } from './bulkhead.options.ts';

/** The bulkheads of an application, one for each dependency. */
export class BulkheadRegistry extends Registry<Bulkhead, BulkheadOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(definitions: RegistryDefinitions<BulkheadOptions> = {}, environment: { readonly clock?: Clock } = {}) {
    super(
      {
        label: 'Bulkhead',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new Bulkhead(name, options, environment),
        merge: (base, override) => mergeOptions(bulkheadOptionRules, base, override),
        resolve: resolveBulkheadOptions,
      },
      definitions,
    );
  }

  /** The bulkhead of this name, made at the first call. See `getOrCreate`. */
  bulkhead(name: string, given?: Definition<BulkheadOptions> | string): Bulkhead {
    return this.getOrCreate(name, given);
  }
}
