import { systemClock, type Clock } from '@breakwater/resilience';
import { followVariable, MetricsModule, ServiceHealthModule, ServiceKitModule } from '@breakwater/service-kit';
import { Module, type DynamicModule } from '@nestjs/common';
import type { CustomerConfig } from './app.config.ts';
import { CustomersModule } from './customers/customers.module.ts';
import { customerService } from './database/customer.database.ts';
import { FaultsHealthIndicator, FaultsModule } from './faults/faults.module.ts';

/** The customer service. */
@Module({})
export class AppModule {
  /** @param environment the clock that all faults use; default: real time */
  static forRoot(config: CustomerConfig, { clock = systemClock }: { readonly clock?: Clock } = {}): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServiceKitModule.forRoot(customerService, config),
        ServiceHealthModule.forRoot([FaultsHealthIndicator]),
        MetricsModule,
        FaultsModule.forRoot({
          latencyMs: config.CUSTOMER_LATENCY,
          clock,
          token: config.FAULTS_TOKEN === undefined ? undefined : followVariable(config, 'FAULTS_TOKEN'),
        }),
        CustomersModule,
      ],
    };
  }
}
