import { Module, type DynamicModule } from '@nestjs/common';
import { CustomerFaultsController } from './customer-faults.controller.ts';
import { CustomerReplicas } from './customer-replicas.ts';
import { EXPERIMENT_OPTIONS, type ExperimentOptions } from './experiment-options.ts';
import { ExperimentsController } from './experiments.controller.ts';

/** `/experiments`, for the demo. */
@Module({})
export class ExperimentsModule {
  static forRoot(options: ExperimentOptions): DynamicModule {
    return {
      module: ExperimentsModule,
      controllers: [ExperimentsController, CustomerFaultsController],
      providers: [
        { provide: EXPERIMENT_OPTIONS, useValue: options },
        { provide: CustomerReplicas, useFactory: () => new CustomerReplicas(options.customerUrls) },
      ],
    };
  }
}
