import { parseDuration } from '@breakwater/resilience';
import { isAbsolute } from 'node:path';
import {
  baseUrls,
  decimal,
  duration,
  flag,
  matching,
  readConfig,
  serviceVariables,
  shutdownDelayFits,
  variable,
  type Environment,
} from '@breakwater/service-kit';
import { z } from 'zod';

const batchSize = variable('a whole number from 1 to 100', (text) => {
  const size = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return size >= 1 && size <= 100 ? size : undefined;
});

const variables = z
  .object({
    ...serviceVariables('account', { port: 3000 }),
    /** Where customer is: one or more base URLs, comma separated; calls go round. Default: `http://127.0.0.1:3001`. */
    CUSTOMER_URL: baseUrls().default(['http://127.0.0.1:3001']),
    /**
     * How long a request may take from when it came, what customer takes of it included; less where its caller waits less
     * long (`x-request-timeout-ms`). Default: `10s`.
     */
    REQUEST_TIMEOUT: duration({ max: 60_000 }).default(10_000),
    /**
     * How long a request with an `Idempotency-Key` is answered with what it was answered the first time, from 1 second to
     * 30 days. Default: `24h`.
     */
    IDEMPOTENCY_KEY_TTL: variable('a duration such as 30m or 24h, from 1s to 720h', (text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms >= 1_000 && ms <= 720 * 3_600_000 ? ms : undefined;
    }).default(24 * 3_600_000),
    /**
     * How often accounts are looked for whose customer is still to be verified, by the clock on the wall; a round that
     * leaves more to do is followed by the next at once. At least `10ms`. Default: `1s`.
     */
    RECONCILIATION_INTERVAL: duration()
      .refine((ms) => ms >= 10, 'must be at least 10ms')
      .default(1_000),
    /** How many such accounts a round takes at most, from 1 to 100. Default: 10. */
    RECONCILIATION_BATCH_SIZE: batchSize.default(10),
    /**
     * The file that is read, and watched for changes, in place of the `resilience.yml` that comes with the service: an
     * absolute path. Default: not set.
     */
    RESILIENCE_CONFIG: variable('the absolute path of a file, such as /etc/breakwater/resilience.yml', (text) =>
      isAbsolute(text) ? text : undefined,
    ).optional(),
    /** Who knows it may change circuit breakers while the service runs. Default: not set, and then nobody can. */
    ACTUATOR_TOKEN: matching(/^[\x21-\x7e]{8,256}$/, 'at least 8 visible ASCII characters').optional(),
    /** Whether the experiments of the demo can be run here. Default: false. */
    DEMO_MODE: flag().default(false),
    /** How many times faster than the clock on the wall the demo's time runs. Default: 1. */
    TIME_SCALE: decimal({ min: 1 }).default(1),
  })
  .refine(...shutdownDelayFits)
  .refine(({ DEMO_MODE, TIME_SCALE }) => DEMO_MODE || !(TIME_SCALE > 1), {
    path: ['TIME_SCALE'],
    error: 'must be 1 unless DEMO_MODE is true: a circuit breaker in earnest goes by the clock on the wall',
    // Otherwise zod would look at this only once nothing else is wrong, and not every fault would be listed.
    when: () => true,
  });

/** What can be set about account. */
export type AccountConfig = z.output<typeof variables>;

/** @throws InvalidConfigError listing every fault */
export const readAccountConfig = (environment?: Environment): AccountConfig => readConfig(variables, environment);
