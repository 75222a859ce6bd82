import type { Clock } from '@breakwater/resilience';
import { MetricsModule } from '@breakwater/service-kit';
import { Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import type { Random } from './fault.ts';
import { FaultsController } from './faults.controller.ts';
import { FAULTS_TOKEN } from './faults.guard.ts';
import { FaultsMetrics } from './faults.metrics.ts';
import { Faults } from './faults.ts';
import { TimelineController } from './timeline.controller.ts';
import { Timeline } from './timeline.ts';

/** What is wrong with this service on purpose. */
export interface FaultsOptions {
  /** The latency at the start. */
  readonly latencyMs: number;
  readonly clock: Clock;
  /** Opens `/faults` to whoever sends it as a bearer token; without one there is no such route. */
  readonly token: string | undefined;
  /** Default: `Math.random`. */
  readonly random?: Random;
}

/** Faults on demand, and `/faults` to look at them and to change them. */
@Module({})
export class FaultsModule implements OnModuleDestroy {
  static forRoot({ latencyMs, clock, token, random = Math.random }: FaultsOptions): DynamicModule {
    return {
      module: FaultsModule,
      global: true,
      imports: [MetricsModule],
      controllers: token === undefined ? [] : [FaultsController, TimelineController],
      providers: [
        {
          provide: Faults,
          useFactory: () => new Faults(clock, random, { latency: latencyMs }),
        },
        {
          provide: Timeline,
          inject: [Faults],
          useFactory: (faults: Faults) => new Timeline(faults, clock),
        },
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

  /** Before the server closes, which waits for the requests in hand: those that hang would never be done. */
  onModuleDestroy(): void {
    this.timeline.stop();
    this.faults.hang.shutDown();
  }
}
