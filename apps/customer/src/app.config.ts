import {
  duration,
  matching,
  readConfig,
  serviceVariables,
  shutdownDelayFits,
  type Environment,
} from '@breakwater/service-kit';
import { z } from 'zod';
import { maxLatencyMs } from './faults/faults.schema.ts';

/** The variables of customer's production entry. */
export const customerVariables = z
  .object({
    // Its clients are the replicas of account, each with the requests of many.
    ...serviceVariables('customer', { port: 3001, clientRateLimit: 5_000 }),
    /** How long every customer takes to be found. This service is slow on purpose. Default: `2s`. */
    CUSTOMER_LATENCY: duration({ max: maxLatencyMs }).default(2_000),
    /** Who knows it may break the service through `/faults` while it runs. Default: not set, and then nobody can. */
    FAULTS_TOKEN: matching(/^[\x21-\x7e]{8,256}$/, 'at least 8 visible ASCII characters').optional(),
  })
  .refine(...shutdownDelayFits);

/** What can be set about customer. */
export type CustomerConfig = z.output<typeof customerVariables>;

/** @throws InvalidConfigError listing every fault */
export const readCustomerConfig = (environment?: Environment): CustomerConfig =>
  readConfig(customerVariables, environment);
