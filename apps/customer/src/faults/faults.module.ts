import { Module, type DynamicModule } from '@nestjs/common';
import { FaultsController } from './faults.controller.ts';
import { FAULTS_TOKEN } from './faults.guard.ts';
import { Latency } from './latency.ts';

/** What is wrong with this service on purpose. */
export interface FaultsOptions {
  readonly latencyMs: number;
  readonly timeScale: number;
  /** Opens `/faults` to whoever sends it as a bearer token; without one there is no such route. */
  readonly token: string | undefined;
}

/** Faults on demand: the latency, and `GET` and `PUT /faults` to look at it and to change it. */
@Module({})
export class FaultsModule {
  static forRoot({ latencyMs, timeScale, token }: FaultsOptions): DynamicModule {
    return {
      module: FaultsModule,
      global: true,
      controllers: token === undefined ? [] : [FaultsController],
      providers: [
        { provide: Latency, useFactory: () => new Latency(latencyMs, timeScale) },
        ...(token === undefined ? [] : [{ provide: FAULTS_TOKEN, useValue: token }]),
      ],
      exports: [Latency],
    };
  }
}
