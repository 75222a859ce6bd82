import { definePolicy } from '../policy-definition.ts';
import { Registry } from '../registry.ts';
import { retryBudgetDefinition } from './retry-budget.definition.ts';
import { retryOptions, type RetryOptions } from './retry.options.ts';
import { Retry, type RetryEnvironment } from './retry.ts';

export const retryDefinition = definePolicy({
  kind: 'retry',
  label: 'Retry',
  title: 'Retry',
  section: 'retry',
  inPipeline: true,
  options: retryOptions,
  file: {
    aliases: {
      maxRetryAttempts: 'maxAttempts',
      retryExceptionPredicate: 'retryOnException',
      resultPredicate: 'retryOnResult',
    },
    backoff: {
      wait: 'waitDuration',
      functions: ['intervalFunction', 'intervalBiFunction'],
      maxWait: 'exponentialMaxWaitDuration',
      mayCombine: true,
    },
    meaninglessOptions: ['consumeResultBeforeRetryAttempt', 'ignoreClassBindingExceptions'],
    meaninglessKeys: ['retryAspectOrder', 'enabled', 'metrics', 'tags'],
  },
  /** Without a registry of budgets each budget has the default options. */
  completeEnvironment: (environment) => ({
    retryBudgets: new Registry(retryBudgetDefinition, {}, environment.clock && { clock: environment.clock }),
    ...environment,
  }),
  create: (name: string, options: RetryOptions, environment: RetryEnvironment) => new Retry(name, options, environment),
});
