import { MetricsModule } from '@breakwater/service-kit';
import { Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { DemoTime } from './demo-time.ts';
import type { Random } from './fault.ts';
import { FaultsController } from './faults.controller.ts';
import { FAULTS_TOKEN } from './faults.guard.ts';
import { FaultsMetrics } from './faults.metrics.ts';
import { Faults } from './faults.ts';
import { TimelineController } from './timeline.controller.ts';
import { Timeline } from './timeline.ts';

/** What is wrong with this service on purpose. */
export interface FaultsOptions {
  /** To begin with, in the demo's time. */
  readonly latencyMs: number;
  readonly timeScale: number;
  /** Opens `/faults` to whoever sends it as a bearer token; without one there is no such route. */
  readonly token: string | undefined;
  /** Default: `Math.random`. */
  readonly random?: Random;
}

/** Faults on demand, and `/faults` to look at them and to change them. */
@Module({})
export class FaultsModule implements OnModuleDestroy {
  static forRoot({ latencyMs, timeScale, token, random = Math.random }: FaultsOptions): DynamicModule {
    return {
      module: FaultsModule,
      global: true,
      imports: [MetricsModule],
      controllers: token === undefined ? [] : [FaultsController, TimelineController],
      providers: [
        { provide: DemoTime, useFactory: () => new DemoTime(timeScale) },
        {
          provide: Faults,
          inject: [DemoTime],
          useFactory: (time: DemoTime) => new Faults(time, random, { latency: latencyMs }),
        },
        {
          provide: Timeline,
          inject: [Faults, DemoTime],
          useFactory: (faults: Faults, time: DemoTime) => new Timeline(faults, time),
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
