import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { retryBudgetOptionRules, type RetryBudgetOptions, resolveRetryBudgetOptions } from './retry-budget.options.ts';
import { RetryBudget } from './retry-budget.ts';

export const retryBudgetDefinition = definePolicy({
  kind: 'retryBudget',
  label: 'RetryBudget',
  title: 'Retry budget',
  section: 'retrybudget',
  inPipeline: false,
  rules: retryBudgetOptionRules,
  environmentKey: 'retryBudgets',
  resolve: resolveRetryBudgetOptions,
  create: (name: string, options: RetryBudgetOptions, environment: PolicyEnvironment) =>
    new RetryBudget(name, options, environment),
});
