import { EndpointPool, scaledClock } from '@breakwater/resilience';
import { Module, type DynamicModule } from '@nestjs/common';
import { AppModule, type AppOptions } from '../app.module.ts';
import type { AccountLabConfig } from './account-lab.config.ts';
import { comparedEngines } from './engines/index.ts';
import { CustomerFaultsController, CustomerReplicas } from './customer-faults.controller.ts';
import { EXPERIMENT_OPTIONS, ExperimentsController } from './experiments.controller.ts';

/**
 * The production module on a clock that runs `TIME_SCALE` times as fast as real time, with the engines that the load tests compare; with
 * `DEMO_MODE`, the experiments.
 */
@Module({})
export class AccountLabModule {
  static forRoot(config: AccountLabConfig, options: AppOptions = {}): DynamicModule {
    const { clock = scaledClock(config.TIME_SCALE) } = options;
    const lab = { ...options, clock, moreEngines: comparedEngines };
    if (!config.DEMO_MODE) return AppModule.forRoot(config, lab);
    const { INSTANCE_NAME: instance, CUSTOMER_URL: urls } = config;
    // Takes the replicas in turn and ejects none: an experiment shows what its circuit breaker makes of every call.
    const endpoints = new EndpointPool(
      'experiments',
      { endpoints: urls, loadBalancing: 'ROUND_ROBIN', outlierDetectionEnabled: false },
      { clock },
    );
    return {
      module: AccountLabModule,
      imports: [AppModule.forRoot(config, { ...lab, moreConfigFiles: ['resilience-demo.yml'] })],
      controllers: [ExperimentsController, CustomerFaultsController],
      providers: [
        { provide: EXPERIMENT_OPTIONS, useValue: { instance, endpoints, clock } },
        { provide: CustomerReplicas, useFactory: () => new CustomerReplicas(urls) },
      ],
    };
  }
}
