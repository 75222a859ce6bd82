import { Module } from '@nestjs/common';
import { DatabaseMetrics } from '../database/database.metrics.ts';
import { LoadMetrics } from '../overload/load.metrics.ts';
import { HttpMetrics } from './http-metrics.ts';
import { MetricsController } from './metrics.controller.ts';
import { MetricsRegistry } from './metrics.registry.ts';

/** `GET /metrics` and `GET /actuator/prometheus`, on the process, the requests served and the database connections. */
@Module({
  controllers: [MetricsController],
  providers: [MetricsRegistry, HttpMetrics, LoadMetrics, DatabaseMetrics],
  exports: [MetricsRegistry],
})
export class MetricsModule {}
