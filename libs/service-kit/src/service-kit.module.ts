import type { Clock } from '@breakwater/resilience';
import { ResilienceDeadlineModule } from '@breakwater/resilience/nest';
import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, HttpAdapterHost } from '@nestjs/core';
import { readAgain } from './config/read-config.ts';
import type { ServiceConfig } from './config/service-config.ts';
import { Database } from './database/database.ts';
import type { Migrations, Privileges } from './database/migrations.ts';
import { API_INFO } from './openapi/describe-api.ts';
import { ProblemDetailsFilter, RefusalFilter } from './problem-details/problem-details.filter.ts';
import type { Problem } from './problem-details/problem-details.ts';
import { RequestValidationPipe } from './validation/request-validation.pipe.ts';

/** The identity of a service, and its database schema. */
export interface ServiceDefinition {
  /** Its name in logs, and the name of its PostgreSQL schema. */
  readonly name: string;
  readonly migrations: Migrations;
  /** The privileges on its tables that its database role gets, if it has one. Default: none. */
  readonly privileges?: Privileges;
  /** The purpose of its API in a sentence or two. Default: empty. */
  readonly description?: string;
}

/** The semantic version of the APIs, for clients. */
const apiVersion = '1.0.0';

export interface ServiceKitOptions {
  /** Describes errors of the service itself; undefined for every other. Default: none is described. */
  readonly describe?: (error: unknown) => Problem | undefined;
  /** The longest that a request may take, from its arrival, in milliseconds. Default: only the caller limits it. */
  readonly requestTimeoutMs?: number;
  /** The clock of deadlines. Default: the system's. */
  readonly clock?: Clock;
}

/** The common parts of all services: problem details, validation, deadlines and the `Database`, for all modules. */
@Module({})
export class ServiceKitModule {
  static forRoot(
    service: ServiceDefinition,
    config: ServiceConfig,
    { describe, requestTimeoutMs, clock }: ServiceKitOptions = {},
  ): DynamicModule {
    const logger = new Logger(Database.name);
    return {
      module: ServiceKitModule,
      global: true,
      imports: [ResilienceDeadlineModule.forRoot({ timeout: requestTimeoutMs, clock })],
      providers: [
        {
          provide: APP_FILTER,
          inject: [HttpAdapterHost],
          useFactory: (adapterHost: HttpAdapterHost) => new ProblemDetailsFilter(adapterHost, describe),
        },
        // Nest calls the filter that was registered last first.
        {
          provide: APP_FILTER,
          inject: [HttpAdapterHost],
          useFactory: (adapterHost: HttpAdapterHost) => new RefusalFilter(adapterHost),
        },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
        {
          provide: API_INFO,
          useValue: { title: service.name, description: service.description ?? '', version: apiVersion },
        },
        {
          provide: Database,
          useFactory: () =>
            new Database({
              url: config.DATABASE_URL,
              readUrl: () => readAgain(config, 'DATABASE_URL'),
              applicationName: config.INSTANCE_NAME,
              schema: service.name,
              migrations: service.migrations,
              preparesStatements: config.DATABASE_PREPARED_STATEMENTS,
              onStatementsLost: () =>
                logger.warn(
                  'the database lost prepared statements, as behind a pooler that does not support them: none are prepared ' +
                    'from now on; set DATABASE_PREPARED_STATEMENTS=false',
                ),
              onConnectionLost: (err) => logger.warn({ err }, 'a database connection was lost'),
            }),
        },
      ],
      exports: [Database],
    };
  }
}
