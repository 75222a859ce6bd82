import { Controller, Get, Header } from '@nestjs/common';
import { Registry } from 'prom-client';
import { MetricsRegistry } from './metrics.registry.ts';
import { metricsPaths } from './probe-paths.ts';

/** What Prometheus scrapes. */
@Controller()
export class MetricsController {
  constructor(private readonly registry: MetricsRegistry) {}

  @Get([...metricsPaths])
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Header('cache-control', 'no-store')
  show(): Promise<string> {
    return this.registry.metrics();
  }
}
