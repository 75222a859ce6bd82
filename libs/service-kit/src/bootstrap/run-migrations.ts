import { pino } from 'pino';
import type { ServiceDefinition } from '../service-kit.module.ts';
import { type MigrationConfig, readMigrationConfig } from '../config/service-config.ts';
import { migrate, type MigrationOptions } from '../database/migrations.ts';
import { loggerOptions } from '../logging/logging.options.ts';
import { explainStartFailure } from './start-failure.ts';

/**
 * Brings a service's schema up to date, gives the role of `DATABASE_SERVICE_ROLE` its rights to it, and ends. When it cannot, it says why and what to do on standard error, and sets
 * exit code 1.
 */
export async function runMigrations<Tables>(
  service: ServiceDefinition,
  seed?: MigrationOptions<Tables>['seed'],
): Promise<void> {
  let config: MigrationConfig | undefined;
  try {
    config = readMigrationConfig(service.name);
    const { DATABASE_SERVICE_ROLE: role } = config;
    const applied = await migrate({
      url: config.DATABASE_URL,
      applicationName: config.INSTANCE_NAME,
      schema: service.name,
      migrations: service.migrations,
      ...(seed ? { seed } : {}),
      ...(role === undefined ? {} : { grant: { role, privileges: service.privileges ?? {} } }),
    });
    pino(loggerOptions({ service: service.name, instance: config.INSTANCE_NAME, level: config.LOG_LEVEL })).info(
      { applied },
      applied.length > 0 ? 'the schema has been brought up to date' : 'the schema was up to date',
    );
  } catch (error) {
    process.stderr.write(`${service.name} cannot migrate: ${explainStartFailure(error, config)}\n`);
    process.exitCode = 1;
  }
}
