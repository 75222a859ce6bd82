import type { Clock } from '@breakwater/resilience';
import { MetricsModule, MetricsRegistry, type ServiceHealthIndicator } from '@breakwater/service-kit';
import { Injectable, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { FAULTS_TOKEN, FaultsController, TimelineController } from './faults.controller.ts';
import { faultNames, type FaultName } from './fault-list.ts';
import { Faults } from './faults.ts';
import { Timeline } from './timeline.ts';

export interface FaultsOptions {
  /** The latency at the start, in milliseconds. */
  readonly latencyMs: number;
  readonly clock: Clock;
  /** Returns the bearer token of `/faults`, which may change; without one the routes do not exist. */
  readonly token: (() => string | undefined) | undefined;
}

/** Faults on demand, and `/faults` to show and to set them. */
@Module({})
export class FaultsModule implements OnModuleDestroy {
  static forRoot({ latencyMs, clock, token }: FaultsOptions): DynamicModule {
    return {
      module: FaultsModule,
      global: true,
      imports: [MetricsModule],
      controllers: token === undefined ? [] : [FaultsController, TimelineController],
      providers: [
        { provide: Faults, useFactory: () => new Faults(clock, Math.random, { latency: latencyMs }) },
        { provide: Timeline, inject: [Faults], useFactory: (faults: Faults) => new Timeline(faults, clock) },
        FaultsMetrics,
        ...(token === undefined ? [] : [{ provide: FAULTS_TOKEN, useValue: token }]),
      ],
      exports: [Faults],
    };
  }

  constructor(
    private readonly faults: Faults,
    private readonly timeline: Timeline,
  ) {}

  /** Before the server closes and waits for the requests in flight: those that hang would never end. */
  onModuleDestroy(): void {
    this.timeline.stop();
    this.faults.shutDown();
  }
}

/** Is down while a fault fails readiness probes. */
@Injectable()
export class FaultsHealthIndicator implements ServiceHealthIndicator {
  readonly key = 'faults';

  constructor(
    private readonly faults: Faults,
    private readonly results: HealthIndicatorService,
  ) {}

  check(): HealthIndicatorResult {
    const result = this.results.check(this.key);
    return this.faults.failsProbe() ? result.down({ reason: 'set through /faults' }) : result.up();
  }
}

/** The faults as metrics, so that a graph shows which failures are deliberate. */
@Injectable()
export class FaultsMetrics {
  constructor(faults: Faults, registry: MetricsRegistry) {
    const ofEach = (read: (name: FaultName) => number) =>
      Object.fromEntries(faultNames.map((name) => [name, read(name)]));
    registry.addGauge({
      name: 'customer_faults_active',
      help: 'Whether a fault is set: 1 or 0.',
      label: 'fault',
      read: () => ofEach((name) => (faults.active.includes(name) ? 1 : 0)),
    });
    registry.addCounter({
      name: 'customer_faults_injected_total',
      help: 'Requests, or for unready probes, that a fault has affected.',
      label: 'fault',
      read: () => ofEach((name) => faults.affected(name)),
    });
    for (const gauge of faults.gauges) registry.addGauge(gauge);
  }
}
