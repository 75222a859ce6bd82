import { z } from 'zod';
import { readConfig, type Environment } from './read-config.ts';
import {
  baseUrl,
  choice,
  databaseUrl,
  decimal,
  duration,
  flag,
  host,
  matching,
  port,
  trustedProxies,
  wholeNumber,
} from './variables.ts';

/** The variables of every process that uses the database. */
const processVariables = (service: string) => ({
  /** The PostgreSQL database, version 15 or later. */
  DATABASE_URL: databaseUrl(),
  /** The least severe level that is logged. Default: `info`. */
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** The name of this process in logs and in the `x-instance` header. Default: the name of the service and the process id. */
  INSTANCE_NAME: matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, underscores or dashes').default(
    `${service}-${process.pid}`,
  ),
  /** How long the start waits for the database, and a service also for its migrations; 0: not at all. Default: `60s`. */
  STARTUP_TIMEOUT: duration({ max: 600_000 }).default(60_000),
});

/** The variables of migrations. */
const migrationVariables = (service: string) => ({
  ...processVariables(service),
  /**
   * The database role of the service, which gets exactly the rights that the service needs. Default: none; rights are not
   * changed.
   */
  DATABASE_SERVICE_ROLE: matching(/^[^\0]{1,63}$/, 'the name of a database role, 1 to 63 characters').optional(),
});

/** The defaults that differ between services. */
export interface ServiceDefaults {
  readonly port: number;
  /** The requests per second of one client. Default: 500. */
  readonly clientRateLimit?: number;
}

/** The variables of every process that serves HTTP to clients: its limits. */
export const edgeVariables = (clientRateLimit = 500) => ({
  /** The requests that a client may send per second; 0: without a limit. */
  CLIENT_RATE_LIMIT: wholeNumber({ min: 0, max: 1_000_000 }).default(clientRateLimit),
  /**
   * The proxies whose `X-Forwarded-For` is trusted: addresses and networks, comma separated, or the number of proxies in front.
   * Default: none; the client is the peer of the connection.
   */
  TRUST_PROXY: trustedProxies().default(() => []),
  /** The maximum of requests in flight; further requests get 503. Default: 250. */
  MAX_REQUESTS_IN_FLIGHT: wholeNumber({ min: 1, max: 100_000 }).default(250),
  /**
   * The maximum of requests in flight of one client, and that of its event streams; further ones get 429. 0: without a limit.
   * Default: half of `MAX_REQUESTS_IN_FLIGHT`, and half of the streams.
   */
  MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: wholeNumber({ min: 0, max: 100_000 }).optional(),
  /**
   * The maximum delay of the event loop, averaged over each of the last two seconds; above it, requests get 503. Default: `1s`,
   * which is longer than account's limit for a slow call; a healthy service has a few milliseconds.
   */
  MAX_EVENT_LOOP_DELAY: duration().default(1_000),
});

/** The variables of OpenTelemetry that are read here. Its SDK reads others itself, such as `OTEL_EXPORTER_OTLP_HEADERS`. */
const telemetryVariables = () => ({
  /** Whether OpenTelemetry's SDK is off although an endpoint is set. Default: `false`. */
  OTEL_SDK_DISABLED: flag().default(false),
  /**
   * The base URL of the collector that gets spans and metrics by OTLP over HTTP. Default: not set; no span is recorded, and the
   * SDK is not loaded.
   */
  OTEL_EXPORTER_OTLP_ENDPOINT: baseUrl().optional(),
  /** The encoding of spans and metrics. Default: `http/protobuf`. */
  OTEL_EXPORTER_OTLP_PROTOCOL: choice(['http/protobuf', 'http/json']).default('http/protobuf'),
  /** Which traces are recorded. Default: `parentbased_always_on`; all, unless the caller does not record its part. */
  OTEL_TRACES_SAMPLER: choice([
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ]).default('parentbased_always_on'),
  /** The part of the traces that `traceidratio` records, such as 0.1. Default: 1. */
  OTEL_TRACES_SAMPLER_ARG: decimal({ min: 0, max: 1 }).default(1),
  /** How long ended spans wait for others before they are sent, in milliseconds. Default: 5000. */
  OTEL_BSP_SCHEDULE_DELAY: wholeNumber({ min: 1, max: 60_000 }).default(5_000),
  /** How often metrics are sent, in milliseconds. Default: 60000. */
  OTEL_METRIC_EXPORT_INTERVAL: wholeNumber({ min: 100, max: 3_600_000 }).default(60_000),
  /** The name of the service in spans and metrics. Default: that of the service. */
  OTEL_SERVICE_NAME: matching(/^[\x20-\x7e]{1,255}$/, '1 to 255 visible ASCII characters').optional(),
  /** Attributes of the process in spans and metrics, such as `k8s.pod.name=account-0,k8s.namespace.name=bank`. Default: none. */
  OTEL_RESOURCE_ATTRIBUTES: matching(
    /^[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*$/,
    'attributes such as k8s.pod.name=account-0,k8s.namespace.name=bank',
  ).optional(),
});

/** The variables of every service. */
export const serviceVariables = (service: string, defaults: ServiceDefaults) => ({
  ...processVariables(service),
  /**
   * Whether the database keeps statements prepared. `false` behind a pooler that does not support it in transaction mode, such as
   * PgBouncer before 1.21 or with `max_prepared_statements = 0`. Default: `true`.
   */
  DATABASE_PREPARED_STATEMENTS: flag().default(true),
  /** The address to listen on. Default: `127.0.0.1`, which only this machine can reach. */
  HOST: host().default('127.0.0.1'),
  /** The port to listen on; 0 takes any free one. */
  PORT: port().default(defaults.port),
  /**
   * How long the service still accepts requests after SIGTERM while it is not ready, and then how long a connection must be idle
   * before it is closed. Longer than clients keep idle connections, and than the interval of their health checks.
   * Default: `3s`, with which no request is lost; at most 60 s, and less than half of `SHUTDOWN_TIMEOUT`.
   */
  SHUTDOWN_DELAY: duration({ max: 60_000 }).default(3_000),
  /** The limit of the whole shutdown after SIGTERM, including `SHUTDOWN_DELAY` and requests in flight. Default: `10s`. */
  SHUTDOWN_TIMEOUT: duration().default(10_000),
  ...edgeVariables(defaults.clientRateLimit),
  ...telemetryVariables(),
});

/** For `refine`: the delay, and the same time again for idle connections, must leave time for the rest of the shutdown. */
export const shutdownDelayFits = [
  ({ SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT }: Partial<Pick<ServiceConfig, 'SHUTDOWN_DELAY' | 'SHUTDOWN_TIMEOUT'>>) =>
    !(Number(SHUTDOWN_DELAY) > 0 && 2 * Number(SHUTDOWN_DELAY) >= Number(SHUTDOWN_TIMEOUT)),
  {
    path: ['SHUTDOWN_DELAY'] as PropertyKey[],
    error: 'must be less than half of SHUTDOWN_TIMEOUT (default 3s), since idle connections get the same time again',
    // Without it, zod checks this only when no other variable is invalid.
    when: () => true,
  },
] as const;

/** The configuration that all services have. */
export type ServiceConfig = z.output<z.ZodObject<ReturnType<typeof serviceVariables>>>;

/** The configuration of migrations. */
export type MigrationConfig = z.output<z.ZodObject<ReturnType<typeof migrationVariables>>>;

/** @throws InvalidConfigError that lists every invalid variable */
export const readMigrationConfig = (service: string, environment?: Environment): MigrationConfig =>
  readConfig(z.object(migrationVariables(service)), environment);
