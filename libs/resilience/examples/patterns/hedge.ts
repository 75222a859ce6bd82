import { createRegistry, Hedge } from '@breakwater/resilience';

/** A second attempt for the slowest calls, about one in twenty; the loser's signal is aborted. */
export const search = new Hedge('search', { delayPercentile: 95 });

/** Not for more than a share of the calls: hedges draw from the same budgets as retries. */
export const hedges = createRegistry(
  'hedge',
  { instances: { search: { delay: '200ms', retryBudget: 'search' } } },
  { retryBudgets: createRegistry('retryBudget') },
);
