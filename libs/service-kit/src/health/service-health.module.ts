import { Controller, Get, Header, Injectable, Module, Res } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  TerminusModule,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { z } from 'zod';
import { Database } from '../database/database.ts';
import { healthPaths } from '../metrics/metrics.registry.ts';
import { Answers, Operation } from '../openapi/operation-decorators.ts';
import { isReadyStatus, Readiness, type ServiceHealthIndicator } from './readiness.ts';

/** `GET /health/live` and `GET /health/ready` by `@nestjs/terminus`. */
@Module({})
export class ServiceHealthModule {
  /** @param indicators in addition to that of the database; they can inject Terminus' `HealthIndicatorService` */
  static forRoot(indicators: readonly Type<ServiceHealthIndicator>[] = []): DynamicModule {
    const all = [DatabaseHealthIndicator, ...indicators];
    return {
      module: ServiceHealthModule,
      // Readiness logs its changes; Terminus would log every probe that fails.
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        ...all,
        {
          provide: Readiness,
          inject: [HealthCheckService, HealthIndicatorService, ...all],
          useFactory: (
            health: HealthCheckService,
            results: HealthIndicatorService,
            ...found: ServiceHealthIndicator[]
          ) => new Readiness(health, results, found),
        },
      ],
      exports: [Readiness],
    };
  }
}

@Injectable()
class DatabaseHealthIndicator implements ServiceHealthIndicator {
  readonly key = 'database';
  readonly isInformative = 'once-ready';

  constructor(
    private readonly database: Database,
    private readonly results: HealthIndicatorService,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    await this.database.ping();
    return this.results.check(this.key).up();
  }
}

const indicatorResults = z.record(z.string(), z.looseObject({ status: z.enum(['up', 'degraded', 'down']) }));

const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded', 'error', 'shutting_down']),
    info: indicatorResults.describe('The indicators that are up or degraded'),
    error: indicatorResults.describe('The indicators that are down'),
    details: indicatorResults.describe('All indicators'),
  })
  .meta({ id: 'Health', description: 'The result of a health check, as Terminus has it' });

/** For orchestrators and load balancers. */
@Controller()
class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** Checks no dependency: a restart does not repair one. Terminus itself would return 503 during a shutdown. */
  @Get(healthPaths.live)
  @Operation('live', 'Returns 200 while the process runs')
  @Answers(200, healthSchema, 'The process runs')
  @Header('cache-control', 'no-store')
  live(): HealthCheckResult {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  @Get(healthPaths.ready)
  @Operation('ready', 'Returns 200 once the service can reach its database, and 503 before that and during a shutdown')
  @Answers(200, healthSchema, 'The service serves requests, or itself refuses them while its database is lost')
  @Answers(503, healthSchema, 'The service has never reached its database, another check fails, or it is shutting down')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) response: { status(code: number): unknown }): Promise<HealthCheckResult> {
    const result = await this.readiness.check();
    response.status(isReadyStatus(result.status) ? 200 : 503);
    return result;
  }
}
