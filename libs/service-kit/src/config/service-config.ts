import { z } from 'zod';
import { trustedProxies } from '../client-rate-limit/trust-proxy.ts';
import type { Environment } from './config-fault.ts';
import { readConfig } from './read-config.ts';
import { choice, databaseUrl, duration, host, matching, port, wholeNumber } from './variables.ts';

/** The variables that every process on the database has. */
const processVariables = (service: string) => ({
  /** The PostgreSQL to work on, 15 or newer. */
  DATABASE_URL: databaseUrl(),
  /** Least severe level that is logged. Default: `info`. */
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Names this process in log lines and in the `x-instance` header. Default: the service's name and the process id. */
  INSTANCE_NAME: matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, underscores or dashes').default(
    `${service}-${process.pid}`,
  ),
});

/** The variables that running migrations needs. */
const migrationVariables = (service: string) => ({
  ...processVariables(service),
  /**
   * The database role that the service logs in as, which is then given the rights that the service needs and no others.
   * Default: none, and rights stay as they are.
   */
  DATABASE_SERVICE_ROLE: matching(/^[^\0]{1,63}$/, 'the name of a database role, 1 to 63 characters').optional(),
});

/** What differs between services when nothing is set. */
export interface ServiceDefaults {
  readonly port: number;
  /** Requests that a client may make in a second. Default: 500. */
  readonly clientRateLimit?: number;
}

/** The variables that every service has. */
export const serviceVariables = (service: string, defaults: ServiceDefaults) => ({
  ...processVariables(service),
  /** Address to listen on. Default: `127.0.0.1`, which only this machine reaches. */
  HOST: host().default('127.0.0.1'),
  /** Port to listen on; 0 takes any that is free. */
  PORT: port().default(defaults.port),
  /**
   * How long after SIGTERM the service goes on taking requests, while it says that it isn't ready, and then how long a
   * connection must be quiet before it is closed: longer than whoever sends requests keeps idle connections, and than it needs
   * to look again who is ready. Default: `0ms`; at most 60 s, and less than half of `SHUTDOWN_TIMEOUT`.
   */
  SHUTDOWN_DELAY: duration({ max: 60_000 }).default(0),
  /** How long all of shutting down may take after SIGTERM, `SHUTDOWN_DELAY` and requests in flight included. Default: `10s`. */
  SHUTDOWN_TIMEOUT: duration().default(10_000),
  /** How many requests a client may make in a second; 0: as many as it likes. */
  CLIENT_RATE_LIMIT: wholeNumber({ min: 0, max: 1_000_000 }).default(defaults.clientRateLimit ?? 500),
  /**
   * The proxies that are believed when they say who the client is (`X-Forwarded-For`): addresses and networks, comma
   * separated, or how many stand in front. Default: none; the client is whoever connects.
   */
  TRUST_PROXY: trustedProxies().default(() => []),
  /** How many requests may be under way; what comes beside is turned away with 503. Default: 250. */
  MAX_REQUESTS_IN_FLIGHT: wholeNumber({ min: 1, max: 100_000 }).default(250),
  /**
   * How late the event loop may be, on average over each of two seconds, before requests are turned away with 503. Default: `1s`, at
   * which every answer is late by more than account waits for a look-up that it calls quick; a healthy service has a few
   * milliseconds.
   */
  MAX_EVENT_LOOP_DELAY: duration().default(1_000),
});

/** For `refine` of a service's variables: the delay, and after it as much for idle connections, must leave time to shut down in. */
export const shutdownDelayFits = [
  ({ SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT }: Partial<Pick<ServiceConfig, 'SHUTDOWN_DELAY' | 'SHUTDOWN_TIMEOUT'>>) =>
    !(Number(SHUTDOWN_DELAY) > 0 && 2 * Number(SHUTDOWN_DELAY) >= Number(SHUTDOWN_TIMEOUT)),
  {
    path: ['SHUTDOWN_DELAY'] as PropertyKey[],
    error: 'must be less than half of SHUTDOWN_TIMEOUT, since idle connections are given as much again',
    // Otherwise zod would look at this only once nothing else is wrong, and not every fault would be listed.
    when: () => true,
  },
] as const;

/** What every service's configuration has, whatever else it has. */
export type ServiceConfig = z.output<z.ZodObject<ReturnType<typeof serviceVariables>>>;

/** What migrating a service's schema needs to know. */
export type MigrationConfig = z.output<z.ZodObject<ReturnType<typeof migrationVariables>>>;

/** @throws InvalidConfigError listing every fault */
export const readMigrationConfig = (service: string, environment?: Environment): MigrationConfig =>
  readConfig(z.object(migrationVariables(service)), environment);
