import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { Counter, Gauge } from 'prom-client';
import { MetricsRegistry } from '../metrics/metrics.registry.ts';

/** How much the service has to do, and what it has turned away for that. */
@Injectable()
export class LoadMetrics {
  constructor(adapterHost: HttpAdapterHost<FastifyAdapter>, registry: MetricsRegistry) {
    const { load } = adapterHost.httpAdapter.getInstance();
    const inFlight = new Gauge({
      name: 'http_server_requests_in_flight',
      help: 'How many requests are under way, by the count that MAX_REQUESTS_IN_FLIGHT limits.',
      registers: [],
      collect() {
        this.set(load.inFlight);
      },
    });
    const shed = new Counter({
      name: 'http_server_requests_shed_total',
      help: 'Requests that were turned away before any work was done for them, by why.',
      labelNames: ['reason'],
      registers: [],
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(load.shed)) this.inc({ reason }, count);
      },
    });
    registry.registerMetric(inFlight);
    registry.registerMetric(shed);
  }
}
