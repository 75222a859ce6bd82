import { Module, type DynamicModule } from '@nestjs/common';
import { CustomerDirectory } from './customer-directory.ts';
import { CustomerClient, type CustomerClientOptions } from './customer.client.ts';

/** What account knows of customers. */
@Module({})
export class CustomerModule {
  static forRoot(options: CustomerClientOptions): DynamicModule {
    return {
      module: CustomerModule,
      global: true,
      providers: [{ provide: CustomerClient, useFactory: () => new CustomerClient(options) }, CustomerDirectory],
      exports: [CustomerClient, CustomerDirectory],
    };
  }
}
