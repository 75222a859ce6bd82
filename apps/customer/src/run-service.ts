import { runService } from '@breakwater/service-kit';
import { readCustomerConfig } from './app.config.ts';
import { AppModule } from './app.module.ts';
import { customerService } from './database/customer.database.ts';

await runService({
  service: customerService,
  readConfig: readCustomerConfig,
  createModule: (config) => AppModule.forRoot(config),
});
