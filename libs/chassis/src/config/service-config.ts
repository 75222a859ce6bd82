import type { z } from 'zod';
import { choice, databaseUrl, duration, host, matching, port } from './variables.ts';

/** The variables that running migrations needs. */
export const migrationVariables = (service: string) => ({
  /** The PostgreSQL to work on, 15 or newer. */
  DATABASE_URL: databaseUrl(),
  /** Least severe level that is logged. Default: `info`. */
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Names this process in log lines and in the `x-instance` header. Default: the service's name and the process id. */
  INSTANCE_NAME: matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, underscores or dashes').default(
    `${service}-${process.pid}`,
  ),
});

/** The variables that every service has. */
export const serviceVariables = (service: string, defaults: { readonly port: number }) => ({
  ...migrationVariables(service),
  /** Address to listen on. Default: `127.0.0.1`, which only this machine reaches. */
  HOST: host().default('127.0.0.1'),
  /** Port to listen on; 0 takes any that is free. */
  PORT: port().default(defaults.port),
  /** How long requests in flight may take to finish after SIGTERM. Default: `10s`. */
  SHUTDOWN_TIMEOUT: duration().default(10_000),
});

/** What every service's configuration has, whatever else it has. */
export type ServiceConfig = z.output<z.ZodObject<ReturnType<typeof serviceVariables>>>;

/** What migrating a service's schema needs to know. */
export type MigrationConfig = z.output<z.ZodObject<ReturnType<typeof migrationVariables>>>;
