import { Logger, type DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceDefinition } from '../service-kit.module.ts';
import type { ServiceConfig } from '../config/service-config.ts';
import { Database } from '../database/database.ts';
import { createService } from './create-service.ts';
import { shutDownOnSignal } from './shutdown.ts';
import { explainStartFailure, PendingMigrationsError } from './start-failure.ts';

/** A service as a process. */
export interface ServiceProcess<Config extends ServiceConfig> {
  readonly service: ServiceDefinition;
  readonly readConfig: () => Config;
  readonly createModule: (config: Config) => DynamicModule;
  /** What an error of the service's own says and asks for, where its start fails of one. Default: nothing is known. */
  readonly explain?: (error: unknown) => string | undefined;
}

/**
 * Starts a service and keeps it until SIGTERM or SIGINT. When it cannot start, it says why and what to do on standard
 * error, and ends the process with exit code 1.
 */
export async function runService<Config extends ServiceConfig>(definition: ServiceProcess<Config>): Promise<void> {
  const { service, readConfig, createModule, explain } = definition;
  const start: StartMs = { loaded: sinceStart() };
  let config: Config | undefined;
  try {
    config = readConfig();
    const app = await createService(service.name, config, createModule(config));
    start.created = sinceStart();
    // Before it listens: whoever reads that it does may send the signal at once.
    shutDownOnSignal(app, { delayMs: config.SHUTDOWN_DELAY, timeoutMs: config.SHUTDOWN_TIMEOUT });
    await listen(app, service, config, start);
  } catch (error) {
    process.stderr.write(`${service.name} cannot start: ${explain?.(error) ?? explainStartFailure(error, config)}\n`);
    process.exit(1);
  }
}

async function listen(
  app: NestFastifyApplication,
  service: ServiceDefinition,
  config: ServiceConfig,
  startMs: StartMs,
): Promise<void> {
  const pending = await app.get(Database).findPendingMigrations();
  if (pending.length > 0) throw new PendingMigrationsError(service.name, pending);
  startMs.migrationsFound = sinceStart();

  await app.listen(config.PORT, config.HOST);
  startMs.listening = sinceStart();
  new Logger(service.name).log({ startMs }, `listening on ${await app.getUrl()}`);
}

/** When the start got how far, in milliseconds since the process was begun: on the line that says that the service listens. */
interface StartMs {
  /** All code is there. */
  loaded: number;
  /** Nest has made all modules. */
  created?: number;
  /** The database has been asked. */
  migrationsFound?: number;
  listening?: number;
}

const sinceStart = (): number => Math.round(performance.now());
