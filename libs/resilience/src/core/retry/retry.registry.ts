import { systemClock } from '../clock.ts';
import { type Definition, Registry, type RegistryDefinitions } from '../registry.ts';
import { RetryBudgetRegistry } from './retry-budget.registry.ts';
import { Retry, type RetryEnvironment } from './retry.ts';
import { mergeRetryOptions, type RetryOptions, resolveRetryOptions } from './retry.options.ts';

/** The retries of an application, one for each dependency. */
export class RetryRegistry extends Registry<Retry, RetryOptions> {
  /** The budgets that these retries share. */
  readonly retryBudgets: RetryBudgetRegistry;

  /**
   * @param definitions named configurations and what is particular to instances
   * @param environment where time comes from, real time by default, and where budgets are found; without it the registry
   *   makes each budget with its defaults
   * @throws InvalidOptionsError listing every fault of every definition
   */
  constructor(definitions: RegistryDefinitions<RetryOptions> = {}, environment: RetryEnvironment = {}) {
    const clock = environment.clock ?? systemClock;
    const retryBudgets = environment.retryBudgets ?? new RetryBudgetRegistry({}, { clock });
    super(
      {
        label: 'Retry',
        clock,
        create: (name, options) => new Retry(name, options, { clock, retryBudgets }),
        merge: mergeRetryOptions,
        resolve: resolveRetryOptions,
      },
      definitions,
    );
    this.retryBudgets = retryBudgets;
  }

  /** The retry of this name, made at the first call. See `getOrCreate`. */
  retry(name: string, given?: Definition<RetryOptions> | string): Retry {
    return this.getOrCreate(name, given);
  }
}
