import {
  duration,
  matching,
  readConfig,
  serviceVariables,
  shutdownDelayFits,
  type Environment,
} from '@breakwater/service-kit';
import { z } from 'zod';
import { maxLatencyMs } from './faults/latency.ts';

/** The variables of customer's production entry. */
export const customerVariables = z
  .object({
    // Its clients are the replicas of account, each of which sends the requests of many clients.
    ...serviceVariables('customer', { port: 3001, clientRateLimit: 5_000 }),
    /** How long it takes to find a customer. This service is slow on purpose. Default: `2s`. */
    CUSTOMER_LATENCY: duration({ max: maxLatencyMs }).default(2_000),
    /** The bearer token for `/faults`, which sets faults while the service runs. Default: none, and `/faults` does not exist. */
    FAULTS_TOKEN: matching(/^[\x21-\x7e]{8,256}$/, 'at least 8 visible ASCII characters').optional(),
  })
  .refine(...shutdownDelayFits);

/** The configuration of customer. */
export type CustomerConfig = z.output<typeof customerVariables>;

/** @throws InvalidConfigError that lists every invalid variable */
export const readCustomerConfig = (environment?: Environment): CustomerConfig =>
  readConfig(customerVariables, environment);
