import { Module, type DynamicModule, type ModuleMetadata, type Type } from '@nestjs/common';
import { DatabaseIndicator } from './database.indicator.ts';
import type { HealthIndicator } from './health-indicator.ts';
import { HealthController } from './health.controller.ts';
import { Readiness } from './readiness.ts';

/** What readiness looks at beside the database. */
export interface HealthOptions {
  /** Modules whose providers the indicators need. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly indicators?: readonly Type<HealthIndicator>[];
}

/** `GET /health/live` and `GET /health/ready`. */
@Module({})
export class HealthModule {
  static forRoot({ imports = [], indicators = [] }: HealthOptions = {}): DynamicModule {
    const all = [DatabaseIndicator, ...indicators];
    return {
      module: HealthModule,
      imports,
      controllers: [HealthController],
      providers: [
        ...all,
        { provide: Readiness, inject: all, useFactory: (...found: HealthIndicator[]) => new Readiness(found) },
      ],
      exports: [Readiness],
    };
  }
}
