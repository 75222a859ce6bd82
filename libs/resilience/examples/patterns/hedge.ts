import { Hedge, HedgeRegistry, RetryBudgetRegistry } from '@breakwater/resilience';

/** A second attempt for the slowest calls, about one in twenty; the loser's signal is aborted. */
export const search = new Hedge('search', { delayPercentile: 95 });

/** Not for more than a share of the calls: hedges draw from the same budgets as retries. */
export const hedges = new HedgeRegistry(
  { instances: { search: { delay: '200ms', retryBudget: 'search' } } },
  { retryBudgets: new RetryBudgetRegistry() },
);
