import { Logger, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { pino, type Logger as PinoLogger } from 'pino';
import { readMigrationConfig, type MigrationConfig, type ServiceConfig } from '../config/service-config.ts';
import { Database } from '../database/database.ts';
import { describeHolder } from '../database/lock-watch.ts';
import { migrate, NewerSchemaError, type MigrationOptions } from '../database/migrations.ts';
import { Readiness } from '../health/readiness.ts';
import { loggerOptions } from '../logging/logging.ts';
import { ServiceLogger } from '../logging/service-logger.ts';
import { serveApiDescription } from '../openapi/describe-api.ts';
import type { ServiceDefinition } from '../service-kit.module.ts';
import { startTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { createHttpAdapter } from './http-adapter.ts';
import { handlePendingSignals, onSignal } from './signals.ts';
import { explainStartFailure, PendingMigrationsError } from './start-failure.ts';
import { whenDatabaseServes } from './start-wait.ts';

/** A service as a process. */
export interface ServiceProcess<Config extends ServiceConfig> {
  readonly service: ServiceDefinition;
  readonly readConfig: () => Config;
  readonly createModule: (config: Config) => DynamicModule;
  /** Explains an error of the service itself that prevents its start; undefined for all others. Default: none. */
  readonly explain?: (error: unknown) => string | undefined;
}

/**
 * Starts a service and runs it until SIGTERM or SIGINT. It waits for its database and its migrations for up to
 * `STARTUP_TIMEOUT`. If it cannot start, it explains on standard error why, and what to do, and exits with code 1.
 */
export async function runService<Config extends ServiceConfig>(definition: ServiceProcess<Config>): Promise<void> {
  const { service, readConfig, createModule, explain } = definition;
  const start: StartTimes = { loaded: sinceStart() };
  let config: Config | undefined;
  await handlePendingSignals();
  try {
    config = readConfig();
    // Before the service is created: some of its parts depend on whether spans are recorded.
    const telemetry = await startTelemetry(service.name, config, (message) =>
      new Logger('OpenTelemetry').warn(message),
    );
    const app = await createService(service.name, config, createModule(config));
    start.created = sinceStart();
    // Before it listens: a signal can follow the line that says so immediately.
    shutDownOnSignal(app, telemetry, { delayMs: config.SHUTDOWN_DELAY, timeoutMs: config.SHUTDOWN_TIMEOUT });
    await listen(app, service, config, start);
  } catch (error) {
    process.stderr.write(`${service.name} cannot start: ${explain?.(error) ?? explainStartFailure(error, config)}\n`);
    process.exit(1);
  }
}

/**
 * Creates a service that does not listen yet, and that has not connected to its database.
 *
 * @param name the name of the service in logs
 * @param module the service; it imports `ServiceKitModule`
 */
export async function createService(
  name: string,
  config: ServiceConfig,
  module: DynamicModule,
): Promise<NestFastifyApplication> {
  const logger = pino(loggerOptions(name, config));
  const app = await NestFactory.create<NestFastifyApplication>(module, createHttpAdapter(config, logger), {
    logger: new ServiceLogger(logger),
    // The caller explains the error; Nest would abort the process.
    abortOnError: false,
    // Fastify reads JSON; Nest's parsers would accept forms as well.
    bodyParser: false,
  });
  serveApiDescription(app);
  return app;
}

async function listen(
  app: NestFastifyApplication,
  service: ServiceDefinition,
  config: ServiceConfig,
  startMs: StartTimes,
): Promise<void> {
  const database = app.get(Database);
  const logger = new Logger(service.name);
  const requireSchema = async (): Promise<void> => {
    await database.requireUsable();
    const pending = await database.findPendingMigrations();
    if (pending.length > 0) throw new PendingMigrationsError(service.name, pending);
  };
  await whenDatabaseServes(requireSchema, {
    timeoutMs: config.STARTUP_TIMEOUT,
    onWaiting: (error) => logger.warn(`the start waits: ${explainStartFailure(error, config)}`),
  });
  startMs.migrationsFound = sinceStart();
  await database.openConnections();

  await app.listen(config.PORT, config.HOST);
  startMs.listening = sinceStart();
  logger.log({ startMs }, `listening on ${urlOf(app.getHttpServer())}`);
}

/** The URL with the address on which a server listens. Nest's own replaces `0.0.0.0`, on which all can reach it. */
function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

/** When the phases of a start ended, in milliseconds since the start of the process; logged when the service listens. */
type StartTimes = Partial<Record<'loaded' | 'created' | 'migrationsFound' | 'listening', number>>;

const sinceStart = (): number => Math.round(performance.now());

/**
 * Shuts down on SIGTERM and SIGINT: first the service is not ready; after the delay it accepts no new connections, completes the requests
 * in flight, and closes its connections and its database. A repeated signal has no effect: npm sends a Ctrl-C again that the terminal
 * has already sent.
 *
 * @param delayMs how long requests are still accepted, so that clients can notice
 * @param timeoutMs after this time, the delay included, the process exits with code 1
 */
function shutDownOnSignal(
  app: INestApplication<Server>,
  telemetry: Telemetry | undefined,
  { delayMs, timeoutMs }: { readonly delayMs: number; readonly timeoutMs: number },
): void {
  const logger = new Logger('Shutdown');
  let hasBegun = false;

  const shutDown = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasBegun) return;
    hasBegun = true;
    logger.log(`${signal}: shutting down`);
    app.get(Readiness, { strict: false }).beginShutdown();
    setTimeout(() => {
      logger.error(`the shutdown did not end within ${timeoutMs} ms: exiting`);
      process.exit(1);
    }, timeoutMs).unref();

    try {
      if (app.getHttpServer().listening) await wait(delayMs);
      await app.close();
      await telemetry?.shutDown();
      logger.log('shut down');
    } catch (err) {
      logger.error({ err }, 'the shutdown failed');
      process.exitCode = 1;
    }
    // Nothing of the service keeps the process alive any more.
    process.exit();
  };

  onSignal((received) => void shutDown(received));
}

/**
 * Migrates the schema of a service, gives the role of `DATABASE_SERVICE_ROLE` its privileges, and ends. If it cannot, it explains on
 * standard error why, and what to do, and sets exit code 1. A schema that a later version has migrated stays as it is, so that this
 * version can run on it: a warning, and exit code 0.
 */
export async function runMigrations<Tables>(
  service: ServiceDefinition,
  seed?: MigrationOptions<Tables>['seed'],
): Promise<void> {
  let config: MigrationConfig | undefined;
  await handlePendingSignals();
  try {
    config = readMigrationConfig(service.name);
    const logger = pino(loggerOptions(service.name, config));
    const { DATABASE_SERVICE_ROLE: role, STARTUP_TIMEOUT: timeoutMs, ...settings } = config;
    const options: MigrationOptions<Tables> = {
      url: settings.DATABASE_URL,
      applicationName: settings.INSTANCE_NAME,
      schema: service.name,
      migrations: service.migrations,
      onBlocked: (holder) => logger.warn({ holder }, `the migration waits for a lock of ${describeHolder(holder)}`),
      ...(seed ? { seed } : {}),
      ...(role === undefined ? {} : { grant: { role, privileges: service.privileges ?? {} } }),
    };
    const applied = await whenDatabaseServes(() => migrateUnlessNewer(logger, options), {
      timeoutMs,
      onWaiting: (error) => logger.warn(`the migration waits: ${explainStartFailure(error, settings)}`),
    });
    if (applied === undefined) return;
    logger.info({ applied }, applied.length > 0 ? 'the schema has been migrated' : 'the schema is up to date');
  } catch (error) {
    process.stderr.write(`${service.name} cannot migrate: ${explainStartFailure(error, config)}\n`);
    process.exitCode = 1;
  }
}

/** @returns undefined when a later version has migrated the schema */
async function migrateUnlessNewer<Tables>(
  logger: PinoLogger,
  options: MigrationOptions<Tables>,
): Promise<string[] | undefined> {
  try {
    return await migrate(options);
  } catch (error) {
    if (!(error instanceof NewerSchemaError)) throw error;
    logger.warn({ newer: error.newer }, error.message);
    return undefined;
  }
}
