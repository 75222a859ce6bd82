import { isAbsolute } from 'node:path';
import {
  baseUrls,
  duration,
  matching,
  readConfig,
  serviceVariables,
  shutdownDelayFits,
  variable,
  wholeNumber,
  type Environment,
} from '@breakwater/service-kit';
import { z } from 'zod';

/** The environment variables of account. */
export const accountVariables = z
  .object({
    ...serviceVariables('account', { port: 3000 }),
    /**
     * The customer service: the base URL of each replica, comma separated, or one `http` URL, each address of whose host is
     * a replica; the host is resolved every 5 s. Default: `http://127.0.0.1:3001`.
     */
    CUSTOMER_URL: baseUrls().default(['http://127.0.0.1:3001']),
    /**
     * The longest that a request may take, from its arrival, including the calls of customer. A shorter deadline of the
     * caller (`x-request-timeout-ms`) applies first. Shorter than the load balancer's read timeout (6 s). Default:
     * `5s`.
     */
    REQUEST_TIMEOUT: duration({ min: 1, max: 60_000 }).default(5_000),
    /**
     * How long a request with an `Idempotency-Key` gets the response of the first request with it, from 1 second to 30 days.
     * Default: `24h`.
     */
    IDEMPOTENCY_KEY_TTL: duration({ min: 1_000, max: 720 * 3_600_000 }).default(24 * 3_600_000),
    /**
     * How often pending accounts are looked for, in real time. A round that leaves more to do is followed by the next at
     * once. At least `10ms`. Default: `1s`.
     */
    RECONCILIATION_INTERVAL: duration({ min: 10 }).default(1_000),
    /** The most pending accounts in a round, from 1 to 100. Default: 10. */
    RECONCILIATION_BATCH_SIZE: wholeNumber({ min: 1, max: 100 }).default(10),
    /**
     * The failed attempts after which a pending account is set aside, from 1 to 1000; only those that fail while customer
     * verifies others count. 15 take about three hours. Default: 15.
     */
    RECONCILIATION_MAX_ATTEMPTS: wholeNumber({ min: 1, max: 1_000 }).default(15),
    /**
     * The absolute path of a file that is read and watched instead of the `resilience.yml` of the service. Default: not set.
     */
    RESILIENCE_CONFIG: variable('the absolute path of a file, such as /etc/breakwater/resilience.yml', (text) =>
      isAbsolute(text) ? text : undefined,
    ).optional(),
    /** The token of the actuator's write endpoints. Default: not set, which disables them. */
    ACTUATOR_TOKEN: matching(/^[\x21-\x7e]{8,256}$/, 'at least 8 visible ASCII characters').optional(),
  })
  .refine(...shutdownDelayFits);

export type AccountConfig = z.output<typeof accountVariables>;

/** @throws InvalidConfigError that lists every invalid variable */
export const readAccountConfig = (environment?: Environment): AccountConfig =>
  readConfig(accountVariables, environment);
