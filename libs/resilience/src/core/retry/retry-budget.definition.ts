import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { retryBudgetOptions, type RetryBudgetOptions } from './retry-budget.options.ts';
import { RetryBudget } from './retry-budget.ts';

export const retryBudgetDefinition = definePolicy({
  kind: 'retryBudget',
  label: 'RetryBudget',
  title: 'Retry budget',
  section: 'retrybudget',
  inPipeline: false,
  options: retryBudgetOptions,
  environmentKey: 'retryBudgets',
  meters: [
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'breakwater_retry_budget_balance',
      help: 'How many further attempts the retry budget would grant now.',
      read: ({ balance }) => [[balance]],
    },
  ],
  // Retries and hedges keep a reference to it.
  isRemovable: () => false,
  create: (name: string, options: RetryBudgetOptions, environment: PolicyEnvironment) =>
    new RetryBudget(name, options, environment),
});
