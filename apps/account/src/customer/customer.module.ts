import type { ResilienceModuleOptions } from '@breakwater/resilience/nest';
import { Module, type DynamicModule } from '@nestjs/common';
import { CustomerClient, CustomerUnavailableError } from './customer.client.ts';
import { CustomerDirectory, isUnavailable } from './customer-directory.ts';

/** The options of the policies around customer that `resilience.yml` cannot give. */
export const customerPolicies = {
  errorTypes: { CustomerUnavailableError },
  cachedFallback: { instances: { customer: { on: isUnavailable } } },
} satisfies ResilienceModuleOptions;

/** Provides the directory of customers to all modules. */
@Module({})
export class CustomerModule {
  /** @param urls base URLs of the customer service */
  static forRoot(urls: readonly string[]): DynamicModule {
    return {
      module: CustomerModule,
      global: true,
      providers: [{ provide: CustomerClient, useFactory: () => new CustomerClient(urls) }, CustomerDirectory],
      exports: [CustomerClient, CustomerDirectory],
    };
  }
}
