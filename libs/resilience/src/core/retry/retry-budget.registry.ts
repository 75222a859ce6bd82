import { type Clock, systemClock } from '../clock.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { mergeRetryBudgetOptions, type RetryBudgetOptions, resolveRetryBudgetOptions } from './retry-budget.options.ts';
import { RetryBudget } from './retry-budget.ts';

/** The retry budgets of an application, by name. Whatever names the same budget shares it. */
export class RetryBudgetRegistry extends Registry<RetryBudget, RetryBudgetOptions> {
  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(definitions: RegistryDefinitions<RetryBudgetOptions> = {}, environment: { readonly clock?: Clock } = {}) {
    super(
      {
        label: 'RetryBudget',
        clock: environment.clock ?? systemClock,
        create: (name, options) => new RetryBudget(name, options, environment),
        merge: mergeRetryBudgetOptions,
        resolve: resolveRetryBudgetOptions,
      },
      definitions,
    );
  }

  /** The retry budget of this name, made at the first call. See `getOrCreate`. */
  retryBudget(name: string, given?: Definition<RetryBudgetOptions> | string): RetryBudget {
    return this.getOrCreate(name, given);
  }
}
