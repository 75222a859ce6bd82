import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import {
  adaptiveConcurrencyLimiterOptions,
  type AdaptiveConcurrencyLimiterOptions,
} from './adaptive-concurrency-limiter.options.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter.ts';

export const adaptiveConcurrencyLimiterDefinition = definePolicy({
  kind: 'adaptiveConcurrencyLimiter',
  label: 'AdaptiveConcurrencyLimiter',
  title: 'Adaptive concurrency limiter',
  section: 'adaptiveconcurrencylimiter',
  inPipeline: true,
  options: adaptiveConcurrencyLimiterOptions,
  create: (name: string, options: AdaptiveConcurrencyLimiterOptions, environment: PolicyEnvironment) =>
    new AdaptiveConcurrencyLimiter(name, options, environment),
});
